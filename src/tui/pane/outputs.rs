//! The histograms of D's output: real samples above generated ones, on one axis, with the marks of the loss. They are in the
//! pane of D's mean outputs on the dashboard, and are those of the cursor's step if there is a cursor. Those of several
//! lanes or runs are side by side, on one axis unless that would flatten one of them.
//!
//! ```text
//! ╭ D's output real n 64 fake n 64 after step 1,200 ╮
//! │ real             ┊   ▁▃▆█▅▂          ┊   2→ │
//! │ fake     ▂▅█▇▃▁  ┊                   ┊      │
//! │      -2.1───────-1───────────────────1─1.4  │
//! ╰─────────────────────────────────────────────╯
//! ```

mod axis;
mod bars;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    lanes,
    members::{Member, Members},
    mosaic::{self, Cell},
};
use crate::{
    model::{Counts, History, Outputs, Snapshot},
    tui::{app::App, words::number},
};
use axis::Ends;

/// The names of the two histograms, as wide as their column.
const NAMES: [&str; 2] = ["real ", "fake "];
/// The width of a plot from which on more does not show more: a few columns for each bin.
const WIDE_ENOUGH: u16 = 48;

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let members = Members::of(app).all;
    let cells = if members.len() > 1 {
        mosaic::cells(app, super::inside(area, framed), worth)
    } else {
        Vec::new()
    };
    let shown = cells.iter().filter_map(|cell| cell.member.lane);
    *app.views.curves.beside.borrow_mut() = shown.collect();
    if cells.len() > 1 {
        side_by_side(buf, area, framed, app, &cells);
    } else {
        alone(buf, area, framed, app);
    }
}

/// Draws the histograms of the selected lane, or of the run in front.
fn alone(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let look = &app.look;
    let outputs = of(app, &app.snapshot, &app.history);
    let room = (area.width as usize).saturating_sub(if framed { 3 } else { 1 });
    let (title, remark) = heading(app, outputs, room);
    let inner = super::frame(buf, area, framed, look, title, remark);
    match outputs {
        Some(outputs) => {
            let axis = (Ends::of(outputs), bars::margins(outputs));
            bars::render(buf, inner, app, outputs, axis);
        }
        None => super::empty(buf, inner, look, none(app)),
    }
}

/// Returns the title and the remark of one lane or run that fit in `room` columns. What is left out first is the step, then
/// the name, then the counts or the lanes without room.
fn heading<'a>(app: &'a App, outputs: Option<&Outputs>, room: usize) -> (Line<'a>, Line<'a>) {
    let step = outputs.map(|outputs| {
        let text = format!(" after step {} ", number::count(outputs.step));
        Span::styled(text, app.look.theme.dim)
    });
    let hidden = without_room(app);
    let both: Line = hidden.iter().cloned().chain(step).collect();
    let names = [("D's output", true), ("D", true), ("", true)];
    let titles = names.map(|(name, counted)| title(app, name, outputs, counted));
    let short = [title(app, "D", outputs, false)];
    let short = short.iter().filter(|_| hidden.width() > 0);
    let pair = |remark: &Line<'a>| {
        let fits = |title: &&Line| title.width() + remark.width() < room;
        let fitting = titles.iter().chain(short.clone()).find(fits)?;
        Some((fitting.clone(), remark.clone()))
    };
    let alone = |title: &&Line| title.width() <= room;
    pair(&both).or_else(|| pair(&hidden)).unwrap_or_else(|| {
        let fitting = titles.iter().find(alone).cloned();
        let title = fitting.unwrap_or_else(|| title(app, "", outputs, false));
        (title, Line::default())
    })
}

