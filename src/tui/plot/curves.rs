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
            // Changes of other lanes have a letter under the curves, but no line: it would seem to cut the own curves.
            match (mark.lane, mark.tint) {
                (Some(_), tint) => line(mark.step, "┊", tint.unwrap_or(look.theme.pending)),
                (None, None) => line(mark.step, "┊", look.theme.rule),
                (None, Some(_)) => {}
            }
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
        let own = self.curves.iter();
        let own: Vec<Vec<Column>> = own
            .map(|curve| self.gather(curve.series, self.window, curve.factor, axis))
            .collect();
        let behind = self.columns_behind(axis);
        if let Some(scale) = scale {
            if self.has_characters_behind(look) {
                self.draw_characters_behind(buf, inner, axis, scale);
            }
            self.trace_curves(buf, inner, look, axis, (&own, &behind), scale);
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
        for (curve, columns) in self.behind.iter().zip(&behind) {
            for (i, _) in non_finite(columns) {
                mark_non_finite(buf, column(i), inner.y, curve.ink.style);
            }
        }
        for (i, _) in own.iter().flat_map(|columns| non_finite(columns)) {
            mark_non_finite(buf, column(i), inner.y, look.theme.error);
        }
        if let Some(scale) = scale {
            self.draw_letters(buf, inner, &behind, scale);
        }
    }

    /// Returns the columns of a curve, smoothed and multiplied by a factor.
    pub(super) fn gather(
        &self,
        series: &Series,
        window: Window,
        factor: f32,
        axis: &Steps,
    ) -> Vec<Column> {
        let mut columns = columns(series, window, axis);
        smooth(&mut columns, self.smoothing);
        for (low, high, mean) in columns.iter_mut().filter_map(|c| c.finite.as_mut()) {
            (*low, *high, *mean) = (*low * factor, *high * factor, *mean * factor);
        }
        columns
    }

    /// Draws earlier runs, then the extremes, then other lanes and runs, then the means.
    fn trace_curves(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        axis: &Steps,
        (own, behind): (&[Vec<Column>], &[Vec<Column>]),
        scale: Scale,
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
                    &self.gather(earlier, Window::Whole, curve.factor, axis),
                    inks.len() as u8 - 1,
                );
            }
        }
        own.iter().for_each(|columns| trace.extremes(columns, 0));
        if !self.has_characters_behind(look) {
            let first = inks.len();
            inks.extend(self.behind.iter().map(|curve| curve.ink));
            self.trace_behind(&mut trace, behind, first);
        }
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
