//! Columns of values as dots and lines.

use ratatui::{buffer::Buffer, style::Style};

use super::{canvas::Canvas, columns::Column, scale::Scale};
use crate::tui::look::theme::Look;

/// Marks a column that holds a value that is not finite.
pub fn mark(buf: &mut Buffer, x: u16, y: u16, look: &Look) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char('×').set_style(look.theme.error);
    }
}

/// Marks a column that holds a value below what a logarithmic axis can show.
pub fn below(buf: &mut Buffer, x: u16, y: u16, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_char('▾').set_style(style);
    }
}

/// Draws the extremes of each column as dots, or its means as a line that NaNs interrupt.
pub struct Trace<'a> {
    pub canvas: &'a mut Canvas,
    pub scale: Scale,
}

impl Trace<'_> {
    fn row(&self, value: f32) -> Option<i64> {
        let bottom = self.canvas.dots().1.saturating_sub(1) as f64;
        let height = self.scale.place(value)?;
        Some((bottom - height * bottom).round() as i64)
    }

    /// The lowest and the highest value of each column as two dots.
    pub fn extremes(&mut self, columns: &[Column], ink: u8) {
        for (x, column) in columns.iter().enumerate() {
            let ends = column.finite.map(|(low, high, _)| [low, high]);
            for end in ends.into_iter().flatten() {
                if let Some(y) = self.row(end) {
                    self.canvas.set(x as i64, y, ink);
                }
            }
        }
    }

    /// The means as a line.
    pub fn means(&mut self, columns: &[Column], ink: u8) {
        let mut before: Option<(i64, i64)> = None;
        for (x, column) in columns.iter().enumerate() {
            let Some((_, _, mean)) = column.finite else {
                if column.broken {
                    before = None;
                }
                continue;
            };
            if let Some(y) = self.row(mean) {
                let here = (x as i64, y);
                self.canvas.line(before.unwrap_or(here), here, ink);
                before = Some(here);
            }
        }
    }
}
