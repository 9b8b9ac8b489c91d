//! Marks of values that the axes of a plot cannot show, at its edges.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{
    Plot, Scales,
    columns::Column,
    kind::Kind,
    scale::{Edge, Scale},
};
use crate::tui::look::theme::{Depth, Look};

/// A value that is not a number or infinite.
const NON_FINITE: char = '×';
/// A value of 0 or below on a logarithmic axis.
const HIDDEN: char = '▾';
/// Values beyond the top and beyond the bottom.
pub(crate) const BEYOND: [char; 2] = ['↑', '↓'];

/// Marks a cell of which a value is not finite.
pub(crate) fn mark_non_finite(buf: &mut Buffer, x: u16, y: u16, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char(NON_FINITE).set_style(style);
    }
}

/// Draws a mark in a column of dots.
struct Marks<'a> {
    buf: &'a mut Buffer,
    inner: Rect,
    /// The number of dots across a cell.
    dots: usize,
}

impl<'a> Marks<'a> {
    /// Marks for curves with these columns.
    fn of(buf: &'a mut Buffer, inner: Rect, curves: &[Vec<Column>]) -> Self {
        let dots = curves.iter().map(Vec::len).max().unwrap_or(0);
        let dots = (dots / inner.width.max(1) as usize).max(1);
        Self { buf, inner, dots }
    }

    fn draw(&mut self, dot: usize, edge: Edge, mark: char, style: Style) {
        let y = match edge {
            Edge::Top => self.inner.y,
            Edge::Bottom => self.inner.bottom() - 1,
        };
        let x = self.inner.x + (dot / self.dots) as u16;
        if let Some(cell) = self.buf.cell_mut((x, y)) {
            cell.set_char(mark).set_style(style);
        }
    }

    /// Marks the columns of which a value is beyond the axis with an arrow, and every second one with this character.
    fn beyond(
        &mut self,
        columns: &[Column],
        scale: Scale,
        style: Style,
        of: fn((f32, f32, f32)) -> [f32; 2],
        own: Option<char>,
    ) {
        for (dot, finite) in finite(columns) {
            for edge in of(finite).into_iter().filter_map(|v| scale.edge(v)) {
                let [above, below] = BEYOND;
                let mark = if edge == Edge::Top { above } else { below };
                let own = own.filter(|_| (dot / self.dots) % 2 == 1);
                self.draw(dot, edge, own.unwrap_or(mark), style);
            }
        }
    }
}

impl Plot<'_> {
    /// Draws the marks of the curves behind, below all curves: none of them hides a curve in front.
    pub(super) fn draw_edges_behind(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        behind: &[Vec<Column>],
        scales: Scales,
    ) {
        let mut marks = Marks::of(buf, inner, behind);
        for (curve, columns) in self.behind.iter().zip(behind) {
            if let Some(scale) = scales.of(curve.side) {
                // Without colours arrows alone would be those of the curves in front.
                let own = (look.depth == Depth::None).then_some(curve.ink.marker);
                marks.beyond(columns, scale, curve.ink.style, mean, own);
            }
            for (dot, _) in columns.iter().enumerate().filter(|(_, c)| c.non_finite) {
                marks.draw(dot, Edge::Top, NON_FINITE, curve.ink.style);
            }
        }
    }

    /// Draws the marks of the curves in front, the most important last. A mark is pale if only extremes are beyond the axis,
    /// and in the colour of its curve if the mean is.
    pub(super) fn draw_edges(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        own: &[Vec<Column>],
        scales: Scales,
    ) {
        let mut marks = Marks::of(buf, inner, own);
        let both = |(low, high, _): (f32, f32, f32)| [low, high];
        for (curve, columns) in self.curves.iter().zip(own) {
            if let Some(scale) = scales.of(curve.side) {
                marks.beyond(columns, scale, look.theme.dim, both, None);
            }
        }
        let front = || self.curves.iter().zip(own).rev();
        for (curve, columns) in front() {
            if let Some(scale) = scales.of(curve.side) {
                marks.beyond(columns, scale, curve.ink.style, mean, None);
            }
        }
        for (curve, columns) in front().filter(|_| self.kind == Kind::Log) {
            for (dot, (low, _, mean)) in finite(columns) {
                let style = if mean <= 0.0 {
                    curve.ink.style
                } else {
                    look.theme.dim
                };
                if low <= 0.0 {
                    marks.draw(dot, Edge::Bottom, HIDDEN, style);
                }
            }
        }
        for columns in own {
            for (dot, _) in columns.iter().enumerate().filter(|(_, c)| c.non_finite) {
                marks.draw(dot, Edge::Top, NON_FINITE, look.theme.error);
            }
        }
    }
}

/// Returns the mean of a column, as both of its ends.
fn mean((_, _, mean): (f32, f32, f32)) -> [f32; 2] {
    [mean, mean]
}

/// Returns the columns with finite values, as (index, (minimum, maximum, mean)).
fn finite(columns: &[Column]) -> impl Iterator<Item = (usize, (f32, f32, f32))> {
    let columns = columns.iter().enumerate();
    columns.filter_map(|(i, column)| Some((i, column.finite?)))
}
