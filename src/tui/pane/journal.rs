//! Every change and every alarm of all lanes, the latest below.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::{lanes, line};
use crate::{
    model::{Entry, LaneId},
    tui::{
        app::{App, targets::Target},
        layout::{bottom, top},
        plot::marks,
        words::{journal::spoken, number},
    },
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
    if app.searches_journal() {
        let (row, search) = (top(&mut inner, 1), &app.search);
        line::search(buf, row, &search.field, search.typing, &app.look.theme);
    }
    let Some(&latest) = places.last() else {
        if app.searches_journal() {
            return super::empty(buf, inner, &app.look, "no entry holds these words");
        }
        let text = "nothing changed yet: what you change appears here";
        return super::empty(buf, inner, &app.look, text);
    };
    if inner.height >= 10 {
        let foot = bottom(&mut inner, 3);
        let place = journal.selected().unwrap_or(latest);
        let entry = app.journal_entry(place);
        let wrapped = entry.map(|entry| {
            let words = spoken(entry, &app.look.theme).0;
            let words = if lanes::several(app) {
                format!("lane {}: {words}", place.lane)
            } else {
                words
            };
            super::wrap(&words, foot.width as usize)
        });
        let rows = wrapped.into_iter().flatten();
        let rows = rows.map(|text| Line::styled(text, app.look.theme.dim));
        super::lines(buf, foot, rows.collect());
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
        app.targets.add(row, Target::Entry(place));
        let line = super::cut(row_of(app, entry, place.lane), inner.width as usize);
        line.render(row, buf);
        if selected == Some(at) {
            buf.set_style(row, app.look.theme.selected);
        }
    }
}

fn row_of(app: &App, entry: &Entry, lane: LaneId) -> Line<'static> {
    let theme = &app.look.theme;
    let step = format!("{:>9}  ", number::count(entry.step));
    let cause = format!("{:<6} ", entry.cause.name());
    // The letter that stands under the curves.
    let letter = marks::letter(&entry.event).unwrap_or(' ');
    let (what, style) = spoken(entry, theme);
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
