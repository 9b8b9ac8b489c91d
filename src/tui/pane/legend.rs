//! The other watched runs: their curves in the background, and the legend.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use super::curves::Chart;
use crate::tui::{
    app::App,
    look::theme::{Depth, Look},
    plot::{Curve, canvas::Ink},
};

/// The colours of the other runs, distinct from those of measures: one of the 256, and one of the 16.
const COLOURS: [(u8, Color); 4] = [
    (170, Color::Magenta),
    (38, Color::Cyan),
    (143, Color::Yellow),
    (250, Color::Gray),
];
/// The characters of their dots without braille.
const MARKERS: [char; 4] = [':', ';', ',', '-'];

/// Returns the ink of another run by its position.
fn ink(look: &Look, place: usize) -> Ink {
    let (indexed, named) = COLOURS[place % COLOURS.len()];
    Ink {
        style: match look.depth {
            Depth::None => look.theme.dim,
            Depth::Sixteen => Style::new().fg(named),
            Depth::Indexed | Depth::True => Style::new().fg(Color::Indexed(indexed)),
        },
        marker: MARKERS[place % MARKERS.len()],
    }
}

/// Returns the curves of the other runs in a chart.
pub(crate) fn background_curves<'a>(app: &'a App, chart: &Chart) -> Vec<Curve<'a>> {
    let places = app.other_runs.iter().enumerate().take(COLOURS.len());
    let curves = places.flat_map(|(place, run)| {
        let of = move |drawn: &super::curves::ChartCurve| {
            Some(Curve {
                series: run.history.get(&drawn.name)?,
                ink: ink(&app.look, place),
                earlier: None,
                factor: drawn.factor,
            })
        };
        chart.curves.iter().filter_map(of).collect::<Vec<_>>()
    });
    curves.collect()
}

/// Draws the legend in the line of messages, if there is no message.
pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let quiet = app.message().is_none() && app.pending.is_empty();
    if app.other_runs.is_empty() || !quiet {
        return;
    }
    let theme = &app.look.theme;
    let name = app.snapshot.directory.file_name().unwrap_or_default();
    let mut line = Line::from(vec![
        Span::styled("in front ", theme.dim),
        Span::styled(name.to_string_lossy().into_owned(), theme.title),
        Span::styled("  behind", theme.dim),
    ]);
    for (place, run) in app.other_runs.iter().enumerate() {
        let Ink { style, marker } = ink(&app.look, place);
        let sign = if app.look.unicode { '━' } else { marker };
        line.push_span(Span::styled(format!("  {sign} {}", run.name), style));
    }
    Clear.render(area, buf);
    super::cut(line, area.width as usize).render(area, buf);
}
