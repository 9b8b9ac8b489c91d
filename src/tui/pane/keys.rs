//! The bar of keys: as many keys as fit, the most important first.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::tui::app::App;

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let mut line = Line::default();
    for row in app.keys.bar(app.key_context()) {
        let Some(key) = row.keys.first() else {
            continue;
        };
        let gap = if line.width() > 0 { "  " } else { "" };
        let entry = [
            Span::raw(gap),
            Span::styled(key.to_string(), app.look.theme.key),
            Span::styled(format!(" {}", row.action.short()), app.look.theme.dim),
        ];
        let width: usize = entry.iter().map(Span::width).sum();
        if line.width() + width > area.width as usize {
            break;
        }
        line.extend(entry);
    }
    line.render(area, buf);
}
