//! The current values of a chart, or those at the cursor: of the curves in front, and of other lanes.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{Chart, ChartCurve, Data};
use crate::{
    model::{Event, History, Series},
    tui::{app::App, look::theme::Look, plot::columns::reading, words::number},
};

/// What the title shows of a curve in front.
pub(super) struct Value<'a> {
    /// The long and the short label.
    labels: [&'a str; 2],
    value: Option<f32>,
    /// The sign of the curves of others, if there is none in front.
    line: Option<&'static str>,
    style: Style,
    /// The step of the value, if it is before the one of the chart, or if a setting has changed since.
    older: Option<u64>,
}

/// The signs of the lines of the first measures of a chart, and of all others, where curves are behind.
const LINES: [&str; 5] = ["─ ", "╌ ", "┈ ", "─· ", "· "];

/// Returns the values of the curves in front. A measure that was never taken is left out, unless none was.
pub(super) fn own<'a>(app: &App, data: &Data, chart: &Chart<'a>, is_small: bool) -> Vec<Value<'a>> {
    let step_of = |c: &ChartCurve| step(app, data.own.get(&c.name)?);
    // At the cursor the chart tells the step of its newest value.
    let cursor = app.views.curves.cursor;
    let told = cursor.and_then(|_| measured(data, chart, is_small).filter_map(step_of).max());
    let in_front = chart.curves.iter().any(|c| data.own.get(&c.name).is_some());
    let is_base = data.base.as_ref().is_some_and(|base| base.is_selected);
    let lines = is_base || (!in_front && has_curves_behind(data, chart));
    let values = measured(data, chart, is_small).map(|c| {
        let series = data.own.get(&c.name);
        let older = |&step: &u64| Some(step) < told || has_changed_since(app, step);
        Value {
            labels: [c.label, c.short],
            value: series.and_then(|series| value(app, series)),
            line: lines.then(|| line_of(chart, c)),
            style: if lines {
                app.look.theme.dim
            } else {
                c.ink.style
            },
            older: step_of(c).filter(older),
        }
    });
    values.collect()
}

/// Returns the drawn curves of which there is a value, or all drawn ones if none has one.
fn measured<'a, 'b>(
    data: &'b Data,
    chart: &'b Chart<'a>,
    is_small: bool,
) -> impl Iterator<Item = &'b ChartCurve<'a>> {
    // Without own curves, those of the others tell.
    let known = |name: &str| match &data.base {
        None => data.own.get(name).is_some(),
        Some(_) => {
            let mut others = data.others.iter();
            data.own.get(name).is_some() || others.any(|other| other.history.get(name).is_some())
        }
    };
    let any = chart.curves.iter().any(|curve| known(&curve.name));
    let curves = chart.curves.iter().enumerate();
    let drawn =
        curves.filter(move |(at, c)| chart.draws(*at, is_small) && (known(&c.name) || !any));
    drawn.map(|(_, curve)| curve)
}

/// Returns whether there is a curve of another lane or run in a chart.
fn has_curves_behind(data: &Data, chart: &Chart) -> bool {
    let mut others = data.others.iter();
    others.any(|other| {
        let mut curves = chart.curves.iter();
        curves.any(|curve| other.history.get(&curve.name).is_some())
    })
}

/// Returns the sign of the line that other lanes have for a measure of a chart.
fn line_of(chart: &Chart, of: &ChartCurve) -> &'static str {
    let at = chart.curves.iter().position(|c| c.name == of.name);
    LINES[at.unwrap_or(0).min(LINES.len() - 1)]
}

/// Returns the step of the value that is shown of a curve.
fn step(app: &App, series: &Series) -> Option<u64> {
    match app.views.curves.cursor {
        Some(step) => reading(series, step).map(|reading| reading.steps.1.min(step)),
        None => series.recent.back().map(|&(step, _)| step),
    }
}

/// Returns the value that is shown of a curve.
fn value(app: &App, series: &Series) -> Option<f32> {
    match app.views.curves.cursor {
        Some(step) => reading(series, step).map(|reading| reading.value),
        None => series.last(),
    }
}

/// Returns whether a setting has changed after a step, up to the cursor or the present.
fn has_changed_since(app: &App, step: u64) -> bool {
    let now = app.views.curves.cursor.unwrap_or(app.snapshot.step);
    let mut entries = app.views.journal.entries.iter();
    entries.any(|entry| {
        matches!(entry.event, Event::Set { .. }) && entry.step > step && entry.step <= now
    })
}

/// Returns the name of a chart, which says from what it shows differences.
pub(super) fn name(name: &str, data: &Data) -> String {
    match &data.base {
        Some(base) => format!("{name} − {}", base.name).trim_start().to_owned(),
        None => name.to_owned(),
    }
}

