//! Entries as JSON has them: `step`, `kind`, `key`, `old`, `new`, `cause`, of which only the first is a number.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cause, Entry, Event};
use crate::model::Updates;

/// An entry with its fields in their order.
#[derive(Serialize, Deserialize)]
struct Fields<'a> {
    step: u64,
    kind: Cow<'a, str>,
    key: Cow<'a, str>,
    old: Cow<'a, str>,
    new: Cow<'a, str>,
    cause: Cow<'a, str>,
}

/// Reads an event from its key, old and new value.
type Read = fn(&str, &str, &str) -> Option<Event>;

/// Every kind that this program writes, what it means, and how it is read.
const KINDS: [(&str, &str, Read); 15] = [
    (
        "set",
        "a setting changed; `old` and `new` as `--set` writes them",
        |key, old, new| {
            let (key, old, new) = (key.into(), old.into(), new.into());
            Some(Event::Set { key, old, new })
        },
    ),
    (
        "refused",
        "a planned change did not fit in memory: `old` stays in force, `new` was refused",
        |key, old, new| {
            let (key, old, new) = (key.into(), old.into(), new.into());
            Some(Event::Refused { key, old, new })
        },
    ),
    ("pause", "the training paused", |_, _, _| Some(Event::Pause)),
    ("resume", "steps of both networks went on", |_, _, _| {
        Some(Event::Resume)
    }),
    (
        "step",
        "`new` steps of both networks, after steps of one alone",
        |_, _, new| step(Updates::Both, new),
    ),
    ("step_d", "`new` steps of D alone", |_, _, new| {
        step(Updates::Discriminator, new)
    }),
    ("step_g", "`new` steps of G alone", |_, _, new| {
        step(Updates::Generator, new)
    }),
    (
        "not_applied",
        "the step began, and its update was not finite",
        |_, _, new| Some(Event::NotApplied { why: new.into() }),
    ),
    (
        "mark",
        "the state after step `new` was marked",
        |_, _, new| {
            let step = new.parse().ok()?;
            Some(Event::Mark { step })
        },
    ),
    (
        "rewind",
        "the run went back from step `old` to `new`. Its `key` is `journal:N`: it continues as it stood after the \
         first N lines, and the lines between were left behind",
        |key, old, new| {
            Some(Event::Rewind {
                lines: key.strip_prefix(LINES)?.parse().ok()?,
                from: old.parse().ok()?,
                to: new.parse().ok()?,
            })
        },
    ),
    (
        "continue",
        "a process took over at step `new`; `environment` where a scheduler started it",
        |_, _, new| {
            let step = new.parse().ok()?;
            Some(Event::Continue { step })
        },
    ),
    (
        "steps",
        "the run is to make `new` steps in all, not `old`",
        |_, old, new| {
            let (old, new) = (old.parse().ok()?, new.parse().ok()?);
            Some(Event::Steps { old, new })
        },
    ),
    (
        "device",
        "the run continues on `new`, not on `old`",
        |_, old, new| {
            let (old, new) = (old.into(), new.into());
            Some(Event::Device { old, new })
        },
    ),
    (
        "alarm",
        "an alarm went on: `key` is the alarm and its layer, `new` the text",
        |key, _, new| {
            let (key, text) = (key.into(), new.into());
            Some(Event::Alarm { key, text })
        },
    ),
    (
        "alarm_end",
        "an alarm went off; the text is in `old`",
        |key, old, _| {
            let (key, text) = (key.into(), old.into());
            Some(Event::AlarmEnd { key, text })
        },
    ),
];

/// Begins the key of a rewind, before the number of lines.
const LINES: &str = "journal:";

/// Every cause that this program writes, and what it means.
const CAUSES: [(Cause, &str); 5] = [
    (
        Cause::Key,
        "a person's key press or command, here or attached",
    ),
    (Cause::At, "`--at`"),
    (
        Cause::Alarm,
        "what was measured: an alarm, an update that was not finite",
    ),
    (Cause::OnNan, "`--on-nan`"),
    (Cause::Resume, "a process that took over"),
];

