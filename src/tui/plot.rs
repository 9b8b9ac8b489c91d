//! Plots of curves over steps. A curve is a line of means with the extremes of each column as dots, so no spike is lost.
//! An earlier run, other runs and other lanes are drawn behind it, and the axis below it has the steps and the marks of changes.

pub(crate) mod axis;
pub(crate) mod behind;
pub(crate) mod canvas;
pub(crate) mod columns;
pub(crate) mod difference;
pub(crate) mod map;
pub(crate) mod marks;
pub(crate) mod scale;
pub(crate) mod steps;
pub(crate) mod trace;

mod curves;

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use super::look::theme::Look;
use crate::model::Series;
use behind::Behind;
use canvas::Ink;
use marks::Mark;
use scale::{Kind, Scale};
use steps::{Steps, span};

/// The visible part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All steps.
    Whole,
    /// The last [`crate::model::history::RECENT`] steps.
    Recent,
}

/// A curve of a plot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Curve<'a> {
    pub series: &'a Series,
    pub ink: Ink,
    /// This measure of an earlier run, drawn in the background.
    pub earlier: Option<&'a Series>,
    /// The factor by which values are multiplied, for example to draw a count as a share.
    pub factor: f32,
}

/// A plot of up to fifteen curves on one axis.
pub(crate) struct Plot<'a> {
    pub kind: Kind,
    pub window: Window,
    /// The number of columns over which means are smoothed; 1 for no smoothing.
    pub smoothing: u16,
    pub curves: Vec<Curve<'a>>,
    /// The curves of other lanes or runs.
    pub behind: Vec<Behind<'a>>,
    pub marks: Vec<Mark>,
    /// The step of the cursor.
    pub cursor: Option<u64>,
}

impl Plot<'_> {
    /// Returns the first and the last step of the curves. Earlier runs count only in the window of the whole run.
    pub(crate) fn span(&self) -> Option<(u64, u64)> {
        let own = self
            .curves
            .iter()
            .filter_map(|c| span(c.series, self.window));
        let earlier = self
            .curves
            .iter()
            .filter_map(|c| span(c.earlier?, Window::Whole));
        let earlier = earlier.filter(|_| self.window == Window::Whole);
        let behind = self.behind.iter();
        let behind = behind.filter_map(|curve| span(curve.series, self.window));
        own.chain(earlier)
            .chain(behind)
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Returns whether a logarithmic axis hides visible values, those of 0 or below.
    pub(crate) fn hides_values(&self) -> bool {
        let below = |series: &Series, factor: f32, window| match window {
            Window::Whole => (series.buckets.iter()).any(|b| b.finite > 0 && b.min * factor <= 0.0),
            Window::Recent => {
                let mut recent = series.recent.iter();
                recent.any(|&(_, value)| value.is_finite() && value * factor <= 0.0)
            }
        };
        let mut curves = self.curves.iter();
        self.kind == Kind::Log && curves.any(|c| below(c.series, c.factor, self.window))
    }

    /// Draws the axes and the curves. Returns whether there was a value to draw.
    pub(crate) fn render(&self, buf: &mut Buffer, mut area: Rect, look: &Look) -> bool {
        let Some(span) = self.span() else {
            return false;
        };
        let dots = if look.unicode { 2 } else { 1 };
        let axis = |width: u16| Steps::over(span, self.window, width as usize * dots);
        let scale = self.scale(&axis(area.width));
        let bottom = area.height >= axis::ROOMY || (area.height >= 4 && !self.marks.is_empty());
        let below = area;
        area.height -= u16::from(bottom);
        let gutter = scale.map_or(0, |scale| axis::vertical(buf, area, look, &scale));
        let inner = Rect {
            x: area.x + gutter,
            width: area.width.saturating_sub(gutter),
            ..area
        };
        if inner.is_empty() {
            return scale.is_some();
        }
        let axis = axis(inner.width);
        self.draw_vertical_lines(buf, inner, look, &axis);
        self.draw_curves(buf, inner, look, &axis, scale);
        self.draw_forks(buf, inner, look, &axis);
        if bottom {
            let row = Rect {
                x: inner.x,
                y: below.bottom() - 1,
                width: inner.width,
                height: 1,
            };
            axis::horizontal(buf, row, look, &axis, dots, &self.marks);
            if gutter > 0 {
                let corner = Rect {
                    x: row.x - 1,
                    width: 1,
                    ..row
                };
                Span::styled("└", look.theme.rule).render(corner, buf);
            }
        }
        scale.is_some()
    }

    /// Returns the vertical axis for the values in the range of the horizontal axis.
    fn scale(&self, axis: &Steps) -> Option<Scale> {
        let after = axis.first + axis.steps_per_dot * axis.dots as u64;
        let shown = |step: u64| (axis.first..after).contains(&step);
        let whole = |series: &Series| -> Vec<f32> {
            let buckets = series
                .buckets
                .iter()
                .filter(|b| shown(b.first) || shown(b.last));
            buckets.flat_map(|b| [b.min, b.max]).collect()
        };
        let own = |series: &Series| -> Vec<f32> {
            match self.window {
                Window::Whole => whole(series),
                Window::Recent => {
                    let recent = series.recent.iter().filter(|(step, _)| shown(*step));
                    recent.map(|&(_, value)| value).collect()
                }
            }
        };
        let curves = self.curves.iter();
        let values = curves.flat_map(|curve| {
            let earlier = curve.earlier.map(whole).unwrap_or_default();
            let values = own(curve.series).into_iter().chain(earlier);
            values.map(|value| value * curve.factor)
        });
        let behind = self.behind.iter().flat_map(|curve| {
            let values = own(curve.series).into_iter();
            values.map(|value| value * curve.factor)
        });
        Scale::over(self.kind, values.chain(behind))
    }
}

#[cfg(test)]
mod tests;
