//! The curves of a plot, and the marks of values that its axes cannot show.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{
    Plot, Window,
    canvas::{Canvas, Ink},
    columns::{Column, columns, smooth},
    scale::{Kind, Scale},
    steps::Steps,
    trace::{self, Trace, mark_non_finite},
};
use crate::{model::Series, tui::look::theme::Look};

impl Plot<'_> {
    /// Draws the vertical lines at marks and at the cursor, which are behind the curves.
    pub(super) fn draw_vertical_lines(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        axis: &Steps,
    ) {
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

    /// Draws the curves, if there is a vertical axis, and the marks of values that the axis cannot show.
    pub(super) fn draw_curves(
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
            self.trace_curves(buf, inner, look, &own, scale, gather);
        }
        let dots = (axis.dots / inner.width.max(1) as usize).max(1);
        let column = |i: usize| inner.x + (i / dots) as u16;
        if self.kind == Kind::Log {
            // The mark has the colour of the curve if the mean is not above 0, and is pale if only the minimum is not.
            for whole in [false, true] {
                for (curve, columns) in self.curves.iter().zip(&own) {
                    let style = if whole {
                        curve.ink.style
                    } else {
                        look.theme.dim
                    };
                    for (i, (low, _, mean)) in finite(columns) {
                        if (whole && mean <= 0.0) || (!whole && low <= 0.0) {
                            trace::mark_below(buf, column(i), inner.bottom() - 1, style);
                        }
                    }
                }
            }
        }
        for (i, _) in own.iter().flat_map(|columns| non_finite(columns)) {
            mark_non_finite(buf, column(i), inner.y, look);
        }
    }

    /// Draws earlier runs, then the extremes, then the means.
    fn trace_curves(
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
                inks.push(background_ink(curve.ink));
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

/// Returns the columns with finite values, as (index, (minimum, maximum, mean)).
fn finite(columns: &[Column]) -> impl Iterator<Item = (usize, (f32, f32, f32))> {
    let columns = columns.iter().enumerate();
    columns.filter_map(|(i, column)| Some((i, column.finite?)))
}

/// Returns the columns with non-finite values.
fn non_finite(columns: &[Column]) -> impl Iterator<Item = (usize, &Column)> {
    let columns = columns.iter().enumerate();
    columns.filter(|(_, column)| column.non_finite)
}

/// Returns the ink of an earlier run's curve.
fn background_ink(ink: Ink) -> Ink {
    Ink {
        style: ink
            .style
            .remove_modifier(Modifier::BOLD)
            .add_modifier(Modifier::DIM),
        marker: ':',
    }
}
