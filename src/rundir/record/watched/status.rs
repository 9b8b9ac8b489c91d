//! Updating the status of the snapshot.

use std::time::SystemTime;

use super::WatchedRun;
use crate::{
    model::Status,
    rundir::{
        layout, lock,
        record::{
            State, last_error,
            state::{StateInputs, last_written},
        },
    },
};

impl WatchedRun {
    /// Updates the state and the status. Returns whether the status changed.
    pub(super) fn update_status(&mut self) -> bool {
        self.locked = lock::is_locked(&self.directory);
        let now = SystemTime::now();
        let made = self.snapshot.step >= self.snapshot.settings.steps;
        let inputs = StateInputs {
            locked: self.locked,
            stopped: self.ending.as_ref().map(|ending| ending.stopped),
            paused: self.journal.is_paused() || made,
            written: last_written(&self.directory),
            has_weights: self.directory.join(layout::WEIGHTS).is_file(),
            has_lock_file: self.directory.join(layout::LOCK).exists(),
        };
        let state = inputs.state(now);
        let status = match state {
            State::Running if self.snapshot.step == 0 => Status::Starting,
            State::Running => Status::Running,
            State::Paused if made => Status::Finished,
            State::Paused => Status::Paused,
            State::Finished => Status::Finished,
            State::Silent(since) => Status::Still(silent(since, now)),
            State::Interrupted | State::Failed | State::Over => {
                Status::Still(state.name().to_owned())
            }
        };
        let rate = match state {
            State::Running => self.metrics.rate(),
            _ => 0.0,
        };
        let steps = self.snapshot.settings.steps.max(self.snapshot.step);
        let news = status != self.snapshot.status
            || rate != self.snapshot.steps_per_second
            || steps != self.snapshot.steps;
        if state == State::Failed && self.state != state {
            let why = last_error(&self.directory);
            let why = why.unwrap_or_else(|| format!("{} says why", layout::LOG));
            self.notify(format!("The run failed: {why}"), true);
        }
        self.state = state;
        self.snapshot.status = status;
        self.snapshot.steps_per_second = rate;
        self.snapshot.steps = steps;
        news
    }
}

/// The status text of a silent run. It counts minutes so that it rarely changes.
fn silent(since: SystemTime, now: SystemTime) -> String {
    let minutes = now
        .duration_since(since)
        .map_or(0, |since| since.as_secs() / 60);
    format!("silent for {minutes} min")
}
