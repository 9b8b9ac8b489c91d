//! Updates since the host last looked whether all were finite, and the way back to before one that was not.

use super::{Error, Outcome, Trainer, measured::Measured};
use crate::nn::{Backend, guard};

/// What the counters were before an update, and what it measured.
pub struct Attempt<B: Backend> {
    steps: u64,
    updates_d: u64,
    updates_g: u64,
    measured: Option<Measured<B>>,
}

impl<B: Backend> Trainer<B> {
    /// Whether all updates so far were finite. Where the host does not see the device's numbers, this asks the device:
    /// at the first update that was not finite the trainer stands as before it, and `measures` are those of it.
    ///
    /// # Errors
    /// Those of the device.
    pub fn settle(&mut self) -> Result<Outcome, Error> {
        if self.attempts.is_empty() {
            return Ok(Outcome::Applied);
        }
        let applied = guard::applied(&self.backend, &self.guard)?;
        guard::reset(&self.backend, &mut self.guard)?;
        let mut attempts = std::mem::take(&mut self.attempts).into_iter();
        let Some(attempt) = attempts.nth(applied) else {
            return Ok(Outcome::Applied);
        };
        self.steps = attempt.steps;
        self.adam_d.rewind(attempt.updates_d);
        self.adam_g.rewind(attempt.updates_g);
        self.measured = attempt.measured;
        Ok(Outcome::NonFinite)
    }

    /// Remembers an update whose gradient the guard is about to see.
    pub(super) fn attempt(&mut self) {
        self.attempts.push(Attempt {
            steps: self.steps,
            updates_d: self.adam_d.updates(),
            updates_g: self.adam_g.updates(),
            measured: None,
        });
    }

    /// Remembers what it measured.
    pub(super) fn attempt_measured(&mut self) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.measured.clone_from(&self.measured);
        }
    }

    /// Looks whether updates were finite, where it is time to.
    pub(super) fn look(&mut self) -> Result<Outcome, Error> {
        match self.attempts.len() >= B::CHECK_INTERVAL {
            true => self.settle(),
            false => Ok(Outcome::Applied),
        }
    }
}
