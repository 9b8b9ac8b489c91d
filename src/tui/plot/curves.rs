//! The curves of a plot and the vertical lines behind them.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use super::{
    Plot, Scales,
    canvas::{Canvas, Ink, Several},
    columns::{Column, columns, neighbours, smooth},
    steps::Steps,
    trace::Trace,
};
use crate::{
    model::Series,
    tui::look::theme::{Depth, Look},
};

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
            line(step, "┃", look.theme.focus);
        }
    }

    /// Draws the line at 0 of an axis of differences, which is behind the curves.
    pub(super) fn draw_zero(&self, buf: &mut Buffer, inner: Rect, look: &Look, scales: Scales) {
        let scale = scales.left.filter(|_| self.kind.is_signed());
        let scale = scale.filter(|scale| scale.edge(0.0).is_none());
        let Some(height) = scale.and_then(|scale| scale.place(0.0)) else {
            return;
        };
        let rows = f64::from(inner.height.saturating_sub(1));
        let y = inner.y + (rows - height * rows).round() as u16;
        for x in inner.left()..inner.right() {
            if let Some(cell) = buf.cell_mut((x, y)).filter(|cell| cell.symbol() == " ") {
                cell.set_symbol("┈").set_style(look.theme.rule);
            }
        }
    }

    /// Draws the curves that have a vertical axis, and the marks of values that the axes cannot show.
    pub(super) fn draw_curves(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        axis: &Steps,
        scales: Scales,
    ) {
        let own = self.curves.iter();
        let own: Vec<Vec<Column>> = own.map(|c| self.gather(c.series, axis)).collect();
        let behind = self.columns_behind(axis);
        self.draw_edges_behind(buf, inner, look, &behind, scales);
        let characters = if self.has_characters_behind(look) {
            self.draw_characters_behind(buf, inner, axis, scales)
        } else {
            Vec::new()
        };
        self.trace_curves(buf, inner, look, axis, (&own, &behind), scales);
        for (place, character) in characters {
            let cell = buf.cell_mut(place);
            if let Some(cell) = cell.filter(|cell| cell.symbol() != character) {
                cell.modifier |= Modifier::UNDERLINED;
            }
        }
        self.draw_edges(buf, inner, look, &own, scales);
        self.draw_letters(buf, inner, &behind, scales);
    }

    /// Returns the columns of a curve, smoothed.
    pub(super) fn gather(&self, series: &Series, axis: &Steps) -> Vec<Column> {
        let mut columns = columns(series, self.window, axis);
        smooth(&mut columns, self.smoothing);
        columns
    }

    /// Draws earlier runs, then the extremes, then other lanes and runs, then the means, the most important last.
    fn trace_curves(
        &self,
        buf: &mut Buffer,
        inner: Rect,
        look: &Look,
        axis: &Steps,
        (own, behind): (&[Vec<Column>], &[Vec<Column>]),
        scales: Scales,
    ) {
        let mut canvas = Canvas::new(inner.width, inner.height, look.unicode);
        let haze = Ink {
            style: look.theme.rule,
            marker: '.',
        };
        let mut inks = vec![haze];
        for curve in self.curves.iter().rev() {
            if let (Some(earlier), Some(scale)) = (curve.earlier, scales.of(curve.side)) {
                inks.push(background_ink(curve.ink));
                let mut trace = Trace {
                    canvas: &mut canvas,
                    scale,
                };
                trace.means(&self.gather(earlier, axis), inks.len() as u8 - 1);
            }
        }
        for (curve, columns) in self.curves.iter().zip(own) {
            if let Some(scale) = scales.of(curve.side) {
                let mut trace = Trace {
                    canvas: &mut canvas,
                    scale,
                };
                trace.extremes(columns, 0);
            }
        }
        let first_behind = inks.len();
        if !self.has_characters_behind(look) {
            inks.extend(self.behind.iter().map(|curve| curve.ink));
            self.trace_behind(&mut canvas, scales, behind, first_behind);
        }
        let first = inks.len();
        for (curve, columns) in self.curves.iter().zip(own).rev() {
            let Some(scale) = scales.of(curve.side) else {
                continue;
            };
            inks.push(curve.ink);
            let ink = inks.len() as u8 - 1;
            let mut trace = Trace {
                canvas: &mut canvas,
                scale,
            };
            trace.means(columns, ink);
            let per_step = axis.dots as f64 / axis.shown.max(1) as f64;
            let outside = neighbours(curve.series, axis);
            let outside = outside.map(|point| {
                let (step, value) = point?;
                Some(((step as f64 - axis.first as f64) * per_step, value))
            });
            trace.outwards(columns, ink, outside);
        }
        let more = if look.depth == Depth::None {
            Modifier::UNDERLINED
        } else {
            Modifier::empty()
        };
        let several = Several::InTurn {
            front: first as u32,
            behind: first_behind as u32,
            more,
        };
        canvas.render(buf, inner, &inks, several);
    }
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
