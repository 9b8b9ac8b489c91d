//! One step, with its scheduled changes, measures, samples and scores.
//!
//! A step has three parts: [`Lane::prepare_step`], the step of the training, and [`Lane::complete_step`]. Several lanes
//! make the last two side by side, see [`super::together`].

use std::time::Instant;

use super::{End, Lane, Mode};
use crate::{
    engine::gan::Outcome,
    model::{Cause, Event, Updates},
    run::{engine::Failure, training::Refused},
    rundir::schedule::Planned,
};

/// The step in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    start: Instant,
    /// Number of requested steps, this one included; `None` without a limit.
    left: Option<u64>,
    updates: Updates,
    /// Whether the journal says that the update is not finite.
    known_to_fail: bool,
}

/// Whether a lane is ready to step.
pub(in crate::run) enum Prepared {
    /// The training can step.
    Ready,
    /// There is no step now, or the run ends.
    NotReady(Option<End>),
}

impl Lane {
    /// Makes the step of the training that was prepared.
    pub(super) fn step_training(&mut self) -> Result<Outcome, Failure> {
        match self.attempt {
            Some(attempt) => self.training.step(attempt.updates, attempt.known_to_fail),
            None => Err("the step was not prepared".into()),
        }
    }

    /// Executes the changes that are scheduled before the next step. Returns the reason if the run ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn prepare_step(&mut self) -> Result<Prepared, Failure> {
        let Mode::Running {
            mut left,
            mut updates,
        } = self.mode
        else {
            return Ok(Prepared::NotReady(None));
        };
        let start = Instant::now();
        self.next_step = start + self.pace();
        let step = self.training.steps() + 1;
        let mut known_to_fail = false;
        // Planned changes apply to a state whose updates were all finite.
        if self.schedule.is_due(step) && self.training.settle()? == Outcome::NonFinite {
            return Ok(Prepared::NotReady(self.not_finite()?));
        }
        while let Some(planned) = self.schedule.due(step)? {
            match planned {
                Planned::Scheduled(change) => {
                    let set = self.set(std::slice::from_ref(&change), Cause::At);
                    let Err(refused) = set else { continue };
                    let message = format!("--at {step}:{change}: {refused}");
                    if !self.options.live && !matches!(refused, Refused::Memory { .. }) {
                        return Ok(Prepared::NotReady(Some(End::Refused(message))));
                    }
                    self.publisher.notice(message, true);
                    self.refuse(change.key, change.value);
                }
                Planned::Replayed(changes) => {
                    let Err(refused) = self.set_again(&changes) else {
                        continue;
                    };
                    // Without this change the run would differ from the original one.
                    let message =
                        format!("a change before step {step} cannot be repeated: {refused}");
                    if !self.options.live {
                        return Ok(Prepared::NotReady(Some(End::Refused(message))));
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
        self.attempt = Some(Attempt {
            start,
            left,
            updates,
            known_to_fail,
        });
        Ok(Prepared::Ready)
    }

    /// Completes a step of the training: measures, samples, scores and checkpoints that are due. Returns the reason if the
    /// run ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn complete_step(&mut self, outcome: Outcome) -> Result<Option<End>, Failure> {
        let Some(attempt) = self.attempt.take() else {
            return Ok(None);
        };
        let Attempt {
            start,
            left,
            updates,
            known_to_fail,
        } = attempt;
        let step = match outcome {
            Outcome::Applied => self.steps(),
            Outcome::NonFinite => self.steps() + 1,
        };
        if outcome == Outcome::NonFinite {
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
            || self.has_distances()
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

        // What is between two steps counts, as writing and waiting for other lanes, but not the wait of slow motion.
        let begun = self.rate.last_end();
        let begun = begun.filter(|_| self.publisher.state.pace.is_none());
        let now = Instant::now();
        self.rate.step(now);
        self.publisher.state.steps_per_second = self.rate.per_second();
        self.publisher.state.seconds += now.duration_since(begun.unwrap_or(start)).as_secs_f64();
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
        self.pass_on_lines();
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
