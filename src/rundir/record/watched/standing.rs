//! How a watched run stands: whether it goes on, is paused, is silent or has ended.

use std::time::SystemTime;

use super::Watched;
use crate::{
    model::Status,
    rundir::{
        layout,
        record::{
            State, last_error,
            state::{self, Signs, last_written},
        },
    },
};

impl Watched {
    /// Finds out how the run stands; whether that is news.
    pub(super) fn judge(&mut self) -> bool {
        self.locked = state::is_locked(&self.directory);
        let now = SystemTime::now();
        let made = self.snapshot.step >= self.snapshot.settings.steps;
        let signs = Signs {
            locked: self.locked,
            ending: self.ending.as_ref().map(|ending| ending.stopped),
            paused: self.journal.is_paused() || made,
            written: last_written(&self.directory),
            weights: self.directory.join(layout::WEIGHTS).is_file(),
            knows_locks: self.directory.join(layout::LOCK).exists(),
        };
        let state = signs.state(now);
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
            self.say(format!("The run failed: {why}"), true);
        }
        self.state = state;
        self.snapshot.status = status;
        self.snapshot.steps_per_second = rate;
        self.snapshot.steps = steps;
        news
    }
}

/// Steps by which a state is told to be silent: minutes, so that the word changes seldom.
fn silent(since: SystemTime, now: SystemTime) -> String {
    let minutes = now
        .duration_since(since)
        .map_or(0, |since| since.as_secs() / 60);
    format!("silent for {minutes} min")
}
