//! Updates whose finiteness the host has not checked yet, and the rollback to the state before a non-finite one.

use super::{Error, Outcome, Trainer, measured::Measured};
use crate::engine::nn::{Backend, guard};

/// The counters before an update, and the measures after it.
pub(super) struct Attempt<B: Backend> {
    steps: u64,
    updates_d: u64,
    updates_g: u64,
    measured: Option<Measured<B>>,
}

impl<B: Backend> Trainer<B> {
    /// Checks whether all updates so far were finite. On a device that runs asynchronously this waits for it. After a
    /// non-finite update the trainer's state is that before the update, and [`Trainer::measures`] are those of the update.
    ///
    /// # Errors
    /// If the device fails.
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

    /// Notes the counters before an update whose gradient the guard will check.
    pub(super) fn attempt(&mut self) {
        self.attempts.push(Attempt {
            steps: self.steps,
            updates_d: self.adam_d.updates(),
            updates_g: self.adam_g.updates(),
            measured: None,
        });
    }

    /// Notes the measures of the last attempt.
    pub(super) fn attempt_measured(&mut self) {
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.measured.clone_from(&self.measured);
        }
    }

    /// Checks whether updates were finite, once every `B::CHECK_INTERVAL` updates.
    pub(super) fn settle_if_due(&mut self) -> Result<Outcome, Error> {
        if self.attempts.len() >= B::CHECK_INTERVAL {
            self.settle()
        } else {
            Ok(Outcome::Applied)
        }
    }
}
