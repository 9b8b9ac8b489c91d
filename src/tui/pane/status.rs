//! The first line: what runs, how far it is and how fast it goes.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::super::{app::App, number};
use crate::run::Status;

pub fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let theme = &app.look.theme;
    let snapshot = &app.snapshot;
    let (symbol, word, style) = match &snapshot.status {
        Status::Starting => ("…", "starting", theme.dim),
        Status::Running => ("▶", "running", theme.on),
        Status::Paused => ("‖", "paused", theme.pending),
        Status::Finished => ("●", "finished", theme.on),
        Status::Failed(_) => ("×", "failed", theme.error),
        Status::Still(word) => ("◌", word.as_str(), theme.pending),
    };
    let (g, d) = snapshot.parameters;
    let plain = |text: String| Span::raw(text);
    let step = format!(
        "{}/{}",
        number::count(snapshot.step),
        number::count(snapshot.steps)
    );
    let device = match snapshot.device.as_str() {
        "cpu" => format!("cpu×{}", snapshot.threads),
        other => other.to_owned(),
    };
    let named = |name, value| vec![Span::styled(name, theme.dim), plain(value)];
    let parts = [
        (1, vec![Span::styled(snapshot.name.clone(), theme.title)]),
        (0, vec![Span::styled(format!("{symbol} {word}"), style)]),
        (0, named("step ", step)),
        (
            2,
            vec![plain(format!(
                "{} steps/s",
                rate(snapshot.steps_per_second)
            ))],
        ),
        (
            1,
            match snapshot.pace {
                Some(pace) => vec![Span::styled(
                    format!("slow motion: {pace}/s"),
                    theme.pending,
                )],
                None => Vec::new(),
            },
        ),
        (
            1,
            match snapshot.gif {
                Some(frames) => vec![Span::styled(format!("● GIF {frames}"), theme.error)],
                None => Vec::new(),
            },
        ),
        (3, vec![plain(number::duration(snapshot.seconds))]),
        (4, named("seed ", snapshot.seed.to_string())),
        (5, vec![plain(device)]),
        (6, named("G ", number::amount(g))),
        (6, named("D ", number::amount(d))),
    ];
    let parts = parts.into_iter().filter(|(_, spans)| !spans.is_empty());
    fit(parts.collect(), area.width as usize).render(area, buf);
}

/// A line of parts; those of the highest rank go first where it is too long.
fn fit(mut parts: Vec<(u8, Vec<Span>)>, width: usize) -> Line {
    loop {
        let mut line = Line::default();
        for (i, (_, spans)) in parts.iter().enumerate() {
            line.push_span(Span::raw(if i > 0 { "  " } else { "" }));
            line.extend(spans.clone());
        }
        let highest = parts.iter().map(|(rank, _)| *rank).max().unwrap_or(0);
        if line.width() <= width || highest == 0 {
            return line;
        }
        parts.retain(|(rank, _)| *rank < highest);
    }
}

fn rate(steps_per_second: f32) -> String {
    match steps_per_second {
        r if r >= 100.0 => format!("{r:.0}"),
        r => format!("{r:.1}"),
    }
}
