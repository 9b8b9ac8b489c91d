//! Lanes side by side: a cell for each lane, all of one size, with the letter and the step in the edge above it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::lanes::{self, Lane};
use crate::tui::{
    app::{App, action::Action, targets::Target},
    words::number,
};

/// The minimum size of a cell with its edge, in terminal cells.
const MIN_SIZE: (u16, u16) = (10, 5);
/// The size from which a cell has a whole frame.
const FRAMED: (u16, u16) = (34, 16);

/// A lane and its cell.
pub(super) struct Cell<'a> {
    pub lane: Lane<'a>,
    pub area: Rect,
}

/// Returns the cells of as many lanes as fit, in the order of their names. The selected lane always has one, and there is
/// none if it has no room either. `value` tells how good the area inside a cell is.
pub(super) fn cells(app: &App, area: Rect, value: impl Fn(Rect) -> usize) -> Vec<Cell<'_>> {
    let mut lanes = lanes::all(app);
    loop {
        let count = lanes.len();
        let least = |cell: &Rect| cell.width >= MIN_SIZE.0 && cell.height >= MIN_SIZE.1;
        let splits = (1..=count).map(|columns| (columns, split(area, count, columns)));
        let fitting = splits.filter(|(_, cells)| cells.iter().all(least));
        let of = |cells: &[Rect]| value(super::inside(cells[0], is_framed(cells[0])));
        // Of those that are equally good: full rows, then the most lanes side by side.
        let best = fitting.max_by_key(|(columns, cells)| {
            let blank = cells.len().next_multiple_of(*columns) - cells.len();
            (of(cells), std::cmp::Reverse(blank), *columns)
        });
        let best = best.map(|(_, cells)| cells).filter(|cells| of(cells) > 0);
        match (best, lanes.iter().rposition(|lane| !lane.selected)) {
            (Some(cells), _) => {
                let pairs = lanes.into_iter().zip(cells);
                return pairs.map(|(lane, area)| Cell { lane, area }).collect();
            }
            (None, Some(last)) => drop(lanes.remove(last)),
            (None, None) => return Vec::new(),
        }
    }
}

/// Splits an area into `count` cells of one size in rows of `columns`, with a column between them.
fn split(area: Rect, count: usize, columns: usize) -> Vec<Rect> {
    let rows = count.div_ceil(columns) as u16;
    let across = columns as u16;
    let width = (area.width + 1) / across;
    let height = area.height / rows;
    let cell = |at: u16| Rect {
        x: area.x + at % across * width,
        y: area.y + at / across * height,
        width: width.saturating_sub(1),
        height,
    };
    (0..count as u16).map(cell).collect()
}

/// Returns whether a cell has a whole frame.
fn is_framed(cell: Rect) -> bool {
    cell.width >= FRAMED.0 && cell.height >= FRAMED.1
}

/// Draws the edge of a cell in the lane's tint. Returns the area inside.
pub(super) fn edge(buf: &mut Buffer, cell: &Cell, app: &App, step: Option<u64>) -> Rect {
    let Cell { lane, area } = cell;
    app.targets.add(*area, Target::Lane(lane.id));
    let tint = lanes::lane_tint(&app.look, lane.id).style;
    let mut title = Line::from(vec![
        Span::raw(" "),
        lanes::letter(&app.look, lane.id, lane.selected),
        Span::raw(" "),
    ]);
    if let Some(status) = lanes::other_status(app, lane) {
        title.extend([status, Span::raw(" ")]);
    }
    let theme = &app.look.theme;
    let step = step.map(number::count);
    let texts = ["step ", ""].map(|word| step.as_ref().map(|step| format!(" {word}{step} ")));
    let fits = |text: &String| text.chars().count() + title.width() + 1 < area.width as usize;
    let remark = texts.into_iter().flatten().find(fits);
    let remark = Line::styled(remark.unwrap_or_default(), theme.dim);
    let style = if lane.selected {
        tint.add_modifier(Modifier::BOLD)
    } else {
        tint
    };
    super::frame_in(buf, *area, is_framed(*area), style, title, remark)
}

/// Draws the frame around the cells, with a remark about the lanes that have none. The title is shortened to its name to
/// make room for it.
pub(super) fn frame(
    buf: &mut Buffer,
    area: Rect,
    framed: bool,
    app: &App,
    (name, title): (&str, Line),
    cells: &[Cell],
) -> Rect {
    let remark = hidden(app, cells, true);
    let room = (area.width as usize).saturating_sub(3);
    let title = if remark.width() > 0 && title.width() + remark.width() >= room {
        super::title(&app.look, name)
    } else {
        title
    };
    let remark = if title.width() + remark.width() < room {
        remark
    } else {
        hidden(app, cells, false)
    };
    super::frame(buf, area, framed, &app.look, title, remark)
}

/// Returns a remark with the lanes that have no cell, and how they are seen if it is `whole`; empty if all have one.
pub(super) fn hidden(app: &App, cells: &[Cell], whole: bool) -> Line<'static> {
    let shown = |lane: &Lane| cells.iter().any(|cell| cell.lane.id == lane.id);
    let hidden: Vec<Lane> = lanes::all(app).into_iter().filter(|l| !shown(l)).collect();
    let mut line = Line::default();
    if !hidden.is_empty() {
        let dim = app.look.theme.dim;
        line.push_span(Span::styled(" no room for", dim));
        for lane in hidden {
            line.extend([
                Span::raw(" "),
                lanes::letter(&app.look, lane.id, lane.selected),
            ]);
        }
        let key = app.keys.key_of(Action::NextLane).filter(|_| whole);
        let words = key.map(|key| format!(": {key} selects the next "));
        line.push_span(Span::styled(words.unwrap_or_else(|| " ".to_owned()), dim));
    }
    line
}
