//! The differences over steps: a bar for each column, in one row, on an axis of steps that all rows share.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
};

use super::values::Compared;
use crate::{
    model::Series,
    tui::{
        app::App,
        look::theme::{Depth, Look},
        pane::{members::Members, sparkline},
        plot::{
            Window,
            held::held_means,
            steps::{Steps, span},
        },
    },
};

/// The greatest size of a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Greatest {
    pub size: f32,
    /// Whether that of a single step may be greater, because of some steps only means are kept.
    pub is_least: bool,
}

/// Returns the steps across the bars of all rows, those in which both have one of the measures, and the last of them: the
/// axis may be longer.
pub(super) fn axis(rows: &[Compared], window: Window, width: u16) -> Option<(Steps, u64)> {
    let spans = rows.iter().filter_map(|row| {
        let buckets = &row.apart.as_deref()?.buckets;
        Some((buckets.first()?.first, buckets.last()?.last))
    });
    let whole = spans.reduce(|all, one| (all.0.min(one.0), all.1.max(one.1)))?;
    let shown = window.part_of(whole);
    let axis = Steps::over(shown, window, width as usize);
    let last = whole.1.min(axis.last());
    Some((axis, last))
}

/// Returns the greatest size of a finite difference of the steps that are shown, or of a distance.
pub(super) fn greatest(row: &Compared, window: Window) -> Option<Greatest> {
    let (apart, of) = (row.apart.as_deref()?, row.of?);
    let (first, last) = span(apart, window)?;
    let is_shown = |step: u64| (first..=last).contains(&step);
    let base = row.from.filter(|_| !row.row.is_distance);
    let begins = |series: &Series| series.recent.front().map_or(u64::MAX, |point| point.0);
    let points = begins(of).max(base.map_or(0, begins));
    let mut is_least = false;
    let early = apart.buckets.iter();
    let early = early.filter(|b| first < points && b.first < points && b.last >= first);
    let early = early.filter(|b| b.first <= last).filter_map(|b| {
        let is_inside = b.first >= first && b.last <= last;
        let is_mean = base.is_some() && b.finite + b.non_finite > 1;
        is_least |= !is_inside || is_mean;
        (is_inside && b.finite > 0).then(|| b.min.abs().max(b.max.abs()))
    });
    let early = early.reduce(f32::max);
    let single = of.recent.iter().filter(|point| is_shown(point.0));
    let single = single.filter_map(|&(step, value)| match base {
        None => Some(value),
        Some(from) => {
            let at = from.recent.binary_search_by_key(&step, |point| point.0);
            Some(value - from.recent.get(at.ok()?)?.1)
        }
    });
    let single = single.filter(|value| value.is_finite()).map(f32::abs);
    let size = single.chain(early).reduce(f32::max)?;
    // That it is 0 or more is true of any.
    (size > 0.0 || !is_least).then_some(Greatest { size, is_least })
}

/// Says how a bar tells which of the two is higher.
pub(super) fn legend(look: &Look, members: &Members) -> String {
    match look.depth {
        Depth::None => {
            let how = if look.unicode { "hanging" } else { "reversed" };
            format!("{how}: {} higher", members.all[0].name)
        }
        _ => "tint: the higher".to_owned(),
    }
}

/// Draws the bars of a row: the mean difference in each column, in the tint of the lane or run that is higher. Without
/// colours those of the first one hang from above.
pub(super) fn render(
    buf: &mut Buffer,
    area: Rect,
    app: &App,
    members: &Members,
    row: &Compared,
    axis: &Steps,
) {
    let look = &app.look;
    let Some(apart) = row.apart.as_deref() else {
        return;
    };
    let [from, of] = [0, members.compared].map(|at| members.all[at].style);
    let means = held_means(apart, app.window, axis);
    let sizes = means.iter().flatten().map(|mean| mean.abs());
    let most = sizes.fold(0.0, f32::max);
    for (x, mean) in (area.x..area.right()).zip(means) {
        let Some(mean) = mean else { continue };
        let height = if most > 0.0 { mean.abs() / most } else { 0.0 };
        let eighths = (height * 7.0).round() as usize;
        let hangs = mean < 0.0 && look.depth == Depth::None;
        match (mean > 0.0, look.depth) {
            _ if eighths == 0 => sparkline::bar(buf, x, area, 1, look.theme.dim),
            (true, _) => sparkline::bar(buf, x, area, eighths + 1, of),
            _ if hangs => hanging(buf, x, area, eighths + 1, look),
            _ => sparkline::bar(buf, x, area, eighths + 1, from),
        }
    }
}

