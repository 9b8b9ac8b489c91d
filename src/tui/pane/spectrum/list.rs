//! The list of layers, each with its effective rank and its spectrum as bars.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::LayerSpectrum,
    tui::{
        app::{App, targets::Target},
        pane::{self, sparkline},
        words::number,
    },
};

pub(super) fn render(
    buf: &mut Buffer,
    area: Rect,
    framed: bool,
    app: &App,
    layers: &[LayerSpectrum],
) {
    let (look, theme) = (&app.look, &app.look.theme);
    let title = pane::title(look, "layers");
    let remark = Line::styled(" effective rank of all ", theme.dim);
    let inner = pane::frame(buf, area, framed, look, title, remark);
    let selected = app.views.spectrum.selected;
    let shown = inner.height as usize;
    let first = pane::first_visible(selected, shown);
    for ((i, layer), row) in layers.iter().enumerate().skip(first).zip(inner.rows()) {
        app.targets.add(row, Target::Row(i));
        let key = if i == selected {
            theme.selected
        } else {
            Style::new()
        };
        let (mark, style) = if layer.enabled {
            ("SN ", theme.on)
        } else {
            ("off", theme.dim)
        };
        let rank = layer
            .exact
            .effective_rank
            .map_or_else(|| "–".to_owned(), |rank| number::short(rank as f32));
        let all = layer.shape.0.min(layer.shape.1);
        let line = Line::from(vec![
            Span::styled(format!("{:<4}", layer.key), key),
            Span::styled(format!(" {mark}"), style),
            Span::raw(format!(" {rank:>6}")),
            Span::styled(format!("/{all:<5}"), theme.dim),
        ]);
        let width = line.width() as u16;
        super::super::cut(line, row.width as usize).render(row, buf);
        let place = Rect {
            x: row.x + width.min(row.width),
            width: row.width.saturating_sub(width),
            ..row
        };
        bars(buf, place, &layer.singular_values, theme.d);
    }
}

/// Draws values, divided by the first, as bars. If there are more values than columns, some are left out.
fn bars(buf: &mut Buffer, area: Rect, values: &[f64], style: Style) {
    let Some(&first) = values.first().filter(|&&first| first > 0.0) else {
        return;
    };
    let columns = (area.width as usize).min(values.len());
    for column in 0..columns {
        let value = values[column * values.len() / columns.max(1)];
        let level = ((value / first).clamp(0.0, 1.0) * 8.0).ceil() as usize;
        sparkline::bar(buf, area.x + column as u16, area, level, style);
    }
}
