//! Whether a process is at a run.

use std::{
    fs::{self, TryLockError},
    path::Path,
    time::{Duration, SystemTime},
};

use crate::{files::open, model::Stopped, rundir::layout};

/// How long a running run may write nothing before it is said to be silent.
pub(crate) const SILENCE: Duration = Duration::from_secs(60);

/// What became of a run so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A process is at it.
    Running,
    /// A process is at it, and has written nothing since then although it is not paused.
    Silent(SystemTime),
    /// A process is at it; a person paused it, or all steps are made.
    Paused,
    /// All steps are made.
    Finished,
    /// A person or a signal ended it in order, or it was killed.
    Interrupted,
    /// An error ended it.
    Failed,
    /// It is over; by an older program, which did not write how it ended.
    Over,
}

impl State {
    /// In a word.
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

    /// Whether a process is at it.
    pub(crate) fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Silent(_) | Self::Paused)
    }
}

/// Whether a process holds the lock of a run. Asking takes it for a moment, shared with others who ask.
pub(crate) fn is_locked(directory: &Path) -> bool {
    let Ok(file) = open::no_follow(&directory.join(layout::LOCK)) else {
        return false;
    };
    // Where it was had, it goes with the file.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// What there is to tell by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signs {
    pub locked: bool,
    /// Why it ended, where its process ended in order.
    pub ending: Option<Stopped>,
    /// Whether a person paused it, or it has made all its steps.
    pub paused: bool,
    /// When a file of it was last written.
    pub written: Option<SystemTime>,
    /// Whether an older program left its weights.
    pub weights: bool,
    /// Whether it has a lock file at all, as every run has that writes summaries.
    pub knows_locks: bool,
}

impl Signs {
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
        match self.ending {
            Some(Stopped::Done) => State::Finished,
            Some(Stopped::User | Stopped::Signal) => State::Interrupted,
            Some(Stopped::Error) => State::Failed,
            None if self.weights && !self.knows_locks => State::Over,
            None => State::Interrupted,
        }
    }
}

/// When a file that a running run goes on writing was last written.
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
    fn the_lock_counts_first_then_how_it_ended() {
        let now = SystemTime::now();
        let old = now - SILENCE - Duration::from_secs(1);
        let signs = Signs {
            locked: true,
            ending: Some(Stopped::Done),
            paused: false,
            written: Some(now),
            weights: false,
            knows_locks: true,
        };
        assert_eq!(signs.state(now), State::Running);
        let silent = Signs {
            written: Some(old),
            ..signs
        };
        assert_eq!(silent.state(now), State::Silent(old));
        assert_eq!(
            Signs {
                paused: true,
                ..silent
            }
            .state(now),
            State::Paused
        );
        // A clock that goes after the file server's is no sign of silence.
        let ahead = Signs {
            written: Some(now + SILENCE),
            ..signs
        };
        assert_eq!(ahead.state(now), State::Running);
        let over = Signs {
            locked: false,
            ..signs
        };
        assert_eq!(over.state(now), State::Finished);
        for (stopped, state) in [
            (Stopped::User, State::Interrupted),
            (Stopped::Signal, State::Interrupted),
            (Stopped::Error, State::Failed),
        ] {
            let over = Signs {
                ending: Some(stopped),
                ..over
            };
            assert_eq!(over.state(now), state);
        }
        let killed = Signs {
            ending: None,
            ..over
        };
        assert_eq!(killed.state(now), State::Interrupted);
        let older = Signs {
            weights: true,
            knows_locks: false,
            ..killed
        };
        assert_eq!(older.state(now), State::Over);
    }

    #[test]
    fn a_lock_is_seen_and_asking_for_it_disturbs_nobody_for_long() {
        let home = tempfile::tempdir().unwrap();
        assert!(!is_locked(home.path()));
        let lock = fs::File::create(home.path().join("lock")).unwrap();
        assert!(!is_locked(home.path()));
        lock.try_lock().unwrap();
        assert!(is_locked(home.path()) && is_locked(home.path()));
        lock.unlock().unwrap();
        assert!(!is_locked(home.path()));
        lock.try_lock().unwrap();
    }
}
