//! σ of the raw weight of each layer of D: whether it is divided out, its value now, and how it went.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{
    super::{app::App, number, plot},
    sparkline,
};

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
            sparkline::render(buf, graph, app, series, theme.d);
        }
    }
}
