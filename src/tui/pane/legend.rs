//! The other lanes and the other watched runs: their curves behind those in front, and the legend.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use super::{
    curves::{Chart, Data, Other},
    lanes,
};
use crate::{
    rundir::record,
    tui::{
        app::App,
        look::tint::tint,
        plot::{behind::Behind, canvas::Ink},
    },
};

/// Returns the curves of the other lanes and runs in a chart.
pub(crate) fn curves_behind<'a>(data: &'a Data, chart: &Chart, is_small: bool) -> Vec<Behind<'a>> {
    let curves = |other: &'a Other| {
        let of = move |(measure, drawn): (usize, &super::curves::ChartCurve)| {
            Some(Behind {
                series: other.history.get(&drawn.name)?,
                ink: Ink {
                    style: other.tint.style,
                    marker: other.tint.mark,
                },
                side: chart.side(measure),
                measure,
                letter: other.letter,
            })
        };
        let curves = chart.curves.iter().enumerate();
        let curves = curves.filter(|(at, _)| chart.draws(*at, is_small));
        curves.filter_map(of).collect::<Vec<_>>()
    };
    data.others.iter().flat_map(curves).collect()
}

/// Draws the legend in the line of messages, if there is no message.
pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let quiet = app.message().is_none() && app.pending.is_empty();
    let line = match quiet {
        true if lanes::several(app) => of_lanes(app, area.width as usize),
        true if !app.other_runs.is_empty() => of_runs(app),
        _ => return,
    };
    Clear.render(area, buf);
    super::cut(line, area.width as usize).render(area, buf);
}

/// Says that curves are differences, if they are.
fn minus(app: &App, base: &str) -> Span<'static> {
    let text = format!("curves − {base}  ");
    let text = if app.shows_differences() {
        text
    } else {
        String::new()
    };
    Span::styled(text, app.look.theme.key)
}

fn of_runs(app: &App) -> Line<'static> {
    let theme = &app.look.theme;
    let name = app.snapshot.directory.file_name().unwrap_or_default();
    let mut line = Line::from(vec![
        minus(app, &record::short_name(&app.snapshot.directory)),
        Span::styled("in front ", theme.dim),
        Span::styled(name.to_string_lossy().into_owned(), theme.title),
        Span::styled("  behind", theme.dim),
    ]);
    for (place, run) in app.other_runs.iter().enumerate() {
        let tint = tint(&app.look, place);
        let text = format!("  {} {}", tint.sign(&app.look), run.name);
        line.push_span(Span::styled(text, tint.style));
    }
    line
}

/// Names the lanes, and what each of the others has other than the selected one.
fn of_lanes(app: &App, width: usize) -> Line<'static> {
    let theme = &app.look.theme;
    let mut line = Line::from(vec![
        minus(app, "a"),
        Span::styled("in front ", theme.dim),
        lanes::letter(&app.look, app.lanes.selected, true),
        Span::styled("  behind", theme.dim),
    ]);
    // Each lane has the same share of the rest, so that what differs in one does not hide another one.
    let others = app.lanes.others.len().max(1);
    let share = width.saturating_sub(line.width()) / others;
    for other in &app.lanes.others {
        let tint = lanes::lane_tint(&app.look, other.id);
        let mut part = Line::from(Span::styled(
            format!("  {} {}", tint.sign(&app.look), other.id),
            tint.style,
        ));
        for (setting, value) in lanes::differing(app, other) {
            part.push_span(Span::styled(format!(" {}", setting.name), theme.dim));
            part.push_span(Span::raw(format!(" {value}")));
        }
        line.extend(super::cut(part, share));
    }
    line
}
