//! σ of the raw weight of each layer of D: whether it is divided out, its value now, and how it went.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::super::{app::App, number, plot};
use crate::run::Series;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let (look, theme) = (&app.look, &app.look.theme);
    let layers: Vec<(&str, f32)> = app
        .snapshot
        .measures
        .iter()
        .flat_map(|measures| &measures.sigma)
        .filter(|(key, _)| key.starts_with("d."))
        .map(|(key, sigma)| (key.as_str(), *sigma))
        .collect();
    let rows = area.height.saturating_sub(if framed { 2 } else { 1 });
    let hidden = layers.len().saturating_sub(rows as usize);
    let mut title = super::title(look, "σ of D's layers", &[]);
    if hidden > 0 {
        title.push_span(Span::styled(format!(" {hidden} more hidden "), theme.dim));
    }
    let remark = match app.window {
        plot::Window::Whole => Line::default(),
        plot::Window::Recent => Line::styled(" recent ", theme.dim),
    };
    let inner = super::frame(buf, area, framed, look, title, remark);
    if layers.is_empty() {
        super::empty(buf, inner, look, "no step made yet");
        return;
    }
    let each = (inner.height as usize / layers.len()).clamp(1, 3) as u16;
    let width = layers.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    for (i, (key, sigma)) in layers.into_iter().enumerate() {
        let row = Rect {
            y: inner.y + i as u16 * each,
            height: each,
            ..inner
        };
        if row.bottom() > inner.bottom() {
            break;
        }
        let settings = app.snapshot.settings.spectral.layer(key);
        let mark = if settings.enabled {
            Span::styled(format!("SN×{:<2}", settings.iterations), theme.on)
        } else {
            Span::styled("off  ", theme.dim)
        };
        let style = if sigma.is_finite() {
            Style::new()
        } else {
            theme.error
        };
        let line = Line::from(vec![
            Span::raw(format!("{key:<width$} ")),
            mark,
            Span::styled(format!("{:>7} ", number::short(sigma)), style),
        ]);
        let text = line.width() as u16;
        line.render(Rect { height: 1, ..row }, buf);
        if let Some(series) = app.history.get(&format!("sigma.{key}")) {
            let graph = Rect {
                x: row.x + text,
                width: row.width.saturating_sub(text),
                ..row
            };
            sparkline(buf, graph, app, series);
        }
    }
}

/// Bars from the lowest to the highest value shown, whose numbers stand at the right where there is room.
fn sparkline(buf: &mut Buffer, mut area: Rect, app: &App, series: &Series) {
    let Some(span) = plot::span(series, app.window) else {
        return;
    };
    let labelled = area.width >= 36;
    let labels = area;
    if labelled {
        area.width -= 16;
    }
    // A short history keeps to the left of its place, one step a column.
    let width = (area.width as u64).min(span.1 - span.0 + 1) as usize;
    let columns = plot::columns(series, app.window, span, width);
    let finite = || columns.iter().filter_map(|column| column.finite);
    let (low, high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), f| {
        (low.min(f.0), high.max(f.1))
    });
    // What moves by less than a percent is drawn as the near-constant it is.
    let centre = (low + high) / 2.0;
    let reach = ((high - low) / 2.0)
        .max(centre.abs() * 0.005)
        .max(f32::MIN_POSITIVE);
    let levels = area.height as usize * BARS.len();
    for (i, column) in columns.iter().enumerate() {
        let x = area.x + i as u16;
        if column.broken {
            plot::mark(buf, x, area.bottom().saturating_sub(1), &app.look);
        } else if let Some((_, _, mean)) = column.finite {
            let height = ((mean - centre) / reach + 1.0) / 2.0;
            let level = (height.clamp(0.0, 1.0) * (levels - 1) as f32).round() as usize + 1;
            bar(buf, x, area, level, app.look.theme.d);
        }
    }
    if labelled && low <= high {
        let (low, high) = (number::label(low), number::label(high));
        let rows = if labels.height > 1 {
            vec![(0, high), (labels.height - 1, low)]
        } else {
            vec![(0, format!("{low}–{high}"))]
        };
        for (row, text) in rows {
            let at = Rect {
                x: area.right() + 1,
                y: labels.y + row,
                width: 15,
                height: 1,
            };
            Span::styled(text, app.look.theme.dim).render(at.intersection(labels), buf);
        }
    }
}

fn bar(buf: &mut Buffer, x: u16, area: Rect, level: usize, style: Style) {
    for row in 0..area.height {
        let filled = level
            .saturating_sub(row as usize * BARS.len())
            .min(BARS.len());
        let y = area.bottom() - 1 - row;
        if let (Some(cell), true) = (buf.cell_mut((x, y)), filled > 0) {
            cell.set_char(BARS[filled - 1]).set_style(style);
        }
    }
}
