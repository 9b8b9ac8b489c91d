//! One line above the keys: a notice, else what is pending, else the last change.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use super::super::{app::App, number, setting};

pub fn render(buf: &mut Buffer, area: Rect, app: &App) {
    if let Some(line) = line(app) {
        super::cut(line, area.width as usize).render(area, buf);
    }
}

/// What there is to say, the most urgent first.
pub fn line(app: &App) -> Option<Line<'static>> {
    let theme = &app.look.theme;
    if let Some(message) = app.message() {
        let style = if message.error {
            theme.error
        } else {
            theme.title
        };
        return Some(Line::styled(message.text, style));
    }
    if !app.pending.is_empty() {
        let commands: Vec<String> = app
            .pending
            .iter()
            .map(|request| app.spoken(&request.command))
            .collect();
        let text = format!("next step: {} …", commands.join(", "));
        return Some(Line::styled(text, theme.pending));
    }
    let change = app
        .snapshot
        .changes
        .iter()
        .rev()
        .find(|change| change.kind == "set")?;
    let name = setting::name(&app.snapshot.settings, &change.key);
    let (old, new) = (setting::spoken(&change.old), setting::spoken(&change.new));
    Some(Line::from(vec![
        Span::styled(
            format!("since step {} ", number::count(change.step)),
            theme.dim,
        ),
        Span::raw(format!("{name} {old} → {new}")),
    ]))
}
