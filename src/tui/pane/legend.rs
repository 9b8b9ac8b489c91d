//! Runs that are watched behind the one in front: their curves, and which is which.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use super::curves::Sheet;
use crate::tui::{
    app::App,
    look::theme::{Depth, Look},
    plot::{Curve, canvas::Ink},
};

/// Colours of the runs behind, apart from those of measures: of 256, and of those that have names.
const COLOURS: [(u8, Color); 4] = [
    (170, Color::Magenta),
    (38, Color::Cyan),
    (143, Color::Yellow),
    (250, Color::Gray),
];
/// Their dots where there is no braille.
const MARKERS: [char; 4] = [':', ';', ',', '-'];

/// How all curves of a run behind look, by its place.
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

/// The curves of a sheet in the runs behind, to be drawn before its own.
pub fn behind<'a>(app: &'a App, sheet: &Sheet) -> Vec<Curve<'a>> {
    let places = app.others.iter().enumerate().take(COLOURS.len());
    let curves = places.flat_map(|(place, run)| {
        let of = move |drawn: &super::curves::Drawn| {
            Some(Curve {
                series: run.history.get(&drawn.name)?,
                ink: ink(&app.look, place),
                earlier: None,
                factor: drawn.factor,
            })
        };
        sheet.curves.iter().filter_map(of).collect::<Vec<_>>()
    });
    curves.collect()
}

/// Which runs there are, in the line of messages where nothing else is to be said.
pub fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let quiet = app.message().is_none() && app.pending.is_empty();
    if app.others.is_empty() || !quiet {
        return;
    }
    let theme = &app.look.theme;
    let name = app.snapshot.directory.file_name().unwrap_or_default();
    let mut line = Line::from(vec![
        Span::styled("in front ", theme.dim),
        Span::styled(name.to_string_lossy().into_owned(), theme.title),
        Span::styled("  behind", theme.dim),
    ]);
    for (place, run) in app.others.iter().enumerate() {
        let Ink { style, marker } = ink(&app.look, place);
        let sign = if app.look.unicode { '━' } else { marker };
        line.push_span(Span::styled(format!("  {sign} {}", run.name), style));
    }
    Clear.render(area, buf);
    super::cut(line, area.width as usize).render(area, buf);
}