/// Draws a bar from the top of a row down: what the bar below it leaves free, reversed.
fn hanging(buf: &mut Buffer, x: u16, area: Rect, level: usize, look: &Look) {
    let style = Style::new().add_modifier(Modifier::REVERSED);
    if !look.unicode {
        return sparkline::bar(buf, x, area, level, style);
    }
    match sparkline::LEVELS.saturating_sub(level) {
        0 => {
            if let Some(cell) = buf.cell_mut((x, area.y)) {
                cell.set_char(' ').set_style(style);
            }
        }
        rest => sparkline::bar(buf, x, area, rest, style),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{model::History, tui::pane::compare::rows::Row};

    fn series(points: impl IntoIterator<Item = (u64, f32)>) -> Series {
        let mut history = History::default();
        for (step, value) in points {
            history.push("x", step, value);
        }
        history.get("x").unwrap().clone()
    }

    /// A curve with one far value among small ones of both signs.
    fn spiked(last: u64, spike: u64) -> Series {
        series((1..=last).map(|step| match step {
            _ if step == spike => (step, -7.0),
            _ if step % 2 == 0 => (step, 0.5),
            _ => (step, -0.5),
        }))
    }

    /// The greatest size of a curve's difference from another one, or without one, of a distance.
    fn of(curve: &Series, from: Option<&Series>, window: Window) -> Option<(f32, bool)> {
        let row = Compared {
            row: Row {
                name: String::new(),
                curve: "x".to_owned(),
                is_distance: from.is_none(),
                is_count: false,
            },
            apart: Some(match from {
                Some(from) => Cow::Owned(curve.minus(from)),
                None => Cow::Borrowed(curve),
            }),
            of: Some(curve),
            from,
            values: Vec::new(),
            difference: None,
        };
        greatest(&row, window).map(|found| (found.size, found.is_least))
    }

    #[test]
    fn the_greatest_difference_of_single_steps_is_exact() {
        let flat = series((1..=1_000).map(|step| (step, 1.0)));
        let curve = spiked(1_000, 437);
        for window in [Window::Whole, Window::Range(400, 500)] {
            assert_eq!(of(&curve, Some(&flat), window), Some((8.0, false)));
        }
        let without = of(&curve, Some(&flat), Window::Range(500, 600));
        assert_eq!(without, Some((1.5, false)));
    }

    #[test]
    fn where_only_means_are_kept_the_greatest_is_not_said_to_be_the_greatest() {
        let flat = series((1..=9_000).map(|step| (step, 1.0)));
        let curve = spiked(9_000, 437);
        let (size, is_least) = of(&curve, Some(&flat), Window::Whole).unwrap();
        assert!(is_least && size < 8.0, "{size}");
        // Recent steps are all kept.
        for first in [7_977, 8_000, 8_500] {
            let recent = of(&curve, Some(&flat), Window::Range(first, 9_000));
            assert_eq!(recent, Some((1.5, false)), "{first}");
        }
        assert_eq!(of(&curve, Some(&flat), Window::Recent), Some((1.5, false)));
        // A distance has the extremes of all its steps.
        assert_eq!(of(&curve, None, Window::Whole), Some((7.0, false)));
    }

    #[test]
    fn what_is_not_finite_is_no_greatest() {
        let curve = series([(1, f32::NAN), (2, -3.0)]);
        assert_eq!(of(&curve, None, Window::Whole), Some((3.0, false)));
        let none = series([(1, f32::NAN)]);
        assert_eq!(of(&none, Some(&curve), Window::Whole), None);
    }
}
