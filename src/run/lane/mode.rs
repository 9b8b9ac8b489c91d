//! Whether and how fast a lane makes steps.

use std::time::{Duration, Instant};

use super::{Lane, Mode};
use crate::model::{LaneId, Status, Updates};

/// Maximum time between two steps in slow motion.
const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);
impl Lane {
    /// Time until the next step may start.
    pub(in crate::run) fn wait(&self) -> Duration {
        self.next_step.saturating_duration_since(Instant::now())
    }

    /// Minimum time between the starts of two steps.
    pub(super) fn pace(&self) -> Duration {
        let pace = self.publisher.state.pace;
        pace.map_or(Duration::ZERO, |pace| {
            Duration::try_from_secs_f32(1.0 / pace).map_or(MAX_DELAY, |pace| pace.min(MAX_DELAY))
        })
    }

    /// Sets the maximum number of steps per second.
    ///
    /// # Errors
    /// If it is not a number above 0.
    pub(super) fn set_pace(&mut self, pace: Option<f32>) -> Result<(), String> {
        if let Some(pace) = pace.filter(|pace| !(pace.is_finite() && *pace > 0.0)) {
            return Err(format!(
                "a pace is a number of steps per second above 0, not {pace}"
            ));
        }
        self.publisher.state.pace = pace;
        // A faster pace shortens the current wait.
        self.next_step = self.next_step.min(Instant::now() + self.pace());
        Ok(())
    }

    /// Continues with steps of these networks, `left` of them if given.
    pub(super) fn run_steps(&mut self, left: Option<u64>, updates: Updates) {
        self.requested = updates;
        self.mode = Mode::Running { left, updates };
        self.user_steps = left.is_some();
        self.publisher.set_status(Status::Running);
    }

    /// Pauses because another lane has paused by itself.
    pub(in crate::run) fn pause_because_of(&mut self, other: LaneId) {
        self.publisher
            .notice(format!("paused with lane {other}"), false);
        self.pause(Mode::Paused);
    }

    /// Enters a mode without steps, and publishes it. Lines that wait are written: no step comes to take them along.
    pub(super) fn pause(&mut self, mode: Mode) {
        self.mode = mode;
        self.flush();
        self.rate.pause();
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.set_status(match mode {
            Mode::Running { .. } => Status::Running,
            Mode::Paused => Status::Paused,
            Mode::Finished => Status::Finished,
        });
        self.publisher.publish();
    }

    /// Goes on as `parent` does, from which it was split off: its mode, its pace and the steps that were requested.
    pub(in crate::run) fn go_on_as(&mut self, parent: &Self) {
        self.publisher.state.pace = parent.publisher.state.pace;
        self.next_step = parent.next_step;
        self.requested = parent.requested;
        self.user_steps = parent.user_steps;
        match parent.mode {
            Mode::Running { left, updates } => {
                self.mode = Mode::Running { left, updates };
                self.publisher.set_status(Status::Running);
            }
            mode => self.pause(mode),
        }
    }
}
