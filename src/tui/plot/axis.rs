//! The labelled axes of a plot.

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span, widgets::Widget};

use super::{Side, marks::Mark, rounding::round_step, scale::Scale, steps::Steps};
use crate::tui::{look::theme::Look, words::number};

/// The minimum height of a plot with a horizontal axis, in rows.
pub(crate) const ROOMY: u16 = 7;
/// The minimum width of vertical labels, in columns, so that curves seldom move sideways.
const MIN_LABEL: usize = 4;
/// The minimum distance of labelled steps, in columns.
const LABEL_SPACING: u16 = 12;

/// Draws a vertical axis at a side, its labels in a style if it has one. Returns its width in columns.
pub(crate) fn vertical(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    scale: &Scale,
    side: Side,
    tint: Option<Style>,
) -> u16 {
    let ticks = scale.ticks(area.height);
    let values: Vec<f32> = ticks.iter().map(|(_, value)| *value).collect();
    let rows = f64::from(area.height.saturating_sub(1));
    let places = ticks
        .iter()
        .map(|(height, _)| (rows - height * rows).round() as u16);
    let ticks: Vec<(u16, String)> = places.zip(number::labels(&values)).collect();
    let widest = ticks.iter().map(|(_, text)| text.len()).max();
    let width = widest.unwrap_or(0).max(MIN_LABEL) as u16;
    if area.width < width + 8 {
        return 0;
    }
    let (line, labels) = match side {
        Side::Left => (area.x + width, area.x),
        Side::Right => (area.right() - width - 1, area.right() - width),
    };
    let mut draw = |x: u16, row: u16, text: String, style: Style| {
        let at = Rect::new(x, area.y + row, text.chars().count() as u16, 1);
        Span::styled(text, style).render(at.intersection(area), buf);
    };
    (0..area.height).for_each(|row| draw(line, row, "│".to_owned(), look.theme.rule));
    let style = tint.unwrap_or(look.theme.dim);
    let columns = width as usize;
    for (row, text) in ticks {
        let (tick, text) = match side {
            Side::Left => ("┤", format!("{text:>columns$}")),
            Side::Right => ("├", format!("{text:<columns$}")),
        };
        draw(labels, row, text, style);
        draw(line, row, tick.to_owned(), look.theme.rule);
    }
    width + 1
}

/// Draws the horizontal axis with round steps, the letters of changes and the step of the cursor. `dots` is the number of
/// dots across a cell.
pub(crate) fn horizontal(
    buf: &mut Buffer,
    row: Rect,
    look: &Look,
    axis: &Steps,
    dots: usize,
    marks: &[Mark],
    cursor: Option<u64>,
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
    let mut taken: Vec<Range<u16>> = letters.iter().map(|(at, ..)| *at..at + 1).collect();
    let under = cursor.and_then(|step| Some((step, column(step)?)));
    // The step of the cursor is beside the letters.
    let under = under.and_then(|(step, at)| {
        let places = [0, 1, -1].map(|side| beside(step, at, row.width, side));
        let free = |(columns, _): &&(Range<u16>, String)| {
            !letters.iter().any(|(at, ..)| columns.contains(at))
        };
        let places: Vec<(Range<u16>, String)> = places.into_iter().flatten().collect();
        places.iter().find(free).or(places.first()).cloned()
    });
    taken.extend(under.iter().map(|(columns, _)| columns.clone()));
    for (left, text) in labels(axis, row.width, &taken, column) {
        place(buf, row, left, text, theme.dim);
    }
    for (at, letter, style) in letters {
        if let Some(cell) = buf.cell_mut((row.x + at, row.y)) {
            cell.set_char(letter).set_style(style);
        }
    }
    if let Some((columns, text)) = under {
        place(buf, row, columns.start, text, theme.selected);
    }
}

fn place(buf: &mut Buffer, row: Rect, left: u16, text: String, style: Style) {
    let at = Rect {
        x: row.x + left,
        width: text.len() as u16,
        ..row
    };
    Span::styled(text, style).render(at.intersection(row), buf);
}

/// Returns the left column of the label of a step and its text, if it fits.
fn labelled(step: u64, at: u16, width: u16) -> Option<(u16, String)> {
    let text = number::count(step);
    let left = width.checked_sub(text.len() as u16)?;
    Some((at.saturating_sub(text.len() as u16 / 2).min(left), text))
}

/// Returns the columns of the label of a step and its text, if it fits: below its column, or at a side of it.
fn beside(step: u64, at: u16, width: u16, side: i8) -> Option<(Range<u16>, String)> {
    let (middle, text) = labelled(step, at, width)?;
    let length = text.len() as u16;
    let left = match side {
        0 => middle,
        1.. => at.checked_add(1).filter(|left| left + length <= width)?,
        _ => at.checked_sub(length)?,
    };
    Some((left..left + length, text))
}

/// Returns the labels of an axis with their left columns: round steps where there is room, or else, to have two at least,
/// less round ones or the ends.
fn labels(
    axis: &Steps,
    width: u16,
    taken: &[Range<u16>],
    column: impl Fn(u64) -> Option<u16>,
) -> Vec<(u16, String)> {
    let fitting = |steps: &mut dyn Iterator<Item = u64>| {
        let mut fitting: Vec<(u16, String)> = Vec::new();
        for step in steps {
            let Some(at) = column(step) else { continue };
            let Some((left, text)) = labelled(step, at, width) else {
                continue;
            };
            let covers = left.saturating_sub(1)..left + text.len() as u16 + 1;
            let meets = |other: &Range<u16>| other.start < covers.end && covers.start < other.end;
            let last = fitting
                .last()
                .map(|(left, text)| *left..left + text.len() as u16);
            if !taken.iter().chain(&last).any(meets) {
                fitting.push((left, text));
            }
        }
        fitting
    };
    let round = |every: u64| {
        let first = axis.first.div_ceil(every).max(1) * every;
        let mut steps = (first..=axis.last()).step_by(every as usize);
        fitting(&mut steps)
    };
    let most = f64::from((width / LABEL_SPACING).max(1));
    let every = round_step((axis.shown as f64 / most).max(1.0));
    let sets = std::iter::successors(Some(every), |every| Some(round_step(every / 2.5)));
    let mut sets = sets.take(4).map(|every| round(every.max(1.0) as u64));
    sets.find(|labels| labels.len() > 1).unwrap_or_else(|| {
        let ends = [axis.first, axis.last()];
        fitting(&mut ends.into_iter())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_two_labels_or_more_that_do_not_touch() {
        for (first, shown) in [
            (1, 5),
            (1, 14),
            (1, 112),
            (897, 1152),
            (1, 20_480),
            (1, 3_584),
        ] {
            for width in 18..150 {
                let axis = Steps {
                    first,
                    shown,
                    dots: usize::from(width) * 2,
                };
                let column = |step| Some((axis.dot(step)? / 2) as u16);
                let all = labels(&axis, width, &[], column);
                assert!(all.len() > 1, "{first} {shown} {width}: {all:?}");
                let ends = all.iter().map(|(left, text)| left + text.len() as u16);
                let apart = all.iter().skip(1).zip(ends.clone());
                assert!(apart.clone().all(|((left, _), end)| *left > end), "{all:?}");
                assert!(ends.max() <= Some(width), "{all:?}");
            }
        }
    }
}