fn step(updates: Updates, count: &str) -> Option<Event> {
    let count = count.parse().ok()?;
    Some(Event::Step { updates, count })
}

impl Event {
    /// Kind, key, old and new value, as they are written.
    pub fn words(&self) -> [Cow<'_, str>; 4] {
        let none = || Cow::Borrowed("");
        let number = |number: &u64| Cow::Owned(number.to_string());
        let (kind, key, old, new) = match self {
            Self::Set { key, old, new } => ("set", key.into(), old.into(), new.into()),
            Self::Refused { key, old, new } => ("refused", key.into(), old.into(), new.into()),
            Self::Pause => ("pause", none(), none(), none()),
            Self::Resume => ("resume", none(), none(), none()),
            Self::Step { updates, count } => {
                let kind = match updates {
                    Updates::Both => "step",
                    Updates::Discriminator => "step_d",
                    Updates::Generator => "step_g",
                };
                (kind, none(), none(), number(count))
            }
            Self::NotApplied { why } => ("not_applied", none(), none(), why.into()),
            Self::Mark { step } => ("mark", none(), none(), number(step)),
            Self::Rewind { lines, from, to } => {
                let key = format!("{LINES}{lines}").into();
                ("rewind", key, number(from), number(to))
            }
            Self::Continue { step } => ("continue", none(), none(), number(step)),
            Self::Steps { old, new } => ("steps", none(), number(old), number(new)),
            Self::Device { old, new } => ("device", none(), old.into(), new.into()),
            Self::Alarm { key, text } => ("alarm", key.into(), none(), text.into()),
            Self::AlarmEnd { key, text } => ("alarm_end", key.into(), text.into(), none()),
            Self::Unknown {
                kind,
                key,
                old,
                new,
            } => (kind.as_str(), key.into(), old.into(), new.into()),
        };
        [kind.into(), key, old, new]
    }

    /// The event that is written with these words; it is unknown where this program would write others.
    fn read(words: [Cow<'_, str>; 4]) -> Self {
        let [kind, key, old, new] = &words;
        let known = KINDS.iter().find(|(name, ..)| name == kind);
        let event = known.and_then(|(.., read)| read(key, old, new));
        if let Some(event) = event.filter(|event| event.words() == words) {
            return event;
        }
        let [kind, key, old, new] = words.map(Cow::into_owned);
        Self::Unknown {
            kind,
            key,
            old,
            new,
        }
    }
}

impl Cause {
    /// Its word in the journal.
    pub fn name(&self) -> &str {
        match self {
            Self::Key => "key",
            Self::At => "at",
            Self::Alarm => "alarm",
            Self::OnNan => "on_nan",
            Self::Resume => "resume",
            Self::Unknown(word) => word,
        }
    }

    fn read(word: Cow<'_, str>) -> Self {
        let known = CAUSES.into_iter().find(|(cause, _)| cause.name() == word);
        known.map_or_else(|| Self::Unknown(word.into_owned()), |(cause, _)| cause)
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [kind, key, old, new] = self.event.words();
        let fields = Fields {
            step: self.step,
            kind,
            key,
            old,
            new,
            cause: self.cause.name().into(),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            step: fields.step,
            event: Event::read([fields.kind, fields.key, fields.old, fields.new]),
            cause: Cause::read(fields.cause),
        })
    }
}

/// The table of kinds in Markdown.
pub fn kinds() -> String {
    let rows = KINDS.iter().map(|&(name, meaning, _)| (name, meaning));
    table("kind", rows)
}

/// The table of causes in Markdown.
pub fn causes() -> String {
    let rows = CAUSES
        .iter()
        .map(|(cause, meaning)| (cause.name(), *meaning));
    table("cause", rows)
}

fn table<'a>(head: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows = rows.map(|(name, meaning)| format!("| `{name}` | {meaning} |\n"));
    format!("| {head} | meaning |\n| --- | --- |\n") + &rows.collect::<String>()
}
