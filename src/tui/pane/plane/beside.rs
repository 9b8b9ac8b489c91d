//! The planes of lanes side by side: the same part of the plane in the same colours, so that they can be compared.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Common, of_lane, over};
use crate::{
    model::Plane,
    tui::{
        app::App,
        pane::{self, lanes, members::Members, mosaic, scatter},
    },
};

/// The least side of a plane that can be read, in columns.
const LEGIBLE: u16 = 16;

/// Draws the planes of as many lanes as fit. Returns false, and draws nothing, if that is only one.
pub(super) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) -> bool {
    let cells = mosaic::cells(app, pane::inside(area, framed), worth);
    let shown = cells.iter().filter_map(|cell| cell.member.lane);
    *app.views.plane.beside.borrow_mut() = shown.collect();
    if cells.len() < 2 {
        return false;
    }
    let planes = cells
        .iter()
        .filter_map(|cell| cell.member.snapshot.plane.as_deref());
    let common = planes
        .clone()
        .next()
        .map(|_: &Plane| Common::of(planes.clone()));
    let whole =
        |title: &Line, remark: &Line| title.width() + remark.width() + 3 < area.width as usize;
    let mut title = pane::title(&app.look, "planes");
    if common.is_none() {
        // Only the points are drawn.
        scatter::legend(&mut title, &app.look, area.width);
    } else if app.views.plane.points {
        over::legend(&mut title, app, area.width);
    }
    // The remark about colours is in the title: that at the right names the lanes without room.
    let remarks = [true, false].map(|long| {
        let common = common.as_ref();
        common.map_or_else(Line::default, |common| common.remark(app, long))
    });
    let hidden = mosaic::hidden(app, &cells, false);
    let fitting = remarks.into_iter().find(|remark| {
        let both: Line = remark.iter().chain(&hidden).cloned().collect();
        whole(&title, &both)
    });
    title.extend(fitting.unwrap_or_default());
    mosaic::frame(buf, area, framed, app, ("planes", title), &cells);
    for cell in &cells {
        let plane = cell.member.snapshot.plane.as_deref();
        let inner = mosaic::edge(buf, cell, app, plane.map(|plane| plane.step));
        of_lane(buf, inner, app, cell.member.snapshot, common.as_ref());
    }
    true
}

/// Returns how good an area is for a plane; 0 if it is too small.
fn worth(area: Rect) -> usize {
    let side = area.width.min(2 * area.height);
    if side < LEGIBLE {
        0
    } else {
        usize::from(side).pow(2)
    }
}

/// Returns a remark with the lanes for which there is no room beside the selected one, which is shown alone; empty if there
/// is only one.
pub(super) fn hidden(app: &App, width: u16) -> Line<'static> {
    if !lanes::several(app) {
        return Line::default();
    }
    let mut members = Members::of(app).all;
    members.retain(|member| member.selected);
    let area = Rect::default();
    let cells = members.into_iter();
    let alone: Vec<_> = cells.map(|member| mosaic::Cell { member, area }).collect();
    let whole = mosaic::hidden(app, &alone, true);
    // The name of the plane, its lane and its step come first.
    if whole.width() + 24 < width as usize {
        whole
    } else {
        mosaic::hidden(app, &alone, false)
    }
}
