//! Entries of the journal. The names of kinds and causes are defined only here.

mod written;

use std::fmt;

use super::{
    Updates,
    fork::{self, Change, Parent},
};

pub use written::{causes, kinds};

/// Maximum length of the texts of an entry, in bytes, for lenient reading. Alarm texts and values of settings are the
/// longest.
pub(crate) const MAX_TEXT: usize = 64 << 10;

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The first step that the event affects. For an alarm: the step after which it went on or off.
    pub step: u64,
    /// The event.
    pub event: Event,
    /// The reason for the event.
    pub cause: Cause,
}

/// An event of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A setting changed.
    Set {
        /// Path of the setting.
        key: String,
        /// The previous value, in the syntax of `--set`.
        old: String,
        /// The new value, in the syntax of `--set`.
        new: String,
    },
    /// A scheduled change was refused.
    Refused {
        /// Path of the setting.
        key: String,
        /// The value that stays in force.
        old: String,
        /// The refused value.
        new: String,
    },
    /// The training paused.
    Pause,
    /// Steps of both networks continue.
    Resume,
    /// A requested number of steps begins.
    Step {
        /// The networks that these steps update.
        updates: Updates,
        /// Number of steps.
        count: u64,
    },
    /// An update was not finite and was not applied. Earlier updates of the same step keep their effect.
    NotApplied {
        /// The value that was not finite.
        why: String,
    },
    /// The state was saved in a marked checkpoint.
    Mark {
        /// The step of the state.
        step: u64,
    },
    /// The run was rewound to a saved state.
    Rewind {
        /// Number of journal lines that had been written when the state was saved.
        lines: u64,
        /// The step before the rewind.
        from: u64,
        /// The step of the saved state.
        to: u64,
        /// Ranges of lines, first and last number from 0, that are among these lines, but did not lead to the state: a
        /// resumed run had yet to repeat them when it saved it.
        without: Vec<[u64; 2]>,
    },
    /// Another process resumed the run.
    Continue {
        /// The step after which it resumed.
        step: u64,
    },
    /// The total number of steps changed.
    Steps {
        /// The previous total.
        old: u64,
        /// The new total.
        new: u64,
    },
    /// The run continues on another device.
    Device {
        /// The previous device, for example `cpu`.
        old: String,
        /// The new device.
        new: String,
    },
    /// An alarm went on.
    Alarm {
        /// See [`Alarm::key`](super::Alarm::key).
        key: String,
        /// See [`Alarm::text`](super::Alarm::text).
        text: String,
    },
    /// An alarm went off.
    AlarmEnd {
        /// See [`Alarm::key`](super::Alarm::key).
        key: String,
        /// See [`Alarm::text`](super::Alarm::text).
        text: String,
    },
    /// A lane was split off; or the run was forked from another one, which is the first entry of its journal.
    Fork {
        /// The lane that was split off. `None` in the journal of the forked run itself.
        lane: Option<String>,
        /// The state from which this run was forked. `None` in the journal of the run from which a lane was split off.
        from: Option<Parent>,
        /// The settings that differ after the fork.
        changes: Vec<Change>,
    },
    /// A lane ended: from here on the run goes on without it.
    Join {
        /// The lane.
        lane: String,
    },
    /// A note of a person or a program.
    Note {
        /// The text.
        text: String,
    },
    /// An event that this version does not know: kind, key, old and new value, unchanged.
    Unknown([String; 4]),
}

/// The reason for an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A key press or command of a user.
    Key,
    /// A request of a program, see `sn-tui ctl`.
    Ctl {
        /// The name of the program's user.
        by: String,
        /// Why it asked, if it said so.
        note: Option<String>,
    },
    /// A change that `--at` scheduled.
    At,
    /// A measured value.
    Alarm,
    /// The option `--on-nan`.
    OnNan,
    /// A process that resumed the run.
    Resume,
    /// A cause that this version does not know, as written.
    Unknown(String),
}

impl Event {
    /// The networks whose steps begin with this event, and the number of steps if it is limited. `None` if no steps begin.
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
            | Self::Fork { .. }
            | Self::Join { .. }
            | Self::Note { .. }
            | Self::Unknown(_) => None,
        }
    }
}

/// Kind, key and new value without empty parts, for example `step_d 5`; a sentence for forks.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fork {
                lane,
                from,
                changes,
            } => {
                let text = fork::sentence(lane.as_deref(), from.as_ref(), changes);
                return f.write_str(&text);
            }
            Self::Join { lane } => return write!(f, "lane {lane} ended"),
            _ => {}
        }
        let [kind, key, _, new] = self.words();
        write!(f, "{kind}")?;
        let mut more = [key, new].into_iter().filter(|word| !word.is_empty());
        more.try_for_each(|word| write!(f, " {word}"))
    }
}
