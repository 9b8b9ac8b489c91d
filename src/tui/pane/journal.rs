//! Every change and every alarm of all lanes, the latest below.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::lanes;
use crate::{
    model::{Change, Entry, Event, LaneId, Parent},
    preset::setting::name,
    tui::{app::App, layout::bottom, plot::marks, settings::entry as value, words::number},
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let journal = &app.views.journal;
    let places = app.journal_places();
    let mut title = super::title(&app.look, "journal");
    if lanes::several(app) {
        title.extend(lanes::names(app, false, true));
        title.push_span(" ");
    }
    let count = number::count(places.len() as u64);
    let entries = if count == "1" { "entry" } else { "entries" };
    let remark = Line::styled(format!(" {count} {entries} "), app.look.theme.dim);
    let mut inner = super::frame(buf, area, framed, &app.look, title, remark);
    let Some(&latest) = places.last() else {
        let text = "nothing changed yet: what you change appears here";
        return super::empty(buf, inner, &app.look, text);
    };
    if inner.height >= 10 {
        let foot = bottom(&mut inner, 3);
        let place = journal.selected().unwrap_or(latest);
        let entry = app.journal_entry(place);
        let lines = entry.map(|entry| {
            let words = spoken(app, entry).0;
            let words = if lanes::several(app) {
                format!("lane {}: {words}", place.lane)
            } else {
                words
            };
            super::wrap(&words, foot.width as usize)
        });
        for (text, row) in lines.into_iter().flatten().zip(foot.rows()) {
            Line::styled(text, app.look.theme.dim).render(row, buf);
        }
    }
    let rows = inner.height as usize;
    let last = places.len() - 1;
    let selected = journal.selected();
    let selected = selected.and_then(|place| places.iter().position(|&p| p == place));
    // The selected entry stays in the middle, the latest at the bottom.
    let bottom = selected.map_or(last, |at| (at + rows / 2).min(last));
    let first = (bottom + 1).saturating_sub(rows);
    for (row, (at, &place)) in inner.rows().zip(places.iter().enumerate().skip(first)) {
        let Some(entry) = app.journal_entry(place) else {
            continue;
        };
        let line = super::cut(line(app, entry, place.lane), inner.width as usize);
        line.render(row, buf);
        if selected == Some(at) {
            buf.set_style(row, app.look.theme.selected);
        }
    }
}

fn line(app: &App, entry: &Entry, lane: LaneId) -> Line<'static> {
    let theme = &app.look.theme;
    let step = format!("{:>9}  ", number::count(entry.step));
    let cause = format!("{:<6} ", entry.cause.name());
    // The letter that stands under the curves.
    let letter = marks::letter(&entry.event).unwrap_or(' ');
    let (what, style) = spoken(app, entry);
    let mut line = Line::from(Span::styled(step, theme.dim));
    if lanes::several(app) {
        line.extend([lanes::letter(&app.look, lane, false), Span::raw("  ")]);
    }
    line.extend([
        Span::styled(format!("{letter}  "), theme.key),
        Span::styled(cause, theme.dim),
        Span::styled(what, style),
    ]);
    line
}

/// What happened, in a line however long.
fn spoken(app: &App, entry: &Entry) -> (String, Style) {
    let theme = &app.look.theme;
    match &entry.event {
        Event::Set { key, old, new } => {
            let spoken = |text| value::spoken(key, text);
            let text = format!("{}  {} → {}", name(key), spoken(old), spoken(new));
            (text, Style::new())
        }
        Event::Refused { key, new, .. } => {
            let value = value::spoken(key, new);
            (format!("{} {value} was refused", name(key)), theme.error)
        }
        Event::Rewind { from, to, .. } => {
            let text = format!("back at step {to} from {from}; what came between is left behind");
            (text, Style::new())
        }
        Event::Mark { .. } => ("this state is marked".to_owned(), Style::new()),
        Event::Continue { step } => (format!("a new process goes on from step {step}"), theme.dim),
        Event::Device { new, .. } => (format!("made on {new} from here on"), theme.dim),
        Event::NotApplied { why } => (format!("update not applied: {why}"), theme.error),
        Event::Alarm { key, text } => (format!("alarm {key}: {text}"), theme.error),
        Event::AlarmEnd { key, .. } => (format!("alarm {key} is over"), theme.on),
        Event::Fork {
            lane,
            from,
            changes,
        } => {
            let what = match (lane, from) {
                (Some(lane), _) => format!("lane {lane} split off"),
                (None, Some(Parent { step, .. })) => format!("forked at step {step}"),
                (None, None) => "forked".to_owned(),
            };
            let spoken = |key: &str, text: &str| value::spoken(key, text);
            let changes = changes.iter().map(|Change { key, old, new }| {
                let [old, new] = [old, new].map(|text| spoken(key, text));
                format!("; {}  {old} → {new}", name(key))
            });
            (what + &changes.collect::<String>(), Style::new())
        }
        Event::Join { .. } | Event::Note { .. } => (entry.event.to_string(), Style::new()),
        Event::Pause
        | Event::Resume
        | Event::Step { .. }
        | Event::Steps { .. }
        | Event::Unknown(_) => (entry.event.to_string(), theme.dim),
    }
}
