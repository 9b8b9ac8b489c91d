//! One step, with its scheduled changes, measures, samples and scores.

use std::time::Instant;

use super::{End, Mode, Worker};
use crate::{
    gan::Outcome,
    model::{Cause, Event, Updates},
    run::{engine::Failure, training::Refused},
    rundir::schedule::Planned,
};

impl Worker<'_> {
    /// Executes the changes that are scheduled before the next step, then makes the step. `left` is the number of requested
    /// steps, this one included. Returns the reason if the run ends.
    ///
    /// # Errors
    /// If the device or the data fail.
    pub(super) fn step(
        &mut self,
        mut left: Option<u64>,
        mut updates: Updates,
    ) -> Result<Option<End>, Failure> {
        let start = Instant::now();
        self.next_step = start + self.pace();
        let step = self.training.steps() + 1;
        let mut known_to_fail = false;
        // Planned changes apply to a state whose updates were all finite.
        if self.schedule.is_due(step) && self.training.settle()? == Outcome::NonFinite {
            return self.not_finite();
        }
        while let Some(planned) = self.schedule.due(step)? {
            match planned {
                Planned::Scheduled { key, value } => {
                    let Err(refused) = self.set(&key, &value, Cause::At) else {
                        continue;
                    };
                    let message = format!("--at {step}:{key}={value}: {refused}");
                    if !self.options.live && !matches!(refused, Refused::Memory { .. }) {
                        return Ok(Some(End::Refused(message)));
                    }
                    self.publisher.notice(message, true);
                    self.refuse(key, value);
                }
                Planned::Replayed(changes) => {
                    let Err(refused) = self.set_again(&changes) else {
                        continue;
                    };
                    // Without this change the run would differ from the original one.
                    let message =
                        format!("a change before step {step} cannot be repeated: {refused}");
                    if !self.options.live {
                        return Ok(Some(End::Refused(message)));
                    }
                    self.publisher.notice(message, true);
                }
                Planned::Start {
                    updates: these,
                    count,
                } => {
                    (updates, left) = (these, count);
                    self.user_steps = false;
                    self.requested = these;
                }
                Planned::FailedStep => {
                    known_to_fail = true;
                    break;
                }
            }
        }
        self.mode = Mode::Running { left, updates };
        self.updates = updates;
        if self.training.step(updates, known_to_fail)? == Outcome::NonFinite {
            if known_to_fail {
                // The user's reaction is next in the journal.
                self.record(step, not_finite(), Cause::Alarm);
                return Ok(None);
            }
            return self.not_finite();
        }
        let done = step == self.options.preset.steps;
        let left = left.map(|left| left.saturating_sub(1));
        let with_line = self
            .options
            .log_every
            .is_some_and(|every| step.is_multiple_of(every.max(1)));
        let exact = self.training.settings().spectra.is_due(step);
        let measured = with_line
            || exact
            || done
            || left == Some(0)
            || step.is_multiple_of(self.options.measure_every.max(1));
        let settings = self.training.settings();
        let due = |every: u64| every > 0 && step.is_multiple_of(every);
        let shown = due(settings.samples.every) || due(settings.scores.every);
        if (measured || shown) && self.training.settle()? == Outcome::NonFinite {
            return self.not_finite();
        }
        self.publisher.set_steps(step);
        self.report_skipped();
        self.scored = false;
        // Results of the last step are computed after its weights are saved.
        if !done {
            self.collect_results(measured, with_line)?;
        }

        let now = Instant::now();
        self.rate.step(now);
        self.publisher.state.steps_per_second = self.rate.per_second();
        self.publisher.state.seconds += now.duration_since(start).as_secs_f64();
        self.mode = Mode::Running { left, updates };
        if left == Some(0) {
            self.requested = Updates::Both;
            if (self.options.live || self.user_steps) && !self.schedule.starts_before(step + 1) {
                self.pause(Mode::Paused);
            } else {
                self.mode = Mode::RUNNING;
            }
        }
        let end = if done {
            None
        } else {
            self.save_on_schedule(true)?
        };
        self.publisher.tick();
        Ok(end)
    }

    /// Computes the scores, measures and samples that are due after the step.
    fn collect_results(&mut self, measured: bool, with_line: bool) -> Result<(), Failure> {
        let step = self.training.steps();
        let (samples, scores) = {
            let settings = self.training.settings();
            (settings.samples.every, settings.scores.every)
        };
        let due = |every: u64| every > 0 && step.is_multiple_of(every);
        if due(scores) {
            self.score()?;
        }
        self.measure_exact_if_due()?;
        if measured {
            self.measure(with_line)?;
        }
        if due(samples) {
            let _ = self.save_samples(&self.directory.picture(step))?;
        }
        Ok(())
    }

    /// Handles an update that was not applied: a live run pauses, a headless run rewinds or ends. Returns the reason if the
    /// run ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn not_finite(&mut self) -> Result<Option<End>, Failure> {
        self.publisher.set_steps(self.training.steps());
        let step = self.training.steps() + 1;
        self.measure(self.options.log_every.is_some())?;
        let measures = self.publisher.state.measures.as_deref();
        let changes = self.detectors.non_finite(step, measures);
        self.raise(changes);
        self.record(step, not_finite(), Cause::Alarm);
        if self.rewind_after_nan()? {
            return Ok(None);
        }
        if !self.options.live {
            return Ok(Some(End::Refused(ended_by(step))));
        }
        self.publisher.notice(
            format!(
                "{}. Rewind to a saved state, or lower a learning rate or the gain, then resume",
                not_applied(step)
            ),
            true,
        );
        self.pause(Mode::Paused);
        Ok(None)
    }
}

/// The journal event of an update that was not applied.
fn not_finite() -> Event {
    Event::NotApplied {
        why: "the loss or a gradient is not finite".to_owned(),
    }
}

/// The message about an update that was not applied.
fn not_applied(step: u64) -> String {
    format!("step {step}: the loss or a gradient is not finite; the update was not applied")
}

/// The message about a run that ended because an update was not applied.
pub(super) fn ended_by(step: u64) -> String {
    format!(
        "{}\nThe same preset, seed and changes lead to the same failure: start a run with another setting (--set KEY=VALUE)",
        not_applied(step)
    )
}