/// Draws the histograms of several lanes or runs.
fn side_by_side(buf: &mut Buffer, area: Rect, framed: bool, app: &App, cells: &[Cell]) {
    let of_cell = |cell: &Cell| of(app, cell.member.snapshot, cell.member.history).cloned();
    let all: Vec<Option<Outputs>> = cells.iter().map(of_cell).collect();
    let selected = cells.iter().position(|cell| cell.member.selected);
    let front = selected.and_then(|at| all[at].as_ref());
    let common = Ends::common(all.iter().flatten());
    // Equal outputs stand in equal columns.
    let each = all.iter().flatten().map(bars::margins);
    let margins = each
        .reduce(|a, b| [a[0].max(b[0]), a[1].max(b[1])])
        .unwrap_or_default();
    let mut title = super::title(&app.look, "D's output");
    title.extend(legend(app, front, true));
    if common.is_none() && all.iter().flatten().count() > 1 {
        title.push_span(Span::styled("axes of their own ", app.look.theme.dim));
    }
    mosaic::frame(buf, area, framed, app, ("D's output", title), cells);
    for (cell, outputs) in cells.iter().zip(&all) {
        let inner = mosaic::edge(buf, cell, app, outputs.as_ref().map(|outputs| outputs.step));
        match outputs {
            Some(outputs) => {
                let own = || (Ends::of(outputs), bars::margins(outputs));
                let axis = common.map_or_else(own, |ends| (ends, margins));
                bars::render(buf, inner, app, outputs, axis);
            }
            None => super::empty(buf, inner, &app.look, none(app)),
        }
    }
}

/// Returns how good an area is for the histograms of one lane; 0 if it is too small.
fn worth(area: Rect) -> usize {
    if area.width < bars::MIN_SIZE.0 || area.height < bars::MIN_SIZE.1 {
        return 0;
    }
    usize::from(area.width.min(WIDE_ENOUGH)) * usize::from(area.height)
}

/// Returns a remark with the lanes or runs for which there is no room beside the selected one; empty if there is only one.
fn without_room(app: &App) -> Line<'static> {
    let mut members = Members::of(app).all;
    members.retain(|member| member.selected);
    let area = Rect::default();
    let cells = members.into_iter().map(|member| Cell { member, area });
    mosaic::hidden(app, &cells.collect::<Vec<_>>(), false)
}

/// Returns the histograms of the cursor's step, or the latest ones.
fn of<'a>(app: &App, snapshot: &'a Snapshot, history: &'a History) -> Option<&'a Outputs> {
    let outputs = match app.views.curves.cursor {
        Some(step) => history.outputs_at(step),
        None => snapshot.outputs.as_ref(),
    };
    outputs
        .map(AsRef::as_ref)
        .filter(|outputs: &&Outputs| outputs.is_valid())
}

/// Returns the histograms of a lane or run that the pane shows.
pub(super) fn of_member<'a>(app: &App, member: &Member<'a>) -> Option<&'a Outputs> {
    of(app, member.snapshot, member.history)
}

/// Returns why there are no histograms.
fn none(app: &App) -> &'static str {
    match app.views.curves.cursor {
        Some(_) => "none recorded up to this step",
        None => "not measured yet",
    }
}

/// Returns the two sides with their styles.
fn sides(app: &App, outputs: &Outputs) -> [(Counts, Style); 2] {
    let theme = &app.look.theme;
    [(outputs.real, theme.real), (outputs.generated, theme.g)]
}

/// Returns a title of one lane or run.
fn title<'a>(app: &App, name: &'a str, outputs: Option<&Outputs>, counted: bool) -> Line<'a> {
    let mut line = super::title(&app.look, name);
    if lanes::several(app) {
        line.push_span(lanes::letter(&app.look, app.lanes.selected, true));
        line.push_span(" ");
    }
    line.extend(legend(app, outputs, counted));
    line
}

/// Returns the names of the sides in their styles, and how many samples each has if that is to be `counted`.
fn legend(app: &App, outputs: Option<&Outputs>, counted: bool) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let Some(outputs) = outputs else { return spans };
    for (name, (counts, style)) in NAMES.into_iter().zip(sides(app, outputs)) {
        spans.push(Span::styled(name, style));
        if counted {
            spans.push(format!("n {} ", number::count(counts.total())).into());
        }
    }
    spans
}
