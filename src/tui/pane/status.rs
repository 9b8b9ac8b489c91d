//! The first line: what runs, how far it is, how fast it goes, and what the device does for it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::Status,
    tui::{
        app::App,
        words::{machine, number},
    },
};

/// A part of the line.
struct Part<'a> {
    /// Those of the highest rank go first where the line is too long; those of rank 0 never do.
    rank: u8,
    /// What stands between it and the part before.
    gap: Span<'a>,
    spans: Vec<Span<'a>>,
}

/// Parts up to this rank go together; of later ones, each that still fits is there.
const TOGETHER: u8 = 5;
const LAST: u8 = 8;

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
    let step = format!(
        "{}/{}",
        number::count(snapshot.step),
        number::count(snapshot.steps)
    );
    let part = |rank, spans| Part {
        rank,
        gap: Span::raw("  "),
        spans,
    };
    let plain = |rank, text: String| part(rank, vec![Span::raw(text)]);
    let styled = |rank, text, style| part(rank, vec![Span::styled(text, style)]);
    let named = |rank, name, value| {
        let spans = vec![Span::styled(name, theme.dim), Span::raw(value)];
        part(rank, spans)
    };
    let mut parts = vec![
        styled(1, snapshot.name.clone(), theme.title),
        styled(0, format!("{symbol} {word}"), style),
        named(0, "step ", step),
        plain(2, format!("{} steps/s", rate(snapshot.steps_per_second))),
    ];
    if let Some(pace) = snapshot.pace {
        parts.push(styled(1, format!("slow motion: {pace}/s"), theme.pending));
    }
    if let Some(frames) = snapshot.gif {
        parts.push(styled(1, format!("● GIF {frames}"), theme.error));
    }
    parts.extend([
        plain(3, number::duration(snapshot.seconds)),
        named(4, "seed ", snapshot.seed.to_string()),
        named(6, "G ", number::amount(g)),
        named(6, "D ", number::amount(d)),
        // Last, since the figures after it come and go, and nothing is to move with them.
        plain(TOGETHER, machine::device(snapshot)),
    ]);
    let load = [
        (7, machine::share(&snapshot.load)),
        (LAST, machine::memory(&snapshot.load)),
    ];
    for (rank, text) in load {
        parts.extend(text.map(|text| Part {
            rank,
            gap: Span::styled(" · ", theme.dim),
            spans: vec![Span::raw(text)],
        }));
    }
    fit(&parts, area.width as usize).render(area, buf);
}

/// A line of as many parts as fit it.
fn fit<'a>(parts: &[Part<'a>], width: usize) -> Line<'a> {
    let mut ranks = vec![0];
    for rank in 1..=LAST {
        ranks.push(rank);
        if line(parts, &ranks).width() > width {
            ranks.pop();
            if rank <= TOGETHER {
                break;
            }
        }
    }
    line(parts, &ranks)
}

fn line<'a>(parts: &[Part<'a>], ranks: &[u8]) -> Line<'a> {
    let mut line = Line::default();
    for part in parts.iter().filter(|part| ranks.contains(&part.rank)) {
        if !line.spans.is_empty() {
            line.push_span(part.gap.clone());
        }
        line.extend(part.spans.iter().cloned());
    }
    line
}

fn rate(steps_per_second: f32) -> String {
    match steps_per_second {
        r if r >= 100.0 => format!("{r:.0}"),
        r => format!("{r:.1}"),
    }
}
