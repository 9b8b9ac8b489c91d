//! One line above the keys: a notice, else what is pending, else the last change.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::Command,
    preset::setting,
    tui::{app::App, settings::entry, words::number},
};

/// `alarm` says whether alarms that are on are to be told here, for want of a line of their own.
pub fn render(buf: &mut Buffer, area: Rect, app: &App, alarm: bool) {
    if let Some(line) = line(app, alarm) {
        super::cut(line, area.width as usize).render(area, buf);
    }
}

/// What there is to say, the most urgent first.
pub fn line(app: &App, alarm: bool) -> Option<Line<'static>> {
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
        let mut commands: Vec<String> = Vec::new();
        for (i, request) in app.pending.iter().enumerate() {
            let later = &app.pending[i + 1..];
            if !later
                .iter()
                .any(|l| overrides(&l.command, &request.command))
            {
                commands.push(app.spoken(&request.command));
            }
        }
        let text = format!("next step: {} …", commands.join(", "));
        return Some(Line::styled(text, theme.pending));
    }
    if let Some(line) = super::alarm::line(app).filter(|_| alarm) {
        return Some(line);
    }
    let change = app
        .snapshot
        .changes
        .iter()
        .rev()
        .find(|change| change.kind == "set" || change.kind == "rewind")?;
    if change.kind == "rewind" {
        let text = format!("back at step {} from {}", change.new, change.old);
        return Some(Line::styled(text, theme.dim));
    }
    let name = setting::name(&change.key);
    let spoken = |value| entry::spoken(&change.key, value);
    let (old, new) = (spoken(&change.old), spoken(&change.new));
    Some(Line::from(vec![
        Span::styled(
            format!("since step {} ", number::count(change.step)),
            theme.dim,
        ),
        Span::raw(format!("{name} {old} → {new}")),
    ]))
}

/// Whether a later command leaves nothing of an earlier one.
fn overrides(later: &Command, earlier: &Command) -> bool {
    match (later, earlier) {
        (Command::Set { key: a, .. }, Command::Set { key: b, .. }) => a == b,
        (Command::Pause | Command::Resume, Command::Pause | Command::Resume) => true,
        _ => false,
    }
}
