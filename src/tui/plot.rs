//! Curves over steps: a mean line with the extremes of each column as dots, so that no spike is lost; an earlier run
//! behind it; under it the steps, and where something was changed.

pub mod axis;
pub mod canvas;
pub mod columns;
pub mod map;
pub mod marks;
pub mod scale;
pub mod steps;
pub mod trace;

mod curves;

use ratatui::{buffer::Buffer, layout::Rect, text::Span, widgets::Widget};

use super::look::theme::Look;
use crate::model::Series;
use canvas::Ink;
use marks::Mark;
use scale::{Kind, Scale};
use steps::{Steps, span};

/// Which part of a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All steps.
    Whole,
    /// The last [`crate::model::history::RECENT`] steps.
    Recent,
}

/// One curve of a plot.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    pub series: &'a Series,
    pub ink: Ink,
    /// The same of an earlier run, drawn behind.
    pub earlier: Option<&'a Series>,
    /// What values are multiplied by before they are drawn, so that a count can stand beside shares.
    pub factor: f32,
}

/// A plot of up to fifteen curves on one axis.
pub struct Plot<'a> {
    pub kind: Kind,
    pub window: Window,
    /// Columns that means are smoothed over; 1 for none.
    pub smoothing: u16,
    pub curves: Vec<Curve<'a>>,
    pub marks: Vec<Mark>,
    /// The step that the person reads values at.
    pub cursor: Option<u64>,
}

impl Plot<'_> {
    /// The steps that the curves span; of an earlier run only where the whole is shown.
    pub fn span(&self) -> Option<(u64, u64)> {
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

    /// Whether a logarithmic axis leaves out values of what is shown: those not above zero.
    pub fn hides(&self) -> bool {
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

    /// Draws axes and curves; whether there was a value to draw.
    pub fn render(&self, buf: &mut Buffer, mut area: Rect, look: &Look) -> bool {
        let Some(span) = self.span() else {
            return false;
        };
        let dots = if look.unicode { 2 } else { 1 };
        let axis = |width: u16| Steps::over(span, self.window, width as usize * dots);
        let scale = self.scale(&axis(area.width));
        let bottom = area.height >= axis::ROOMY || (area.height >= 4 && !self.marks.is_empty());
        let below = area;
        area.height -= bottom as u16;
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
        self.lines(buf, inner, look, &axis);
        self.draw(buf, inner, look, &axis, scale);
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

    /// The vertical axis that holds what the horizontal one shows.
    fn scale(&self, axis: &Steps) -> Option<Scale> {
        let after = axis.first + axis.each * axis.dots as u64;
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
        let symbols: Vec<&str> = buf.content.iter().map(|cell| cell.symbol()).collect();
        symbols.chunks(60).map(|row| row.concat()).collect()
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
    fn marks_stand_under_their_step_and_the_cursor_crosses_the_plot() {
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
    fn what_a_log_axis_cannot_show_is_marked_at_its_foot() {
        let mut history = History::default();
        for step in 1..=100 {
            let value = if step > 50 { -1.0 } else { 1.0 };
            history.push("x", step, value);
        }
        let log = |plot: &mut Plot| plot.kind = Kind::Log;
        let rows = drawn(&history, log);
        let foot = &rows[10];
        assert!(foot.matches('▾').count() > 20, "{foot}");
        assert!(foot.chars().take(25).all(|symbol| symbol != '▾'), "{foot}");
        assert!(drawn(&history, |_| {}).iter().all(|row| !row.contains('▾')));
    }

    #[test]
    fn values_that_are_all_not_finite_are_marked_as_well() {
        let mut history = History::default();
        (1..=100).for_each(|step| history.push("x", step, f32::NAN));
        let rows = drawn(&history, |_| {});
        assert!(rows[0].matches('×').count() > 30, "{rows:?}");
    }

    #[test]
    fn an_earlier_run_stretches_the_axis_of_the_whole_alone() {
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
