//! The entries of the journal in words.

use ratatui::style::Style;

use crate::{
    model::{Alarm, Change, Entry, Event, Parent},
    preset::setting::name,
    tui::{look::theme::Theme, settings::entry as value, words::alarm},
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
        // The cause of both is an alarm, and says so.
        Event::Alarm { key, text } => (format!("{}: {text}", alarm_name(key)), theme.error),
        Event::AlarmEnd { key, .. } => (format!("{} is over", alarm_name(key)), theme.on),
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

/// Returns the name of the alarm with this key, as everywhere on the screen, or the key if its kind is unknown.
fn alarm_name(key: &str) -> String {
    let alarm = Alarm::from_key(key, 0, String::new());
    alarm.map_or_else(|| key.to_owned(), |alarm| alarm::title(&alarm))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Cause,
        tui::look::theme::{Depth, Look},
    };

    #[test]
    fn an_alarm_is_named_once_and_by_its_name() {
        let theme = Look::new(Depth::None, true).theme;
        let said = |key: &str| {
            let (key, text) = (key.to_owned(), "σ is off".to_owned());
            let entry = |event| Entry {
                step: 3,
                event,
                cause: Cause::Alarm,
            };
            let begin = entry(Event::Alarm {
                key: key.clone(),
                text: text.clone(),
            });
            let end = entry(Event::AlarmEnd { key, text });
            [begin, end].map(|entry| {
                let words = spoken(&entry, &theme).0;
                format!("{} {words}", entry.cause.name())
            })
        };
        assert_eq!(
            said("estimate_drift.d.2"),
            ["alarm σ drifts d.2: σ is off", "alarm σ drifts d.2 is over"]
        );
        assert_eq!(said("new_kind")[0], "alarm new_kind: σ is off");
    }
}
