//! Plots of curves over steps. A curve is a line of means with the extremes of each column as dots, so no spike is lost. Axes
//! have most values; a mark at the edge stands for those beyond.
//! An earlier run, other runs and other lanes are drawn behind it, and the axis below it has the steps and the marks of changes.

pub(crate) mod axis;
pub(crate) mod behind;
pub(crate) mod canvas;
pub(crate) mod columns;
pub(crate) mod edges;
pub(crate) mod held;
pub(crate) mod kind;
pub(crate) mod map;
pub(crate) mod marks;
pub(crate) mod range;
pub(crate) mod scale;
pub(crate) mod steps;
pub(crate) mod trace;

mod curves;
mod rounding;
mod window;

use std::iter;

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use super::look::theme::Look;
use crate::model::Series;
use behind::Behind;
use canvas::Ink;
use columns::Column;
use kind::Kind;
use marks::Mark;
use scale::{Edge, Scale, Zoom};
use steps::{Across, Steps, span};
pub(crate) use window::Window;

/// The side at which a curve has its vertical axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// A curve of a plot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Curve<'a> {
    pub series: &'a Series,
    pub ink: Ink,
    /// This measure of an earlier run, drawn in the background.
    pub earlier: Option<&'a Series>,
    pub side: Side,
    /// The lowest and the highest value of the measure, if its axis always has both.
    pub limits: Option<(f32, f32)>,
}

/// A plot of up to five curves, with an axis at the left or one at each side.
pub(crate) struct Plot<'a> {
    pub kind: Kind,
    pub window: Window,
    /// The number of columns over which means are smoothed; 1 for no smoothing.
    pub smoothing: u16,
    /// The most important first, which is drawn last.
    pub curves: Vec<Curve<'a>>,
    /// The curves of other lanes or runs.
    pub behind: Vec<Behind<'a>>,
    pub marks: Vec<Mark>,
    /// The step of the cursor.
    pub cursor: Option<u64>,
    /// The part of the vertical axes that is shown.
    pub zoom: Zoom,
}

/// The vertical axes of a plot. One is `None` if no curve has a value on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scales {
    left: Option<Scale>,
    right: Option<Scale>,
}

impl Scales {
    fn of(&self, side: Side) -> Option<Scale> {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
        }
    }

    fn any(&self) -> bool {
        self.left.is_some() || self.right.is_some()
    }
}

