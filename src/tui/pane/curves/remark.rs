//! The remark of a chart, at the right of its title: what its axes are, what they do not show, and the steps.

use ratatui::text::{Line, Span};

use super::Chart;
use crate::tui::{
    app::{App, view::curves::Shown},
    pane,
    plot::{Beyond, Plot, columns::reading, kind::Kind},
    words::number,
};

/// The details of a remark beside the steps.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Detail {
    /// The run in the background, a logarithmic axis, smoothing, and all of the next.
    All,
    /// The chosen curves and part of the axis, and values that the axis does not show.
    Hidden,
    /// The same without the range of steps.
    Beyond,
    Steps,
    /// Only what a value cannot be read without: a signed logarithmic axis.
    Axis,
}

/// Returns the remark of a chart: details, then the range of steps or the step of the cursor.
pub(super) fn remark<'a>(
    app: &App,
    chart: &Chart,
    plot: &Plot,
    beyond: &Beyond,
    detail: Detail,
) -> Line<'a> {
    let theme = &app.look.theme;
    let mut words = Vec::new();
    let all = detail == Detail::All;
    if let Some(run) = app.views.curves.earlier.as_ref().filter(|_| all) {
        words.push(format!("behind: {}", run.name));
    }
    let log = match plot.kind {
        Kind::Linear | Kind::Signed => None,
        Kind::Log => Some("log"),
        Kind::SignedLog => Some("symlog"),
    };
    let is_needed = all || plot.kind == Kind::SignedLog;
    words.extend(log.filter(|_| is_needed).map(str::to_owned));
    if plot.smoothing > 1 && all {
        words.push(format!("smooth {}", plot.smoothing));
    }
    if !matches!(detail, Detail::Steps | Detail::Axis) {
        match chart.view.shown {
            Shown::All => {}
            Shown::Only(_) => words.push("alone".to_owned()),
            Shown::Without(at) => words.extend(chart.hidden(at).map(|name| format!("no {name}"))),
        }
        match plot.zoom.level {
            0 => {}
            1.. => words.push(format!("zoom {}", 1u64 << plot.zoom.level.min(62))),
            _ => words.push("all values".to_owned()),
        }
        let far = [("↑", beyond.above), ("↓", beyond.below)];
        let far = far.into_iter().filter_map(|(mark, far)| Some((mark, far?)));
        words.extend(far.map(|(mark, far)| format!("{mark}{}", number::label(far))));
        if beyond.hidden {
            words.push("▾ ≤0".to_owned());
        }
    }
    let words: String = words.iter().flat_map(|word| [" ", word]).collect();
    let mut line = Line::from(Span::styled(words, theme.dim));
    match plot.cursor {
        Some(step) => line.push_span(step_of_cursor(app, plot, step)),
        None if line.width() > 0 && matches!(detail, Detail::Beyond | Detail::Axis) => {
            line.push_span(" ");
        }
        None if detail == Detail::Axis => {}
        // The range of this run only, whatever steps are in the background.
        None => {
            let own = plot.own_span();
            line.extend(pane::steps(&app.look, own, plot.window));
        }
    }
    line
}

fn step_of_cursor(app: &App, plot: &Plot, step: u64) -> Span<'static> {
    let text = format!(" at {} ", number::count(at(plot, step)));
    Span::styled(text, app.look.theme.key)
}

/// Returns a title with the step of the cursor before it, if there is one: what is cut are values. `room` is the width of
/// the title, in columns.
pub(super) fn at_cursor<'a>(app: &App, plot: &Plot, title: &Line<'a>, room: usize) -> Line<'a> {
    let mut title = title.clone();
    if let Some(step) = plot.cursor {
        // In place of the blank before it, and without that after it where there is no room.
        let first = title.spans.len().min(1);
        let step = step_of_cursor(app, plot, step);
        title.spans.splice(..first, [step]);
        if title.width() > room {
            title.spans.pop_if(|last| last.content.trim().is_empty());
        }
    }
    title
}

/// Returns the last measured step at or before `step`.
fn at(plot: &Plot, step: u64) -> u64 {
    let readings = plot.curves.iter();
    let readings = readings.filter_map(|c| reading(c.series, step));
    readings.map(|r| r.steps.1.min(step)).max().unwrap_or(step)
}
