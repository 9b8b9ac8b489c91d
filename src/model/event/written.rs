//! Journal entries in JSON: the number `step` and the strings `kind`, `key`, `old`, `new` and `cause`. Forks have
//! `lane`, `from` and `changes` as well, rewinds maybe `without`, requests of programs have `by` and maybe `note`.

mod tables;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::Value;

use super::{Cause, Entry, Event};
use crate::model::Updates;
use tables::CAUSES;
pub use tables::{causes, kinds};

/// An entry as it is written, with its fields in order.
#[derive(Serialize, Deserialize)]
struct Fields<'a> {
    step: u64,
    kind: Cow<'a, str>,
    key: Cow<'a, str>,
    old: Cow<'a, str>,
    new: Cow<'a, str>,
    cause: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lane: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changes: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    without: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
}

/// What tells the cause of an entry.
struct CauseFields<'a> {
    cause: Cow<'a, str>,
    by: Option<Cow<'a, str>>,
    note: Option<Cow<'a, str>>,
}

/// What entries have beside their words: about forks `lane`, `from` and `changes`, of rewinds `without`.
type Parts = [Option<Value>; 4];

/// Prefix of the key of a rewind. The number of journal lines follows.
const LINES: &str = "journal:";

impl Event {
    /// Kind, key, old value and new value, as written in the journal. Unused parts are empty.
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
            Self::Rewind {
                lines, from, to, ..
            } => {
                let key = format!("{LINES}{lines}").into();
                ("rewind", key, number(from), number(to))
            }
            Self::Continue { step } => ("continue", none(), none(), number(step)),
            Self::Steps { old, new } => ("steps", none(), number(old), number(new)),
            Self::Device { old, new } => ("device", none(), old.into(), new.into()),
            Self::Alarm { key, text } => ("alarm", key.into(), none(), text.into()),
            Self::AlarmEnd { key, text } => ("alarm_end", key.into(), text.into(), none()),
            Self::Fork { .. } => ("fork", none(), none(), none()),
            Self::Join { .. } => ("join", none(), none(), none()),
            Self::Note { text } => ("note", none(), none(), text.into()),
            Self::Unknown(words) => return words.each_ref().map(|word| word.into()),
        };
        [kind.into(), key, old, new]
    }

    /// The length of its texts in bytes, together.
    pub(crate) fn length(&self) -> usize {
        let words: usize = self.words().iter().map(|word| word.len()).sum();
        let parts: usize = match self {
            Self::Fork {
                lane,
                from,
                changes,
            } => {
                let lane = lane.as_ref().map_or(0, String::len);
                let from = from.as_ref().map_or(0, |it| it.run.len() + it.lane.len());
                let changes = changes.iter();
                let changes = changes.map(|it| it.key.len() + it.old.len() + it.new.len());
                lane + from + changes.sum::<usize>()
            }
            Self::Join { lane } => lane.len(),
            Self::Rewind { without, .. } => size_of_val(without.as_slice()),
            _ => 0,
        };
        words + parts
    }

    /// Lane, origin and changes of an entry about forks, and the lines without which a run goes back.
    fn parts(&self) -> Parts {
        let text = |lane: &String| Value::String(lane.clone());
        match self {
            Self::Fork {
                lane,
                from,
                changes,
            } => [
                lane.as_ref().map(text),
                from.as_ref().map(|from| serde_json::json!(from)),
                Some(serde_json::json!(changes)),
                None,
            ],
            Self::Join { lane } => [Some(text(lane)), None, None, None],
            Self::Rewind { without, .. } if !without.is_empty() => {
                [None, None, None, Some(serde_json::json!(without))]
            }
            _ => [None, None, None, None],
        }
    }

    /// The event with these words; [`Event::Unknown`] unless it would be written with exactly the same words.
    fn read(words: [Cow<'_, str>; 4], parts: Parts) -> Self {
        let known = Self::known(&words, parts).filter(|event| event.words() == words);
        known.unwrap_or_else(|| Self::Unknown(words.map(Cow::into_owned)))
    }

    /// The event of a known kind; `None` if the kind is unknown, a number is malformed or a part is missing.
    fn known([kind, key, old, new]: &[Cow<'_, str>; 4], parts: Parts) -> Option<Self> {
        let [lane, from, changes, without] = parts;
        let [key, old, new] = [key, old, new].map(|word| word.to_string());
        let number = |word: &str| word.parse::<u64>().ok();
        let step = |updates| {
            let count = number(&new)?;
            Some(Self::Step { updates, count })
        };
        Some(match &**kind {
            "set" => Self::Set { key, old, new },
            "refused" => Self::Refused { key, old, new },
            "pause" => Self::Pause,
            "resume" => Self::Resume,
            "step" => step(Updates::Both)?,
            "step_d" => step(Updates::Discriminator)?,
            "step_g" => step(Updates::Generator)?,
            "not_applied" => Self::NotApplied { why: new },
            "rewind" => Self::Rewind {
                lines: number(key.strip_prefix(LINES)?)?,
                from: number(&old)?,
                to: number(&new)?,
                without: optional(without).ok()?.unwrap_or_default(),
            },
            "mark" => number(&new).map(|step| Self::Mark { step })?,
            "continue" => number(&new).map(|step| Self::Continue { step })?,
            "steps" => {
                let (old, new) = (number(&old)?, number(&new)?);
                Self::Steps { old, new }
            }
            "device" => Self::Device { old, new },
            "alarm" => Self::Alarm { key, text: new },
            "alarm_end" => Self::AlarmEnd { key, text: old },
            "fork" => Self::Fork {
                lane: optional(lane).ok()?,
                from: optional(from).ok()?,
                changes: optional(changes).ok()??,
            },
            "note" => Self::Note { text: new },
            "join" => Self::Join {
                lane: optional(lane).ok()??,
            },
            _ => return None,
        })
    }
}

impl Cause {
    /// The name in the journal, for example `on_nan`.
    pub fn name(&self) -> &str {
        match self {
            Self::Key => "key",
            Self::Ctl { .. } => "ctl",
            Self::At => "at",
            Self::Alarm => "alarm",
            Self::OnNan => "on_nan",
            Self::Resume => "resume",
            Self::Unknown(word) => word,
        }
    }

    /// The length of its texts in bytes, together.
    pub(crate) fn length(&self) -> usize {
        let more = match self {
            Self::Ctl { by, note } => by.len() + note.as_ref().map_or(0, String::len),
            _ => 0,
        };
        self.name().len() + more
    }

    fn read(fields: CauseFields<'_>) -> Self {
        let CauseFields { cause, by, note } = fields;
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        let known = CAUSES.into_iter().find(|(known, _)| known.name() == cause);
        match known {
            Some((Self::Ctl { .. }, _)) => Self::Ctl {
                by: owned(by).unwrap_or_default(),
                note: owned(note),
            },
            Some((cause, _)) => cause,
            None => Self::Unknown(cause.into_owned()),
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [kind, key, old, new] = self.event.words();
        let [lane, from, changes, without] = self.event.parts();
        let (by, note) = match &self.cause {
            Cause::Ctl { by, note } => (Some(by.into()), note.as_ref().map(Cow::from)),
            _ => (None, None),
        };
        let fields = Fields {
            step: self.step,
            kind,
            key,
            old,
            new,
            cause: self.cause.name().into(),
            lane,
            from,
            changes,
            without,
            by,
            note,
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        Ok(Self {
            step: fields.step,
            event: Event::read(
                [fields.kind, fields.key, fields.old, fields.new],
                [fields.lane, fields.from, fields.changes, fields.without],
            ),
            cause: Cause::read(CauseFields {
                cause: fields.cause,
                by: fields.by,
                note: fields.note,
            }),
        })
    }
}

/// A part as its type.
///
/// # Errors
/// If it is malformed.
fn optional<T: DeserializeOwned>(part: Option<Value>) -> serde_json::Result<Option<T>> {
    part.map(serde_json::from_value).transpose()
}