impl Plot<'_> {
    /// Returns the first and the last step of the curves in front in the window.
    pub(crate) fn own_span(&self) -> Option<(u64, u64)> {
        let own = self.curves.iter().map(|curve| curve.series);
        Some(self.window.part_of(union(own)?))
    }

    /// Returns the first and the last step of the curves in the window. Earlier, other runs and other lanes count only if
    /// there is no other curve.
    pub(crate) fn span(&self) -> Option<(u64, u64)> {
        let earlier = self.curves.iter().filter_map(|c| c.earlier);
        let behind = earlier.chain(self.behind.iter().map(|curve| curve.series));
        let others = || Some(self.window.part_of(union(behind)?));
        self.own_span().or_else(others)
    }

    /// Draws the axes and the curves.
    pub(crate) fn render(&self, buf: &mut Buffer, mut area: Rect, look: &Look) -> Drawn {
        let Some(span) = self.span() else {
            return Drawn::default();
        };
        let dots = if look.unicode { 2 } else { 1 };
        let axis = |width: u16| Steps::over(span, self.window, width as usize * dots);
        let scales = self.scales(&axis(area.width));
        let bottom = area.height >= axis::ROOMY || (area.height >= 4 && !self.marks.is_empty());
        let below = area;
        area.height -= u16::from(bottom);
        let [left, right] = [Side::Left, Side::Right].map(|side| {
            // Two axes have the colours of their curves.
            let of = self.curves.iter().find(|curve| curve.side == side);
            let tint = of.filter(|_| scales.right.is_some()).map(|of| of.ink.style);
            let draw = |scale: Scale| axis::vertical(buf, area, look, &scale, side, tint);
            scales.of(side).map_or(0, draw)
        });
        let inner = Rect {
            x: area.x + left,
            width: area.width.saturating_sub(left + right),
            ..area
        };
        let mut drawn = Drawn {
            any: scales.any(),
            across: None,
        };
        if inner.is_empty() {
            return drawn;
        }
        let axis = axis(inner.width);
        drawn.across = Some(Across {
            area: inner,
            axis,
            last: span.1,
        });
        self.draw_vertical_lines(buf, inner, look, &axis);
        self.draw_zero(buf, inner, look, scales);
        self.draw_curves(buf, inner, look, &axis, scales);
        self.draw_forks(buf, inner, look, &axis);
        if bottom {
            let row = Rect {
                x: inner.x,
                y: below.bottom() - 1,
                width: inner.width,
                height: 1,
            };
            axis::horizontal(buf, row, look, &axis, dots, &self.marks, self.cursor);
            if left > 0 {
                let corner = Rect {
                    x: row.x - 1,
                    width: 1,
                    ..row
                };
                Span::styled("└", look.theme.rule).render(corner, buf);
            }
        }
        drawn
    }

    /// Returns the vertical axes for the values in the range of the horizontal axis. Curves of runs behind have no influence,
    /// as long as there is another one. Other lanes count on a logarithmic axis, where an explosion takes little room, and
    /// among differences; a linear axis they stretch as far as they are near.
    pub(super) fn scales(&self, axis: &Steps) -> Scales {
        let own = self.curves.iter();
        let own: Vec<Vec<Column>> = own.map(|c| self.values(c.series, axis)).collect();
        let behind: Vec<(&Behind, Vec<Column>)> = (self.behind.iter())
            .map(|c| (c, self.values(c.series, axis)))
            .collect();
        let of = |side: Side| {
            let own = self.curves.iter().zip(&own);
            let own = own.filter(|(curve, _)| curve.side == side);
            let behind = behind.iter().filter(|curve| curve.0.side == side);
            let front = own.map(|(curve, columns)| (&columns[..], curve.limits));
            let others = || behind.clone().map(|curve| (&curve.1[..], None));
            if self.zoom.level < 0 {
                let all = front.chain(others()).map(|curve| curve.0);
                let all = range::whole(self.kind, all)?;
                return Some(all.zoomed(Zoom {
                    level: 0,
                    ..self.zoom
                }));
            }
            let lanes = behind.clone().filter(|curve| curve.0.letter.is_some());
            let lanes = lanes.map(|curve| &curve.1[..]);
            let (counted, near) = match self.kind {
                Kind::Linear => (None, Some(lanes)),
                Kind::Log | Kind::Signed | Kind::SignedLog => (Some(lanes), None),
            };
            let counted = counted.into_iter().flatten().map(|lane| (lane, None));
            let near = near.into_iter().flatten();
            let scale = range::robust(self.kind, front.chain(counted), near)
                .or_else(|| range::robust(self.kind, others(), iter::empty()))?;
            // Two axes of differences have one line at 0.
            let scale = if self.kind.is_signed() && self.has_two_sides() {
                scale.symmetric()
            } else {
                scale
            };
            Some(if self.zoom == Zoom::default() {
                scale
            } else {
                scale.zoomed(self.zoom)
            })
        };
        Scales {
            left: of(Side::Left),
            right: of(Side::Right),
        }
    }

    /// Returns whether there are curves with an axis at each side.
    fn has_two_sides(&self) -> bool {
        let own = self.curves.iter().map(|curve| curve.side);
        let mut all = own.chain(self.behind.iter().map(|curve| curve.side));
        let first = all.next();
        all.any(|side| Some(side) != first)
    }

    /// Returns the columns of a curve on an axis, or if it has no value there those of its nearest ones, between which it is
    /// drawn.
    fn values(&self, series: &Series, axis: &Steps) -> Vec<Column> {
        let columns = self.gather(series, axis);
        if columns.iter().any(|column| column.finite.is_some()) {
            return columns;
        }
        let column = |(_, value)| Column {
            finite: Some((value, value, value)),
            non_finite: false,
        };
        let nearest = columns::neighbours(series, axis).into_iter().flatten();
        nearest.map(column).collect()
    }

    /// Returns what the axes do not show: the extreme of the values beyond the top, and beyond the bottom, and whether
    /// values of 0 or below are hidden by a logarithmic axis.
    pub(crate) fn beyond(&self, width: u16, look: &Look) -> Beyond {
        let mut beyond = Beyond::default();
        let Some(span) = self.span() else {
            return beyond;
        };
        let dots = if look.unicode { 2 } else { 1 };
        let axis = Steps::over(span, self.window, width as usize * dots);
        let scales = self.scales(&axis);
        for curve in &self.curves {
            let finite = self.gather(curve.series, &axis).into_iter();
            for (low, high, _) in finite.filter_map(|column| column.finite) {
                beyond.hidden |= self.kind == Kind::Log && low <= 0.0;
                let edge = |value| scales.of(curve.side).and_then(|s| s.edge(value));
                if edge(high) == Some(Edge::Top) {
                    beyond.above = Some(beyond.above.map_or(high, |most| most.max(high)));
                }
                if edge(low) == Some(Edge::Bottom) {
                    beyond.below = Some(beyond.below.map_or(low, |least| least.min(low)));
                }
            }
        }
        beyond
    }
}

/// What was drawn of a plot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Drawn {
    /// Whether there was a value to draw.
    pub any: bool,
    /// The steps across the plot, if there was room for it.
    pub across: Option<Across>,
}

/// Returns the first and the last step of curves.
fn union<'a>(series: impl Iterator<Item = &'a Series>) -> Option<(u64, u64)> {
    let spans = series.filter_map(|series| span(series, Window::Whole));
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The values that the axes of a plot do not show.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Beyond {
    pub above: Option<f32>,
    pub below: Option<f32>,
    /// Whether a logarithmic axis hides values of 0 or below.
    pub hidden: bool,
}

#[cfg(test)]
mod tests;
