//! The curves of a plot on its axes, and marks of what these cannot show.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{
    Plot, Window,
    canvas::{Canvas, Ink},
    columns::{Column, columns, smooth},
    scale::{Kind, Scale},
    steps::Steps,
    trace::{self, Trace, mark},
};
use crate::{model::Series, tui::look::theme::Look};

impl Plot<'_> {
    /// Vertical lines behind the curves: at marks, and at the cursor.
    pub(super) fn lines(&self, buf: &mut Buffer, inner: Rect, look: &Look, axis: &Steps) {
        let dots = (axis.dots / inner.width.max(1) as usize).max(1);
        let mut line = |step: u64, symbol: &str, style| {
            let Some(dot) = axis.dot(step) else { return };
            for y in inner.top()..inner.bottom() {
                if let Some(cell) = buf.cell_mut((inner.x + (dot / dots) as u16, y)) {
                    cell.set_symbol(symbol).set_style(style);
                }
            }
        };
        for mark in &self.marks {
            line(mark.step, "┊", look.theme.rule);
        }
        if let Some(step) = self.cursor {
            line(step, "│", look.theme.key);
        }
    }

    /// The curves where there is an axis for them, and marks of what it cannot show.
    pub(super) fn draw(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        axis: &Steps,
        scale: Option<Scale>,
    ) {
        let gather = |series: &Series, window, factor: f32| {
            let mut columns = columns(series, window, axis);
            smooth(&mut columns, self.smoothing);
            for (low, high, mean) in columns.iter_mut().filter_map(|c| c.finite.as_mut()) {
                (*low, *high, *mean) = (*low * factor, *high * factor, *mean * factor);
            }
            columns
        };
        let own: Vec<Vec<Column>> = self
            .curves
            .iter()
            .map(|curve| gather(curve.series, self.window, curve.factor))
            .collect();
        if let Some(scale) = scale {
            self.trace(buf, inner, look, &own, scale, gather);
        }
        let dots = (axis.dots / inner.width.max(1) as usize).max(1);
        let column = |i: usize| inner.x + (i / dots) as u16;
        if self.kind == Kind::Log {
            // In the colour of a curve where its mean is not above zero, pale where only its least value is.
            for whole in [false, true] {
                for (curve, columns) in self.curves.iter().zip(&own) {
                    let style = if whole {
                        curve.ink.style
                    } else {
                        look.theme.dim
                    };
                    for (i, (low, _, mean)) in finite(columns) {
                        if (whole && mean <= 0.0) || (!whole && low <= 0.0) {
                            trace::below(buf, column(i), inner.bottom() - 1, style);
                        }
                    }
                }
            }
        }
        for (i, _) in own.iter().flat_map(|columns| broken(columns)) {
            mark(buf, column(i), inner.y, look);
        }
    }

    fn trace(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        own: &[Vec<Column>],
        scale: Scale,
        gather: impl Fn(&Series, Window, f32) -> Vec<Column>,
    ) {
        let mut canvas = Canvas::new(inner.width, inner.height, look.unicode);
        let haze = Ink {
            style: look.theme.rule,
            marker: '.',
        };
        let mut inks = vec![haze];
        let mut trace = Trace {
            canvas: &mut canvas,
            scale,
        };
        for curve in &self.curves {
            if let Some(earlier) = curve.earlier {
                inks.push(behind(curve.ink));
                trace.means(
                    &gather(earlier, Window::Whole, curve.factor),
                    inks.len() as u8 - 1,
                );
            }
        }
        own.iter().for_each(|columns| trace.extremes(columns, 0));
        for (curve, columns) in self.curves.iter().zip(own) {
            inks.push(curve.ink);
            trace.means(columns, inks.len() as u8 - 1);
        }
        canvas.render(buf, inner, &inks, None);
    }
}

/// The columns that hold finite values, with these.
fn finite(columns: &[Column]) -> impl Iterator<Item = (usize, (f32, f32, f32))> {
    let columns = columns.iter().enumerate();
    columns.filter_map(|(i, column)| Some((i, column.finite?)))
}

/// The columns that hold values that are not finite.
fn broken(columns: &[Column]) -> impl Iterator<Item = (usize, &Column)> {
    let columns = columns.iter().enumerate();
    columns.filter(|(_, column)| column.broken)
}

/// How a curve of an earlier run looks.
fn behind(ink: Ink) -> Ink {
    Ink {
        style: ink
            .style
            .remove_modifier(Modifier::BOLD)
            .add_modifier(Modifier::DIM),
        marker: ':',
    }
}
