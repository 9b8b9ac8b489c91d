//! Drawing of aggregated columns as dots and lines.

use ratatui::{buffer::Buffer, style::Style};

use super::{canvas::Canvas, columns::Column, scale::Scale};

/// Marks a column with a non-finite value.
pub(crate) fn mark_non_finite(buf: &mut Buffer, x: u16, y: u16, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char('×').set_style(style);
    }
}

/// Marks a column with a value of 0 or below on a logarithmic axis.
pub(crate) fn mark_below(buf: &mut Buffer, x: u16, y: u16, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char('▾').set_style(style);
    }
}

/// A canvas with a vertical axis, on which columns are drawn.
pub(crate) struct Trace<'a> {
    pub canvas: &'a mut Canvas,
    pub scale: Scale,
}

impl Trace<'_> {
    /// Returns the row of a value, in dots from the top.
    fn row(&self, value: f32) -> Option<i64> {
        let bottom = self.canvas.dots().1.saturating_sub(1) as f64;
        let height = self.scale.place(value)?;
        Some((bottom - height * bottom).round() as i64)
    }

    /// Draws the minimum and the maximum of each column as dots.
    pub(crate) fn extremes(&mut self, columns: &[Column], ink: u8) {
        for (x, column) in columns.iter().enumerate() {
            let ends = column.finite.map(|(low, high, _)| [low, high]);
            for end in ends.into_iter().flatten() {
                if let Some(y) = self.row(end) {
                    self.canvas.set(x as i64, y, ink);
                }
            }
        }
    }

    /// Draws the means as a line, which non-finite values interrupt.
    pub(crate) fn means(&mut self, columns: &[Column], ink: u8) {
        self.means_where(columns, ink, |_| true);
    }

    /// Draws the means as a line in those columns of dots for which `drawn` returns true.
    pub(crate) fn means_where(&mut self, columns: &[Column], ink: u8, drawn: impl Fn(i64) -> bool) {
        let mut previous: Option<(i64, i64)> = None;
        for (x, column) in columns.iter().enumerate() {
            let Some((_, _, mean)) = column.finite else {
                if column.non_finite {
                    previous = None;
                }
                continue;
            };
            if let Some(y) = self.row(mean) {
                let dot = (x as i64, y);
                let from = previous.unwrap_or(dot);
                self.canvas.line_where(from, dot, ink, &drawn);
                previous = Some(dot);
            }
        }
    }
}