/// Returns the title of a chart: its name, then labels in the style of their curves, and values.
pub(super) fn title<'a>(look: &Look, name: &'a str, values: &[Value<'a>], short: bool) -> Line<'a> {
    let mut line = crate::tui::pane::title(look, name);
    for of in values {
        let text = of.value.map_or_else(|| "–".to_owned(), number::short);
        let style = match of.value {
            Some(value) if !value.is_finite() => look.theme.error,
            _ if of.older.is_some() => look.theme.dim,
            _ => Style::new(),
        };
        let label = Span::styled(of.labels[usize::from(short)], of.style);
        match of.line {
            Some(sign) => line.extend([Span::styled(sign, of.style), label, Span::raw(" ")]),
            None => line.extend([
                label,
                Span::raw(" "),
                Span::styled(text, style),
                Span::raw(" "),
            ]),
        }
        if let Some(step) = of.older {
            let text = format!("at {} ", number::count(step));
            line.push_span(Span::styled(text, look.theme.dim));
        }
    }
    line
}

/// Returns the letter and the values of each other lane, in the order of the curves, without labels. A value of another step
/// than that of the lane in front has its step; without that one, a value of another step than the newest at the cursor, or
/// from before a change of a setting. Lanes publish one after another, so of the last values of each step as many
/// steps as are made in a second are no other step.
pub(super) fn of_others(
    app: &App,
    data: &Data,
    chart: &Chart,
    is_small: bool,
) -> Vec<Vec<Span<'static>>> {
    let in_a_second = 1 + app.snapshot.steps_per_second.max(0.0) as u64;
    let near = |series: &Series| {
        let mut last = series.recent.iter().rev().map(|point| point.0);
        let of_each_step = matches!((last.next(), last.next()), (Some(b), Some(a)) if b == a + 1);
        let is_live = app.views.curves.cursor.is_none() && of_each_step;
        if is_live { in_a_second } else { 0 }
    };
    let each = data.others.iter().flat_map(|other| {
        let curves = measured(data, chart, is_small);
        curves.filter_map(|c| step(app, other.history.get(&c.name)?))
    });
    let newest = each.max();
    let values = |history: &History| -> Vec<Option<(f32, Option<u64>)>> {
        let curves = measured(data, chart, is_small);
        let values = curves.map(|c| {
            let series = history.get(&c.name)?;
            let own = data.own.get(&c.name).and_then(|own| step(app, own));
            let of = step(app, series)?;
            let is_told = app.views.curves.cursor.is_some() || has_changed_since(app, of);
            let own = own.or(newest.filter(|_| is_told));
            let is_other = own.is_some_and(|own| own.abs_diff(of) > near(series));
            Some((value(app, series)?, is_other.then_some(of)))
        });
        values.collect()
    };
    let others = data.others.iter().filter_map(|other| {
        let values = values(&other.history);
        let sign = other.sign.clone()?;
        if values.iter().all(Option::is_none) {
            return None;
        }
        let mut spans = vec![sign];
        for value in values {
            let text = value.map_or_else(
                || "–".to_owned(),
                |(value, at)| {
                    let at = at.map(|step| format!("@{}", number::count(step)));
                    number::short(value) + &at.unwrap_or_default()
                },
            );
            let finite = value.is_none_or(|(value, _)| value.is_finite());
            let style = if finite {
                other.tint.style
            } else {
                app.look.theme.error
            };
            spans.extend([Span::raw(" "), Span::styled(text, style)]);
        }
        spans.push(Span::raw("  "));
        Some(spans)
    });
    others.collect()
}

/// Returns a line of the values of other lanes, as [`of_others`] gives them. Where there is no room for all, each lane has as
/// many of its first values as fit beside those of all others, at least one. A "…" says that something is missing.
pub(super) fn line(lanes: &[Vec<Span<'static>>], width: usize) -> Line<'static> {
    // A lane has its letter, a blank before each value, and blanks at its end.
    let values = lanes.iter().map(|lane| (lane.len() - 2) / 2);
    let most = values.max().unwrap_or(0);
    let first = |(shown, values): (usize, usize)| -> Line<'static> {
        let spans = lanes[..shown].iter().filter_map(|lane| {
            let (blanks, lane) = lane.split_last()?;
            Some(lane.iter().take(1 + 2 * values).chain([blanks]))
        });
        let mut line: Line = spans.flatten().cloned().collect();
        line.spans.pop();
        if shown < lanes.len() || values < most {
            line.push_span(" …");
        }
        line
    };
    let fewer_values = (1..=most).rev().map(|values| (lanes.len(), values));
    let fewer_lanes = (0..lanes.len()).rev().map(|shown| (shown, 1));
    let mut lines = fewer_values.chain(fewer_lanes).map(first);
    lines.find(|line| line.width() <= width).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(name: &'static str, values: &[&'static str]) -> Vec<Span<'static>> {
        let values = values.iter().flat_map(|&value| [" ", value]);
        let spans = [name].into_iter().chain(values).chain(["  "]);
        spans.map(Span::raw).collect()
    }

    #[test]
    fn every_lane_has_values_before_one_has_all() {
        let lanes = [lane("b", &["1.25", "16.0"]), lane("c", &["0.03", "–"])];
        let shown = |width| line(&lanes, width).to_string();
        assert_eq!(shown(21), "b 1.25 16.0  c 0.03 –");
        assert_eq!(shown(20), "b 1.25  c 0.03 …");
        assert_eq!(shown(15), "b 1.25 …");
        assert_eq!(shown(7), " …");
        assert_eq!(shown(1), "");
        assert_eq!(line(&[], 20).to_string(), "");
    }
}
