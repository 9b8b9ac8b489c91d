//! The current values of a chart, or those at the cursor: of the curves in front, and of other lanes.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::Chart;
use crate::{
    model::{History, Series},
    tui::{app::App, pane::lanes, plot::columns::reading, words::number},
};

/// Returns the label, the value and the style of each curve in front. A measure that was never taken is left out, unless
/// none was.
pub(super) fn own<'a>(app: &App, chart: &Chart<'a>) -> Vec<(&'a str, Option<f32>, Style)> {
    let known = |name: &str| app.history.get(name).is_some();
    let any = chart.curves.iter().any(|curve| known(&curve.name));
    let curves = chart.curves.iter().filter(|c| known(&c.name) || !any);
    curves
        .map(|c| {
            let value = app.history.get(&c.name).and_then(|s| value(app, s));
            (c.label, value, c.ink.style)
        })
        .collect()
}

/// Returns the value that is shown of a curve.
fn value(app: &App, series: &Series) -> Option<f32> {
    match app.views.curves.cursor {
        Some(step) => reading(series, step).map(|reading| reading.value),
        None => series.last(),
    }
}

/// Returns the letter and the values of each other lane, in the order of the curves, without labels.
pub(super) fn of_lanes(app: &App, chart: &Chart) -> Vec<Vec<Span<'static>>> {
    let values = |history: &History| -> Vec<Option<f32>> {
        let curves = chart.curves.iter();
        let measured = curves.filter_map(|c| history.get(&c.name));
        measured.map(|series| value(app, series)).collect()
    };
    let lanes = app.lanes.others.iter().filter_map(|lane| {
        let values = values(&lane.history);
        if values.is_empty() {
            return None;
        }
        let style = lanes::lane_tint(&app.look, lane.id).style;
        let mut spans = vec![lanes::letter(&app.look, lane.id, false)];
        for value in values {
            let text = value.map_or_else(|| "–".to_owned(), number::short);
            let finite = value.is_none_or(f32::is_finite);
            let style = if finite { style } else { app.look.theme.error };
            spans.extend([Span::raw(" "), Span::styled(text, style)]);
        }
        spans.push(Span::raw("  "));
        Some(spans)
    });
    lanes.collect()
}

/// Returns a line of the values of as many lanes as fit.
pub(super) fn line(lanes: Vec<Vec<Span<'static>>>, width: usize) -> Line<'static> {
    let mut line = Line::default();
    for lane in lanes {
        let more: usize = lane.iter().map(Span::width).sum();
        if line.width() + more > width + 2 {
            line.push_span("…");
            break;
        }
        line.extend(lane);
    }
    line
}
