//! What the journal of a run tells. Names of kinds and causes stand here alone.

mod written;

use std::fmt;

use super::Updates;

pub use written::{causes, kinds};

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The first step that it acts on; of an alarm, the step after which it went on or off.
    pub step: u64,
    pub event: Event,
    pub cause: Cause,
}

/// What happened to a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A setting changed; both values are written as `--set` takes them.
    Set {
        key: String,
        old: String,
        new: String,
    },
    /// A planned change to `new` was refused: `old` stays in force.
    Refused {
        key: String,
        old: String,
        new: String,
    },
    Pause,
    /// Steps of both networks go on.
    Resume,
    /// So many steps of these networks begin.
    Step {
        updates: Updates,
        count: u64,
    },
    /// A step began whose update was not finite: what it had done before that stays done.
    NotApplied {
        why: String,
    },
    /// The state after this step was marked.
    Mark {
        step: u64,
    },
    /// The run goes on as it stood after so many `lines` of the journal, at step `to`.
    Rewind {
        lines: u64,
        from: u64,
        to: u64,
    },
    /// A process took over after this step.
    Continue {
        step: u64,
    },
    /// The run is to make `new` steps in all.
    Steps {
        old: u64,
        new: u64,
    },
    /// The run is made on device `new` from here on.
    Device {
        old: String,
        new: String,
    },
    /// An alarm went on; see [`Alarm::key`](super::Alarm::key).
    Alarm {
        key: String,
        text: String,
    },
    /// An alarm went off.
    AlarmEnd {
        key: String,
        text: String,
    },
    /// What this program does not write: kind, key, old and new value as they stand.
    Unknown([String; 4]),
}

/// Why something happened to a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A person's key press or command.
    Key,
    /// `--at`.
    At,
    Alarm,
    /// `--on-nan`.
    OnNan,
    /// A process that took over.
    Resume,
    /// A word that this program does not write.
    Unknown(String),
}

impl Event {
    /// The networks whose steps begin, and how many where a number was asked for.
    pub fn begins(&self) -> Option<(Updates, Option<u64>)> {
        match self {
            Self::Step { updates, count } => Some((*updates, Some(*count))),
            Self::Resume => Some((Updates::Both, None)),
            Self::Set { .. }
            | Self::Refused { .. }
            | Self::Pause
            | Self::NotApplied { .. }
            | Self::Mark { .. }
            | Self::Rewind { .. }
            | Self::Continue { .. }
            | Self::Steps { .. }
            | Self::Device { .. }
            | Self::Alarm { .. }
            | Self::AlarmEnd { .. }
            | Self::Unknown(_) => None,
        }
    }
}

/// Kind, key and new value, as far as they say something: `step_d 5`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [kind, key, _, new] = self.words();
        write!(f, "{kind}")?;
        let mut more = [key, new].into_iter().filter(|word| !word.is_empty());
        more.try_for_each(|word| write!(f, " {word}"))
    }
}
