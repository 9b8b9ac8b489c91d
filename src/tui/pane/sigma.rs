//! The pane of σ of D's layers: the state of SN, the current estimate, the exact value if it is known, the estimates of other
//! lanes or watched runs, and the curve of the estimate. An estimate that is wrong is marked `!`, one that is stale or not in
//! use `~`.
//!
//! ```text
//! d.0 SN×1   1.023   1.024 b 1.015  ▁▂▃▄▅
//! d.2 off    3.302~  3.310 b 0.998  ▂▁▁▃▂
//! ```

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::{members::Members, sparkline};
use crate::{
    model::measures::table::SIGMA,
    tui::{
        app::App,
        plot,
        words::{
            estimate::{Doubt, Sigma},
            number,
        },
    },
};

/// The minimum width at which exact values are shown if no estimate is doubtful.
const EXACT: u16 = 48;
/// The width of the state of SN and the estimate, in columns.
const ESTIMATE: usize = 14;
/// The width of an exact value, in columns.
const EXACT_VALUE: usize = 8;
/// The width of the estimate of another lane, in columns.
const LANE: usize = 10;
/// The minimum width of the curve beside estimates of other lanes, in columns.
const LEAST_GRAPH: usize = 12;

pub(crate) fn render(buf: &mut Buffer, area: Rect, framed: bool, app: &App) {
    let (look, theme) = (&app.look, &app.look.theme);
    let layers: Vec<(&str, Sigma)> = app
        .snapshot
        .measures
        .iter()
        .flat_map(|measures| &measures.sigma)
        .filter(|(key, _)| key.starts_with("d."))
        .map(|(key, _)| (key.as_str(), Sigma::of(&app.snapshot, key)))
        .collect();
    let known = layers.iter().any(|(_, sigma)| sigma.exact.is_some());
    let doubted = layers.iter().any(|(_, sigma)| sigma.doubt.is_some());
    let exact = known && (doubted || area.width >= EXACT);
    let rows = area.height.saturating_sub(if framed { 2 } else { 1 });
    let hidden = layers.len().saturating_sub(rows as usize);
    let mut title = super::title(look, "σ of D's layers");
    if hidden > 0 {
        title.push_span(Span::styled(format!(" {hidden} more hidden "), theme.dim));
    }
    let width = layers.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let text = width + ESTIMATE + if exact { EXACT_VALUE } else { 0 };
    let inside = super::inside(area, framed).width as usize;
    let beside = inside.saturating_sub(text + LEAST_GRAPH) / LANE;
    let mut others = Members::of(app).all;
    others.retain(|member| !member.selected);
    if beside < others.len() {
        title.push_span(Span::styled(" without", theme.dim));
        for other in &others[beside..] {
            title.extend([Span::raw(" "), other.sign(look)]);
        }
        title.push_span(" ");
    }
    let mut words = String::new();
    if let Some(spectra) = app.snapshot.spectra.as_ref().filter(|_| exact) {
        words += &format!(" exact at {} ", number::count(spectra.step));
    }
    if app.window == plot::Window::Recent {
        words += " recent ";
    }
    let remark = Line::styled(words, theme.dim);
    let inner = super::frame(buf, area, framed, look, title, remark);
    if layers.is_empty() {
        super::empty(buf, inner, look, "no step made yet");
        return;
    }
    let each = (inner.height as usize / layers.len()).clamp(1, 3) as u16;
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
        let (estimate, style) = sigma.marked(theme);
        let mut line = Line::from(vec![
            Span::raw(format!("{key:<width$} ")),
            mark,
            Span::styled(format!("{estimate:>8}"), style),
        ]);
        if exact {
            let value = sigma.exact.map(|exact| number::short(exact as f32));
            line.push_span(format!("{:>7} ", value.unwrap_or_default()));
        } else if doubted && beside > 0 {
            line.push_span(" ");
        }
        for other in others.iter().take(beside) {
            let sigma = Sigma::of(other.snapshot, key);
            let (value, _) = sigma.marked(theme);
            let style = match sigma.doubt {
                Some(Doubt::Impossible | Doubt::Far) => theme.error,
                Some(Doubt::Frozen | Doubt::Unused) => theme.dim,
                None => other.style,
            };
            line.push_span(other.sign(look));
            line.push_span(Span::styled(format!("{value:>8} "), style));
        }
        let text = line.width() as u16;
        super::cut(line, row.width as usize).render(Rect { height: 1, ..row }, buf);
        if let Some(series) = app.history.get(&SIGMA.of_layer(key)) {
            let graph = Rect {
                x: row.x + text,
                width: row.width.saturating_sub(text),
                ..row
            };
            sparkline::render(buf, graph, app, series, theme.d);
        }
    }
}
