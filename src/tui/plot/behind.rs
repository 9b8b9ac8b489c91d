//! The curves of other lanes and runs, behind those in front: means without extremes, each lane or run in its tint. In a
//! chart of several measures the first is a solid line, the second has gaps, the third is dotted, the fourth has dashes and
//! dots, and all others have few dots.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    Plot, Scales, Side,
    canvas::{Canvas, Ink, Several},
    columns::Column,
    steps::Steps,
    trace::Trace,
};
use crate::{
    model::Series,
    tui::look::theme::{Depth, Look},
};

/// A curve of another lane or run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behind<'a> {
    pub series: &'a Series,
    pub ink: Ink,
    pub side: Side,
    /// The position of the measure in its chart.
    pub measure: usize,
    /// The letter of the lane, which stands at the end of the curve.
    pub letter: Option<char>,
}

/// Returns whether the curve of the measure at this position in its chart has a line in a column of cells.
fn is_drawn(measure: usize, column: usize) -> bool {
    match measure {
        0 => true,
        1 => column % 3 < 2,
        2 => column.is_multiple_of(3),
        3 => [0, 1, 3].contains(&(column % 6)),
        _ => column.is_multiple_of(6),
    }
}

impl Plot<'_> {
    /// Returns the columns of each curve behind.
    pub(super) fn columns_behind(&self, axis: &Steps) -> Vec<Vec<Column>> {
        let columns = self.behind.iter();
        let columns = columns.map(|c| self.gather(c.series, axis));
        columns.collect()
    }

    /// Draws the curves behind on the canvas of those in front, in the inks from `first` on.
    pub(super) fn trace_behind(
        &self,
        canvas: &mut Canvas,
        scales: Scales,
        columns: &[Vec<Column>],
        first: usize,
    ) {
        let (dots, _) = canvas.dots();
        let per_cell = (dots / canvas.width().max(1)).max(1);
        for (at, (curve, columns)) in self.behind.iter().zip(columns).enumerate() {
            let Some(scale) = scales.of(curve.side) else {
                continue;
            };
            let canvas = &mut *canvas;
            let mut trace = Trace { canvas, scale };
            trace.means_where(columns, (first + at) as u8, |x| {
                is_drawn(curve.measure, x as usize / per_cell)
            });
        }
    }

    /// Returns whether the curves behind are drawn in characters, because braille without colours would not tell lanes
    /// apart.
    pub(super) fn has_characters_behind(&self, look: &Look) -> bool {
        look.unicode && look.depth == Depth::None && !self.behind.is_empty()
    }

    /// Draws the curves behind in characters. Returns the cells with what is in them.
    pub(super) fn draw_characters_behind(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        axis: &Steps,
        scales: Scales,
    ) -> Vec<(Position, String)> {
        let axis = Steps {
            dots: inner.width as usize,
            ..*axis
        };
        let mut canvas = Canvas::new(inner.width, inner.height, false);
        self.trace_behind(&mut canvas, scales, &self.columns_behind(&axis), 0);
        let inks: Vec<Ink> = self.behind.iter().map(|curve| curve.ink).collect();
        canvas.render(buf, inner, &inks, Several::Last);
        let cells = canvas.drawn().map(|(x, y)| {
            let place = Position::new(inner.x + x, inner.y + y);
            (place, buf[place].symbol().to_owned())
        });
        cells.collect()
    }

    /// Draws the letter of each lane after the end of its curves, where there is a blank cell, or else on the last of their
    /// own cells.
    pub(super) fn draw_letters(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        columns: &[Vec<Column>],
        scales: Scales,
    ) {
        for (curve, columns) in self.behind.iter().zip(columns) {
            let (Some(letter), Some(scale)) = (curve.letter, scales.of(curve.side)) else {
                continue;
            };
            let last = columns.iter().rposition(|column| column.finite.is_some());
            let end = last.and_then(|at| Some((at, scale.place(columns[at].finite?.2)?)));
            let Some((at, height)) = end else { continue };
            let per_cell = (columns.len() / inner.width.max(1) as usize).max(1);
            let rows = f64::from(inner.height.saturating_sub(1));
            let y = inner.y + (rows - height * rows).round() as u16;
            let from = inner.x + (at / per_cell) as u16 + 1;
            let mut cells = from..inner.right().min(from + 3);
            let blank = cells.find(|&x| buf.cell((x, y)).is_some_and(|cell| cell.symbol() == " "));
            let own = |x: &u16| {
                let cell = buf.cell((*x, y));
                cell.is_some_and(|cell| Some(cell.fg) == curve.ink.style.fg)
            };
            let before = (from.saturating_sub(2).max(inner.x)..from).rev();
            let place = blank.or_else(|| before.filter(|x| *x < inner.right()).find(own));
            if let Some(cell) = place.and_then(|x| buf.cell_mut((x, y))) {
                cell.set_char(letter).set_style(curve.ink.style);
            }
        }
    }

    /// Draws the letters of the lanes that begin at a step, at the top of its vertical line.
    pub(super) fn draw_forks(&self, buf: &mut Buffer, inner: Rect, look: &Look, axis: &Steps) {
        let per_cell = (axis.dots / inner.width.max(1) as usize).max(1);
        let mut drawn: Vec<(u16, char)> = Vec::new();
        for mark in &self.marks {
            let (Some(lane), Some(dot)) = (mark.lane, axis.dot(mark.step)) else {
                continue;
            };
            if drawn.iter().any(|(_, known)| *known == lane) {
                continue;
            }
            // Lanes that begin together are beside each other.
            let mut x = inner.x + (dot / per_cell) as u16;
            while drawn.iter().any(|(column, _)| *column == x) {
                x += 1;
            }
            drawn.push((x, lane));
            let cell = buf.cell_mut((x, inner.y));
            if let Some(cell) = cell.filter(|_| x < inner.right()) {
                cell.set_char(lane)
                    .set_style(mark.tint.unwrap_or(look.theme.pending));
            }
        }
    }
}
