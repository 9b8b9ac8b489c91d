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

/// The rows that a message has at most.
const MOST: usize = 3;

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let wrapped = wrapped(app, area.width);
    if !wrapped.is_empty() {
        super::lines(buf, area, wrapped);
    } else if let Some(line) = line(app) {
        super::cut(line, area.width as usize).render(area, buf);
    }
}

/// Returns the rows of a message on a screen of this width: more than one if it is too long, so that it is not cut.
pub(crate) fn rows(app: &App, width: u16) -> u16 {
    let hidden = app.line.is_some() || app.help.is_some();
    let rows = if hidden { 0 } else { wrapped(app, width).len() };
    rows.clamp(1, MOST) as u16
}

/// Returns the lines of a message; none if there is no message.
fn wrapped(app: &App, width: u16) -> Vec<Line<'static>> {
    let Some(message) = app.message() else {
        return Vec::new();
    };
    let style = if message.error {
        app.look.theme.error
    } else {
        app.look.theme.title
    };
    let rows = super::wrap(&message.text, width as usize).into_iter();
    rows.map(|row| Line::styled(row, style)).collect()
}

/// Returns the most urgent line, if any.
pub(crate) fn line(app: &App) -> Option<Line<'static>> {
    let theme = &app.look.theme;
    if let Some(line) = wrapped(app, u16::MAX).pop() {
        return Some(line);
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
