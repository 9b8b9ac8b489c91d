//! The state of a run, from its lock and files.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use crate::{model::Stopped, rundir::layout};

/// A running process that has written nothing for longer is silent.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A process is training.
    Running,
    /// A process holds the lock and is not paused, but has written nothing since this time.
    Silent(SystemTime),
    /// A process holds the lock, and the run is paused or has made all its steps.
    Paused,
    /// All steps are made.
    Finished,
    /// A user or a signal ended it, or it was killed.
    Interrupted,
    /// An error ended it.
    Failed,
    /// It ended, but an older version did not write how.
    Over,
}

impl State {
    /// The state in one word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Silent(_) => "silent",
            Self::Paused => "paused",
            Self::Finished => "finished",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Over => "over",
        }
    }

    /// Whether a process holds the lock.
    pub(crate) fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Silent(_) | Self::Paused)
    }
}

/// What the state is derived from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateInputs {
    pub locked: bool,
    /// Why it ended, if the process ended in order.
    pub stopped: Option<Stopped>,
    /// Whether it was paused or has made all its steps.
    pub paused: bool,
    /// When one of its files was last written.
    pub written: Option<SystemTime>,
    /// Whether it has final weights.
    pub has_weights: bool,
    /// Whether it has a lock file. Versions that write summaries always create one.
    pub has_lock_file: bool,
}

impl StateInputs {
    /// The state at the time `now`.
    pub(crate) fn state(&self, now: SystemTime) -> State {
        if self.locked {
            let silent = self.written.filter(|&written| {
                now.duration_since(written)
                    .is_ok_and(|since| since > SILENCE)
            });
            return match (self.paused, silent) {
                (true, _) => State::Paused,
                (false, Some(since)) => State::Silent(since),
                (false, None) => State::Running,
            };
        }
        match self.stopped {
            Some(Stopped::Done) => State::Finished,
            Some(Stopped::User | Stopped::Signal) => State::Interrupted,
            Some(Stopped::Error) => State::Failed,
            None if self.has_weights && !self.has_lock_file => State::Over,
            None => State::Interrupted,
        }
    }
}

/// When one of the files that training writes was last written.
pub(crate) fn last_written(directory: &Path) -> Option<SystemTime> {
    let names = [
        layout::METRICS,
        layout::JOURNAL,
        layout::ABOUT,
        layout::PRESET,
        layout::SUMMARY,
        layout::WEIGHTS,
        layout::LATEST_SAMPLES,
        layout::CHECKPOINTS,
        layout::SAMPLES,
    ];
    let times = names.iter().map(|name| directory.join(name));
    let times = times.filter_map(|path| fs::metadata(path).ok()?.modified().ok());
    times.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_decides_before_the_summary() {
        let now = SystemTime::now();
        let old = now - SILENCE - Duration::from_secs(1);
        let inputs = StateInputs {
            locked: true,
            stopped: Some(Stopped::Done),
            paused: false,
            written: Some(now),
            has_weights: false,
            has_lock_file: true,
        };
        assert_eq!(inputs.state(now), State::Running);
        let silent = StateInputs {
            written: Some(old),
            ..inputs
        };
        assert_eq!(silent.state(now), State::Silent(old));
        assert_eq!(
            StateInputs {
                paused: true,
                ..silent
            }
            .state(now),
            State::Paused
        );
        // A clock behind that of the file server does not mean silence.
        let ahead = StateInputs {
            written: Some(now + SILENCE),
            ..inputs
        };
        assert_eq!(ahead.state(now), State::Running);
        let over = StateInputs {
            locked: false,
            ..inputs
        };
        assert_eq!(over.state(now), State::Finished);
        for (stopped, state) in [
            (Stopped::User, State::Interrupted),
            (Stopped::Signal, State::Interrupted),
            (Stopped::Error, State::Failed),
        ] {
            let over = StateInputs {
                stopped: Some(stopped),
                ..over
            };
            assert_eq!(over.state(now), state);
        }
        let killed = StateInputs {
            stopped: None,
            ..over
        };
        assert_eq!(killed.state(now), State::Interrupted);
        let older = StateInputs {
            has_weights: true,
            has_lock_file: false,
            ..killed
        };
        assert_eq!(older.state(now), State::Over);
    }
}
