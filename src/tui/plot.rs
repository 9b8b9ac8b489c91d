//! Plots of curves over steps. A curve is a line of means with the extremes of each column as dots, so no spike is lost.
//! An earlier run is drawn behind it, and the axis below it has the steps and the marks of changes.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod columns;
pub(crate) mod map;
pub(crate) mod marks;
pub(crate) mod scale;
pub(crate) mod steps;
pub(crate) mod trace;

mod curves;

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use super::look::theme::Look;
use crate::model::Series;
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
        own.chain(earlier)
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
        Scale::over(self.kind, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::History, tui::look::theme::Depth};

    fn drawn(history: &History, change: impl Fn(&mut Plot)) -> Vec<String> {
        let area = Rect::new(0, 0, 60, 12);
        let mut buf = Buffer::empty(area);
        let look = Look::new(Depth::None, true);
        let mut plot = Plot {
            kind: Kind::Linear,
            window: Window::Whole,
            smoothing: 1,
            curves: history
                .iter()
                .map(|series| Curve {
                    series,
                    ink: Ink {
                        style: look.theme.d,
                        marker: '*',
                    },
                    earlier: None,
                    factor: 1.0,
                })
                .collect(),
            marks: Vec::new(),
            cursor: None,
        };
        change(&mut plot);
        plot.render(&mut buf, area, &look);
        let cells: Vec<&str> = buf.content.iter().map(|cell| cell.symbol()).collect();
        cells.chunks(60).map(|row| row.concat()).collect()
    }

    fn history(steps: u64) -> History {
        let mut history = History::default();
        for step in 1..=steps {
            history.push(
                "x",
                step,
                (step as f32 / 50.0).sin() + (step * 37 % 10) as f32 / 50.0,
            );
        }
        history
    }

    #[test]
    fn a_new_step_changes_few_cells() {
        let mut changed = 0;
        let mut before = drawn(&history(1000), |_| {});
        for steps in 1001..1050 {
            let after = drawn(&history(steps), |_| {});
            changed += (before.concat().chars().zip(after.concat().chars()))
                .filter(|(a, b)| a != b)
                .count();
            before = after;
        }
        assert!((10..250).contains(&changed), "{changed}");
    }

    #[test]
    fn marks_are_under_their_step_and_the_cursor_crosses_the_plot() {
        let rows = drawn(&history(1000), |plot| {
            plot.marks = vec![Mark {
                step: 500,
                letter: 's',
            }];
            plot.cursor = Some(700);
        });
        let last = rows.last().unwrap();
        let at = last.chars().position(|c| c == 's').unwrap();
        assert!((25..36).contains(&at), "{last}");
        assert!(
            rows.iter()
                .filter(|row| row.chars().nth(at) == Some('┊'))
                .count()
                > 5
        );
        assert!(last.contains("1,000") && !last.contains("500"), "{last}");
        let column = |row: &String| row.chars().skip(at + 1).position(|c| c == '│');
        assert!(rows.iter().filter_map(column).count() > 5);
    }

    #[test]
    fn values_hidden_by_a_log_axis_are_marked_at_its_foot() {
        let mut history = History::default();
        for step in 1..=100 {
            let value = if step > 50 { -1.0 } else { 1.0 };
            history.push("x", step, value);
        }
        let log = |plot: &mut Plot| plot.kind = Kind::Log;
        let rows = drawn(&history, log);
        let foot = &rows[10];
        assert!(foot.matches('▾').count() > 20, "{foot}");
        assert!(
            foot.chars().take(25).all(|character| character != '▾'),
            "{foot}"
        );
        assert!(drawn(&history, |_| {}).iter().all(|row| !row.contains('▾')));
    }

    #[test]
    fn a_curve_without_finite_values_is_marked() {
        let mut history = History::default();
        (1..=100).for_each(|step| history.push("x", step, f32::NAN));
        let rows = drawn(&history, |_| {});
        assert!(rows[0].matches('×').count() > 30, "{rows:?}");
    }

    #[test]
    fn an_earlier_run_extends_only_the_axis_of_the_whole_run() {
        let (live, earlier) = (history(100), history(3000));
        let of = |window| {
            let plot = Plot {
                kind: Kind::Linear,
                window,
                smoothing: 1,
                curves: vec![Curve {
                    series: live.get("x").unwrap(),
                    ink: Ink {
                        style: Default::default(),
                        marker: '*',
                    },
                    earlier: earlier.get("x"),
                    factor: 1.0,
                }],
                marks: Vec::new(),
                cursor: None,
            };
            plot.span()
        };
        assert_eq!(of(Window::Whole), Some((1, 3000)));
        assert_eq!(of(Window::Recent), Some((1, 100)));
    }
}
