//! The labelled axes of a plot.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span, widgets::Widget};

use super::{
    marks::Mark,
    scale::{Scale, round_step},
    steps::Steps,
};
use crate::tui::{look::theme::Look, words::number};

/// The minimum height of a plot with a horizontal axis, in rows.
pub(crate) const ROOMY: u16 = 7;
/// The minimum width of vertical labels, in columns, so that curves seldom move sideways.
const MIN_LABEL: usize = 4;
/// The minimum distance of labelled steps, in columns.
const LABEL_SPACING: u16 = 12;

/// Draws the vertical axis at the left edge. Returns its width in columns.
pub(crate) fn vertical(buf: &mut Buffer, area: Rect, look: &Look, scale: &Scale) -> u16 {
    let ticks: Vec<(u16, String)> = scale
        .ticks(area.height)
        .into_iter()
        .map(|(height, value)| {
            let rows = f64::from(area.height.saturating_sub(1));
            ((rows - height * rows).round() as u16, number::label(value))
        })
        .collect();
    let widest = ticks.iter().map(|(_, text)| text.len()).max();
    let width = widest.unwrap_or(0).max(MIN_LABEL) as u16;
    if area.width < width + 8 {
        return 0;
    }
    let line = |buf: &mut Buffer, row: u16, symbol: &'static str, style: Style| {
        let at = Rect::new(area.x + width, area.y + row, 1, 1);
        Span::styled(symbol, style).render(at.intersection(area), buf);
    };
    (0..area.height).for_each(|row| line(buf, row, "│", look.theme.rule));
    for (row, text) in ticks {
        let at = Rect::new(area.x, area.y + row, width, 1);
        let text = format!("{text:>width$}", width = width as usize);
        Span::styled(text, look.theme.dim).render(at.intersection(area), buf);
        line(buf, row, "┤", look.theme.rule);
    }
    width + 1
}

/// Draws the horizontal axis with round steps and the letters of changes. `dots` is the number of dots across a cell.
pub(crate) fn horizontal(
    buf: &mut Buffer,
    row: Rect,
    look: &Look,
    axis: &Steps,
    dots: usize,
    marks: &[Mark],
) {
    let theme = &look.theme;
    let column = |step: u64| Some((axis.dot(step)? / dots.max(1)) as u16);
    Span::styled("─".repeat(row.width as usize), theme.rule).render(row, buf);
    let mut letters: Vec<(u16, char, Style)> = Vec::new();
    for mark in marks {
        let Some(at) = column(mark.step) else {
            continue;
        };
        let style = mark.tint.unwrap_or(theme.pending);
        match letters.iter_mut().find(|(column, ..)| *column == at) {
            Some((_, letter, shared)) if *letter != mark.letter => {
                (*letter, *shared) = ('+', theme.pending);
            }
            Some(_) => {}
            None => letters.push((at, mark.letter, style)),
        }
    }
    let shown = axis.steps_per_dot * axis.dots as u64;
    let labels = f64::from((row.width / LABEL_SPACING).max(1));
    let step = round_step((shown as f64 / labels).max(1.0)) as u64;
    let first = axis.first.div_ceil(step).max(1) * step;
    for step in (first..axis.first + shown).step_by(step as usize) {
        let text = number::count(step);
        let (Some(at), width) = (column(step), text.len() as u16) else {
            continue;
        };
        let left = at.saturating_sub(width / 2);
        let covered = left.saturating_sub(1)..left + width + 1;
        let free = !letters.iter().any(|(column, ..)| covered.contains(column));
        if free && left + width <= row.width {
            let place = Rect {
                x: row.x + left,
                width,
                ..row
            };
            Span::styled(text, theme.dim).render(place, buf);
        }
    }
    for (at, letter, style) in letters {
        if let Some(cell) = buf.cell_mut((row.x + at, row.y)) {
            cell.set_char(letter).set_style(style);
        }
    }
}
