//! Every change and every alarm of all lanes, the latest below.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{lanes, line};
use crate::{
    model::{Alarm, Entry, LaneId},
    tui::{
        app::{App, targets::Target, view::journal::Place},
        layout::{bottom, top},
        plot::marks,
        words::{self, journal::spoken, number},
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
    let shown = journal.selected().unwrap_or(latest);
    let detail = detail(app, shown, inner.width as usize);
    // What to try is never cut: the list gives way to it.
    let wanted = match (inner.height, detail.len() as u16) {
        (10.., rows) => rows.max(3),
        (_, 1) => 0,
        (_, rows) => rows,
    };
    let most = inner.height.saturating_sub(1);
    let foot = bottom(&mut inner, wanted.min(most));
    super::lines(buf, foot, detail);
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
        let is_shown = place == shown && foot.height > 0;
        let line = row_of(app, entry, place.lane, is_shown);
        super::cut(line, inner.width as usize).render(row, buf);
        if selected == Some(at) {
            buf.set_style(row, app.look.theme.selected);
        }
    }
}

/// Returns what the entry at a place says, in lines of a width. Of an alarm, what to try comes first: with the settings in
/// force while it is on.
fn detail(app: &App, place: Place, width: usize) -> Vec<Line<'static>> {
    let theme = &app.look.theme;
    let Some(entry) = app.journal_entry(place) else {
        return Vec::new();
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut say = |text: &str, style: Style| {
        let rows = super::wrap(text, width).into_iter();
        lines.extend(rows.map(|row| Line::styled(row, style)));
    };
    let lane = if lanes::several(app) {
        format!("lane {}: ", place.lane)
    } else {
        String::new()
    };
    match Alarm::of(&entry.event, entry.step) {
        Some(alarm) => {
            let (seen, tried) = alarm.parts();
            let now = app.active_at(place);
            let now = now.map(|active| active.alarm.advice(&active.snapshot.settings));
            if let Some(advice) = now.or(tried.map(str::to_owned)) {
                say(&format!("Try: {advice}."), theme.title);
            }
            let (step, name) = (number::count(entry.step), words::alarm::title(&alarm));
            say(&format!("{lane}{name} at step {step}: {seen}"), theme.dim);
        }
        None => {
            let words = spoken(entry, theme).0;
            say(&format!("{lane}{words}"), theme.dim);
        }
    }
    lines
}

/// Returns the row of an entry. That which is shown below the list is marked.
fn row_of(app: &App, entry: &Entry, lane: LaneId, is_shown: bool) -> Line<'static> {
    let theme = &app.look.theme;
    let mark = if is_shown { '▸' } else { ' ' };
    let step = format!("{:>9} ", number::count(entry.step));
    let cause = format!("{:<6} ", entry.cause.name());
    // The letter that stands under the curves.
    let letter = marks::letter(&entry.event).unwrap_or(' ');
    let (what, style) = spoken(entry, theme);
    let mut line = Line::from(vec![
        Span::styled(mark.to_string(), theme.key),
        Span::styled(step, theme.dim),
    ]);
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
