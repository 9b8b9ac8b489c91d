//! The entries of the journal in words.

use ratatui::style::Style;

use crate::{
    model::{Change, Entry, Event, Parent},
    preset::setting::name,
    tui::{look::theme::Theme, settings::entry as value},
};

/// Returns what happened, in a line however long, and its style.
pub(crate) fn spoken(entry: &Entry, theme: &Theme) -> (String, Style) {
    match &entry.event {
        Event::Set { key, old, new } => {
            let spoken = |text| value::spoken(key, text);
            let text = format!("{}  {} → {}", name(key), spoken(old), spoken(new));
            (text, Style::new())
        }
        Event::Refused { key, new, .. } => {
            let value = value::spoken(key, new);
            (format!("{} {value} was refused", name(key)), theme.error)
        }
        Event::Rewind { from, to, .. } => {
            let text = format!("back at step {to} from {from}; what came between is left behind");
            (text, Style::new())
        }
        Event::Mark { .. } => ("this state is marked".to_owned(), Style::new()),
        Event::Continue { step } => (format!("a new process goes on from step {step}"), theme.dim),
        Event::Device { new, .. } => (format!("made on {new} from here on"), theme.dim),
        Event::NotApplied { why } => (format!("update not applied: {why}"), theme.error),
        Event::Alarm { key, text } => (format!("alarm {key}: {text}"), theme.error),
        Event::AlarmEnd { key, .. } => (format!("alarm {key} is over"), theme.on),
        Event::Fork {
            lane,
            from,
            changes,
        } => {
            let what = match (lane, from) {
                (Some(lane), _) => format!("lane {lane} split off"),
                (None, Some(Parent { step, .. })) => format!("forked at step {step}"),
                (None, None) => "forked".to_owned(),
            };
            let spoken = |key: &str, text: &str| value::spoken(key, text);
            let changes = changes.iter().map(|Change { key, old, new }| {
                let [old, new] = [old, new].map(|text| spoken(key, text));
                format!("; {}  {old} → {new}", name(key))
            });
            (what + &changes.collect::<String>(), Style::new())
        }
        Event::Join { .. } | Event::Note { .. } => (entry.event.to_string(), Style::new()),
        Event::Pause
        | Event::Resume
        | Event::Step { .. }
        | Event::Steps { .. }
        | Event::Unknown(_) => (entry.event.to_string(), theme.dim),
    }
}
