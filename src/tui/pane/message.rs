//! The line of messages: a message, or else the pending commands, or else the last change.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    model::{Command, Entry, Event},
    preset::setting,
    tui::{app::App, settings::entry as value, words::number},
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    if let Some(line) = line(app) {
        super::cut(line, area.width as usize).render(area, buf);
    }
}

/// Returns the most urgent line, if any.
pub(crate) fn line(app: &App) -> Option<Line<'static>> {
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
    let mut entries = app.snapshot.changes.iter().rev();
    entries.find_map(|entry| changed(app, entry))
}

/// What an entry of the journal says of the state that is trained now.
fn changed(app: &App, entry: &Entry) -> Option<Line<'static>> {
    let dim = app.look.theme.dim;
    match &entry.event {
        Event::Set { key, old, new } => {
            let name = setting::name(key);
            let spoken = |text| value::spoken(key, text);
            let since = format!("since step {} ", number::count(entry.step));
            Some(Line::from(vec![
                Span::styled(since, dim),
                Span::raw(format!("{name} {} → {}", spoken(old), spoken(new))),
            ]))
        }
        Event::Rewind { from, to, .. } => {
            let text = format!("rewound to step {to} from {from}");
            Some(Line::styled(text, dim))
        }
        Event::Refused { .. }
        | Event::Pause
        | Event::Resume
        | Event::Step { .. }
        | Event::NotApplied { .. }
        | Event::Mark { .. }
        | Event::Continue { .. }
        | Event::Steps { .. }
        | Event::Device { .. }
        | Event::Alarm { .. }
        | Event::AlarmEnd { .. }
        | Event::Fork { .. }
        | Event::Join { .. }
        | Event::Note { .. }
        | Event::Unknown(_) => None,
    }
}

/// Returns whether a later command replaces an earlier one.
fn overrides(later: &Command, earlier: &Command) -> bool {
    match (later, earlier) {
        (Command::Set { key: a, .. }, Command::Set { key: b, .. }) => a == b,
        (Command::Pause | Command::Resume, Command::Pause | Command::Resume) => true,
        _ => false,
    }
}
