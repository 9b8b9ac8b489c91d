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
        (3, vec![plain(number::duration(snapshot.seconds))]),
        (4, named("seed ", snapshot.seed.to_string())),
        (5, vec![plain(device)]),
        (6, named("G ", number::amount(g))),
        (6, named("D ", number::amount(d))),
    ];
    let row = |y: u16| Rect {
        y: area.y + y,
        height: 1,
        ..area
    };
    fit(parts.to_vec(), area.width as usize).render(row(0), buf);
    if area.height > 1 {
        progress(buf, row(1), app);
    }
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

/// How much of the run is done, and how long the rest will take.
fn progress(buf: &mut Buffer, area: Rect, app: &App) {
    let (theme, snapshot) = (&app.look.theme, &app.snapshot);
    let done = snapshot.step as f64 / snapshot.steps.max(1) as f64;
    let left = snapshot.steps.saturating_sub(snapshot.step) as f64
        / snapshot.steps_per_second.max(1e-6) as f64;
    let mut text = format!(" {:.0} %", done.min(1.0) * 100.0);
    if snapshot.status == Status::Running && snapshot.steps_per_second > 0.0 && left < 1e7 {
        text += &format!(", {} left", number::duration(left));
    }
    let width = (area.width as usize).saturating_sub(text.chars().count());
    let filled = (width as f64 * done.min(1.0)).round() as usize;
    Line::from(vec![
        Span::styled("━".repeat(filled), theme.on),
        Span::styled("─".repeat(width - filled), theme.rule),
        Span::styled(text, theme.dim),
    ])
    .render(area, buf);
}
