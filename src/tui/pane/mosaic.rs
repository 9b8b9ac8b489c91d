//! Lanes or watched runs side by side: a cell for each, all of one size, with its name and the step in the edge above it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{
    lanes,
    members::{Member, Members},
};
use crate::tui::{
    app::{App, action::Action, targets::Target},
    words::number,
};

/// The minimum size of a cell with its edge, in terminal cells.
const MIN_SIZE: (u16, u16) = (10, 5);
/// The size from which a cell has a whole frame.
const FRAMED: (u16, u16) = (34, 16);

/// A lane or run and its cell.
pub(super) struct Cell<'a> {
    pub member: Member<'a>,
    pub area: Rect,
}

/// Returns the cells of as many lanes or runs as fit, in their order. The selected one always has one, and there is
/// none if it has no room either. `value` tells how good the area inside a cell is.
pub(super) fn cells(app: &App, area: Rect, value: impl Fn(Rect) -> usize) -> Vec<Cell<'_>> {
    let mut members = Members::of(app).all;
    loop {
        let count = members.len();
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
        match (best, members.iter().rposition(|member| !member.selected)) {
            (Some(cells), _) => {
                let pairs = members.into_iter().zip(cells);
                let cells = pairs.map(|(member, area)| Cell { member, area });
                return cells.collect();
            }
            (None, Some(last)) => drop(members.remove(last)),
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

/// Draws the edge of a cell in the tint of its lane or run. Returns the area inside.
pub(super) fn edge(buf: &mut Buffer, cell: &Cell, app: &App, step: Option<u64>) -> Rect {
    let Cell { member, area } = cell;
    if let Some(lane) = member.lane {
        app.targets.add(*area, Target::Lane(lane));
    }
    let tint = member.style;
    let name = match member.lane {
        Some(_) => member.sign(&app.look),
        None => Span::styled(member.name.clone(), tint),
    };
    let mut title = Line::from(vec![Span::raw(" "), name, Span::raw(" ")]);
    if let Some(status) = lanes::other_status(app, member.snapshot) {
        title.extend([status, Span::raw(" ")]);
    }
    let theme = &app.look.theme;
    let step = step.map(number::count);
    let texts = ["step ", ""].map(|word| step.as_ref().map(|step| format!(" {word}{step} ")));
    let fits = |text: &String| text.chars().count() + title.width() + 1 < area.width as usize;
    let remark = texts.into_iter().flatten().find(fits);
    let remark = Line::styled(remark.unwrap_or_default(), theme.dim);
    let style = if member.selected {
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
    let shown = |member: &Member| {
        let mut shown = cells.iter().map(|cell| cell.member.snapshot);
        shown.any(|shown| std::ptr::eq(shown, member.snapshot))
    };
    let mut hidden = Members::of(app).all;
    hidden.retain(|member| !shown(member));
    let mut line = Line::default();
    if !hidden.is_empty() {
        let dim = app.look.theme.dim;
        line.push_span(Span::styled(" no room for", dim));
        let next = match hidden[0].lane {
            Some(_) => Action::NextLane,
            None => Action::OtherRun,
        };
        for member in hidden {
            line.extend([Span::raw(" "), member.sign(&app.look)]);
        }
        let key = app.keys.key_of(next).filter(|_| whole);
        let words = key.map(|key| format!(": {key} selects the next "));
        line.push_span(Span::styled(words.unwrap_or_else(|| " ".to_owned()), dim));
    }
    line
}
