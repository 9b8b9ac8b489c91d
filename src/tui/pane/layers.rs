//! The view of layers: a table of every layer with a weight, and below it charts of the selected layer, which fill the
//! view in full screen.
//!
//! ```text
//! ┌──────────────────────────────────────────┐
//! │ layer  SN  σ est  σ exact  error …   σ   │
//! │ d.0   SN×1 1.02    1.03    0.01     ▁▂▃▅ │
//! │ d.2   …                                  │    or a row for each lane
//! ├──────────────────┬───────────────────────┤
//! │ σ of d.0         │ error of d.0          │
//! └──────────────────┴───────────────────────┘
//! ```

mod detail;
mod row;
mod table;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{exact, members::Members};
use crate::tui::{app::App, layout};

/// The minimum height of a chart of the selected layer, in rows, including its edges.
const PLOT: u16 = 7;

pub(super) use detail::charts;

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let look = &app.look;
    if app.full
        && let Some(key) = app.views.layers.key(&app.snapshot)
    {
        return detail::render(buf, area, framed, app, &key);
    }
    let rows = row::rows(app);
    let edges = if framed { 2 } else { 1 };
    let inside = super::inside(area, framed).width as usize;
    let note = row::note(&rows, app.views.layers.selected);
    // Of a column that has no room nothing is explained.
    let note = note.filter(|_| table::shows_turns(inside, &rows));
    let note = note.map_or_else(Vec::new, |text| super::wrap(&text, inside));
    let wanted = (rows.len() + note.len()) as u16 + 1 + edges;
    let mut rest = area;
    // The charts keep their minimum height, and the table scrolls.
    let most = if area.height >= PLOT + edges + 3 {
        (area.height - PLOT).min((area.height * 3 / 5).max(edges + 3))
    } else {
        area.height
    };
    let top = layout::top(&mut rest, wanted.min(most));
    let mut title = super::title(look, "layers");
    let layers = rows.last().map_or(0, |row| row.layer + 1);
    let visible = (top.height as usize).saturating_sub(edges as usize + 1 + note.len());
    let remark = match layers {
        0 => Line::default(),
        count => {
            let mut text = format!(" {} of {count} ", app.views.layers.selected + 1);
            // Each layer has several rows.
            if count < rows.len() && visible < rows.len() {
                text += &format!("· {visible} of {} rows ", rows.len());
            }
            Line::styled(text, look.theme.dim)
        }
    };
    let members = Members::of(app).all;
    let mut steps = exact::steps(look, "weights after step", members.iter());
    if !steps.is_empty() {
        steps.push(Span::raw(" "));
    }
    let width: usize = steps.iter().map(Span::width).sum();
    if title.width() + width + remark.width() + 3 < top.width as usize {
        title.extend(steps);
    }
    let mut inner = super::frame(buf, top, framed, look, title, remark);
    if rows.is_empty() {
        return super::empty(buf, inner, look, "no step made yet");
    }
    if inner.height as usize > note.len() + 3 {
        let place = layout::bottom(&mut inner, note.len() as u16);
        let note = note.into_iter();
        let note = note.map(|text| Line::styled(text, look.theme.dim));
        super::lines(buf, place, note.collect());
    }
    table::render(buf, inner, app, &rows);
    if rest.height >= PLOT
        && let Some(key) = app.views.layers.key(&app.snapshot)
    {
        detail::render(buf, rest, framed, app, &key);
    }
}
