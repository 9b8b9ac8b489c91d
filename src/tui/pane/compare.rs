//! The view that compares the lanes of a run, or several watched runs.
//!
//! ```text
//! ┌──────────────────┬────────────────────────┐
//! │ settings that    │ how far from lane a,   │
//! │ differ           │ over steps             │
//! ├──────────────────┴────────────────────────┤
//! │ measures and scores of each, difference,  │
//! │ the difference over steps                 │
//! └───────────────────────────────────────────┘
//! ```
//!
//! On a smaller screen the settings are above the table, and the distances are rows of the table alone.

mod bars;
pub(super) mod rows;
pub(super) mod settings;
mod table;
mod values;

use ratatui::{buffer::Buffer, layout::Rect, text::Line, widgets::Widget};

use super::{
    curves::{DISTANCES, render},
    members::Members,
};
use crate::tui::{
    app::{App, action::Action},
    layout::top,
};

/// The minimum height of the view with a chart of the distances, in rows.
const ROOM_FOR_CHART: u16 = 26;
/// The height of the chart, in rows.
const CHART: u16 = 11;

/// The areas of the view.
struct Places {
    settings: Rect,
    chart: Option<Rect>,
    table: Rect,
}

/// Lays out the view. `rows` are those of the settings.
fn places(area: Rect, framed: bool, members: &Members, rows: &[settings::Row]) -> Places {
    let edges = if framed { 2 } else { 1 };
    let wanted = rows.len().max(1) as u16 + edges;
    let mut rest = area;
    if framed && area.height >= ROOM_FOR_CHART && members.has_distances() {
        let above = top(&mut rest, wanted.max(CHART).min(area.height * 2 / 5));
        let width = settings::width(rows).saturating_add(4);
        let width = width.clamp(above.width / 4, above.width / 2);
        let chart = Rect {
            x: above.x + width,
            width: above.width - width,
            ..above
        };
        return Places {
            settings: Rect { width, ..above },
            chart: Some(chart),
            table: rest,
        };
    }
    let most = (area.height / 3).max(edges + 1);
    Places {
        settings: top(&mut rest, wanted.min(most)),
        chart: None,
        table: rest,
    }
}

/// Draws the view.
pub(crate) fn render_view(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let members = Members::of(app);
    if members.all.len() < 2 {
        return alone(buf, area, app);
    }
    let rows = settings::rows(app, &members);
    let places = places(area, framed, &members, &rows);
    settings::render(buf, places.settings, framed, app, &rows);
    if let Some(area) = places.chart {
        render(buf, area, framed, app, &DISTANCES);
    }
    table::render(buf, places.table, framed, app, &members);
}

/// Returns the last row with which the table of measures may begin in the view.
pub(crate) fn last_first_row(area: Rect, framed: bool, app: &App) -> usize {
    let members = Members::of(app);
    if members.all.len() < 2 {
        return 0;
    }
    let rows = settings::rows(app, &members);
    let places = places(area, framed, &members, &rows);
    table::last_first_row(places.table, framed, &members)
}

/// Says how to get something to compare.
fn alone(buf: &mut Buffer, area: Rect, app: &App) {
    let key = app.keys.key_of(Action::Fork).unwrap_or_default();
    let is_over = app.snapshot.status.is_over();
    let fork = || {
        let path = app.snapshot.directory.display();
        format!(
            "`sn-tui fork {path}` starts another run from a saved state of it, under settings that `--set` changes."
        )
    };
    let how = if !app.may_act() {
        format!("Nothing can be split off it here: {}", fork())
    } else if is_over {
        let rewind = app.keys.key_of(Action::Rewind).unwrap_or_default();
        format!(
            "The training has ended: {rewind} goes back to a saved state, where {key} splits another lane off. Or {}",
            fork()
        )
    } else {
        format!(
            "{key} splits another one off here; type the settings that it changes, then Enter. Both make every step \
             together, on the same batches and latents."
        )
    };
    let text = format!(
        "This run has one lane: there is nothing to compare. {how} `sn-tui watch` of several runs compares them here as \
         well."
    );
    let width = (area.width as usize).saturating_sub(4).clamp(1, 76);
    let lines = super::wrap(&text, width);
    let first = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (at, line) in lines.into_iter().enumerate() {
        let row = Rect {
            y: first + at as u16,
            height: 1,
            ..area
        };
        let line = Line::styled(line, app.look.theme.dim).centered();
        line.render(row.intersection(area), buf);
    }
}
