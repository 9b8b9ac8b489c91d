//! The line of messages: a message, or else the pending commands, or else an alarm, or else the last change.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::Command,
    tui::{app::App, settings::setting, words::number},
};

/// Draws the line. `alarm` includes active alarms, which otherwise have their own line.
pub fn render(buf: &mut Buffer, area: Rect, app: &App, alarm: bool) {
    if let Some(line) = line(app, alarm) {
        super::cut(line, area.width as usize).render(area, buf);
    }
}

/// Returns the most urgent line, if any.
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
                commands.push(app.describe_command(&request.command));
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
        let text = format!("rewound to step {} from {}", change.new, change.old);
        return Some(Line::styled(text, theme.dim));
    }
    let name = setting::name(&app.snapshot.settings, &change.key);
    let spoken = |value| setting::spoken_of(&change.key, value);
    let (old, new) = (spoken(&change.old), spoken(&change.new));
    Some(Line::from(vec![
        Span::styled(
            format!("since step {} ", number::count(change.step)),
            theme.dim,
        ),
        Span::raw(format!("{name} {old} → {new}")),
    ]))
}

/// Returns whether a later command replaces an earlier one.
fn overrides(later: &Command, earlier: &Command) -> bool {
    match (later, earlier) {
        (Command::Set { key: a, .. }, Command::Set { key: b, .. }) => a == b,
        (Command::Pause | Command::Resume, Command::Pause | Command::Resume) => true,
        _ => false,
    }
}
