//! The status line: the run, its progress, its speed, and the load of the device.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::lanes;
use crate::{
    model::Snapshot,
    tui::{
        app::{App, targets::Target},
        words::{machine, number},
    },
};

/// A part of the line.
struct Part<'a> {
    /// The rank. Parts of the highest rank are dropped first when the line is too long; rank 0 is never dropped.
    rank: u8,
    /// The gap before the part.
    gap: Span<'a>,
    spans: Vec<Span<'a>>,
}

impl Part<'_> {
    fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

/// Up to this rank, the first rank that does not fit drops all higher ranks too. Above it, each rank that fits is shown.
const MAX_JOINT_RANK: u8 = 5;
const MAX_RANK: u8 = 8;

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let theme = &app.look.theme;
    let snapshot = &app.snapshot;
    let (symbol, word, style) = lanes::status(&app.look, &snapshot.status);
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
    let mut name = vec![Span::styled(snapshot.name.clone(), theme.title)];
    let alone = lanes::of_directory(&snapshot.directory).filter(|_| !lanes::several(app));
    if let Some(lane) = alone {
        name.push(Span::raw(" · "));
        name.push(lanes::letter(&app.look, lane, false));
    }
    let mut parts = vec![
        part(1, name),
        styled(0, format!("{symbol} {word}"), style),
        named(0, "step ", step),
        plain(2, rate(snapshot)),
    ];
    if let Some(pace) = snapshot.pace.filter(|_| !snapshot.status.is_over()) {
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
        // The device is last, because the load after it comes and goes and must not move other parts.
        plain(MAX_JOINT_RANK, machine::device(snapshot)),
    ]);
    let load = [
        (7, machine::share(&snapshot.load)),
        (MAX_RANK, machine::memory(&snapshot.load)),
    ];
    for (rank, text) in load {
        parts.extend(text.map(|text| Part {
            rank,
            gap: Span::styled(" · ", theme.dim),
            spans: vec![Span::raw(text)],
        }));
    }
    let width = area.width as usize;
    if lanes::several(app) {
        let lists = [(true, true), (false, true), (false, false)];
        let mut lists = lists.map(|(steps, spaced)| part(0, lanes::names(app, steps, spaced)));
        // The longest list beside which name, status and step have room.
        let fits = |list: &Part| {
            let needed = parts.iter().filter(|part| part.rank < 2).chain([list]);
            let widths = needed.map(|part| part.width() + part.gap.width());
            widths.sum::<usize>() <= width + list.gap.width()
        };
        let at = lists.iter().position(fits).unwrap_or(lists.len() - 1);
        lists.swap(0, at);
        let [list, ..] = lists;
        parts.insert(LANES, list);
    }
    let ranks = fit(&parts, width);
    if lanes::several(app) {
        let before = line(&parts[..=LANES], &ranks).width() - parts[LANES].width();
        add_targets(area, app, before as u16, &parts[LANES].spans);
    }
    line(&parts, &ranks).render(area, buf);
}

/// The position of the lanes among the parts.
const LANES: usize = 1;

/// Adds the lanes as targets, each with what stands after its letter. `before` is the width before the list of lanes.
fn add_targets(area: Rect, app: &App, before: u16, list: &[Span]) {
    let mut lanes = lanes::all(app).into_iter().peekable();
    let mut x = area.x + before;
    let mut place = None;
    for span in list {
        let width = span.width() as u16;
        let is_letter =
            |lane: &lanes::Lane| *span == lanes::letter(&app.look, lane.id, lane.selected);
        place = match (lanes.next_if(is_letter), place) {
            (Some(lane), _) => Some((lane.id, x, width)),
            (None, Some((lane, start, wide))) => Some((lane, start, wide + width)),
            (None, None) => None,
        };
        if let Some((lane, start, width)) = place {
            let place = Rect {
                x: start,
                width,
                ..area
            };
            let place = place.intersection(area);
            app.targets.add(place, Target::Lane(lane));
        }
        x += width;
    }
}

/// Returns the ranks of the parts that fit into a line.
fn fit(parts: &[Part], width: usize) -> Vec<u8> {
    let mut ranks = vec![0];
    for rank in 1..=MAX_RANK {
        ranks.push(rank);
        if line(parts, &ranks).width() > width {
            ranks.pop();
            if rank <= MAX_JOINT_RANK {
                break;
            }
        }
    }
    ranks
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

/// The rate of steps: that of the last second, or of a run that is over its mean.
fn rate(snapshot: &Snapshot) -> String {
    let over = snapshot.status.is_over();
    let (rate, of) = if over && snapshot.seconds > 0.0 {
        let mean = snapshot.step as f64 / snapshot.seconds;
        (mean as f32, "mean ")
    } else {
        (snapshot.steps_per_second, "")
    };
    match rate {
        r if r >= 100.0 => format!("{of}{r:.0} steps/s"),
        r => format!("{of}{r:.1} steps/s"),
    }
}
