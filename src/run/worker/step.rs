//! A step, and what it calls for.

use std::time::Instant;

use super::{End, Mode, Worker};
use crate::{
    gan::Outcome,
    model::{Cause, Event, Updates},
    run::{engine::Failure, lane::Refused},
    rundir::schedule::Planned,
};

impl Worker<'_> {
    /// What is planned before the next step, then the step of these networks, so many times where `left` says so. Why
    /// the worker ends, where it does.
    pub(super) fn step(
        &mut self,
        mut left: Option<u64>,
        mut updates: Updates,
    ) -> Result<Option<End>, Failure> {
        let start = Instant::now();
        self.next_step = start + self.pace();
        let step = self.lane.steps() + 1;
        let mut known_to_fail = false;
        // What is planned is planned for a state that stands.
        if self.schedule.is_due(step) && self.lane.settle()? == Outcome::NonFinite {
            return self.not_finite();
        }
        while let Some(planned) = self.schedule.due(step)? {
            match planned {
                Planned::Scheduled { key, value } => {
                    let Err(refused) = self.set(&key, &value, Cause::At) else {
                        continue;
                    };
                    let message = format!("--at {step}:{key}={value}: {refused}");
                    if !self.options.live && !matches!(refused, Refused::Memory(_)) {
                        return Ok(Some(End::Refused(message)));
                    }
                    self.publisher.notice(message, true);
                    self.refuse(key, value);
                }
                Planned::Replayed(changes) => {
                    let Err(refused) = self.set_again(&changes) else {
                        continue;
                    };
                    // What happened once and cannot happen again is no reason to go on otherwise.
                    let message =
                        format!("a change of step {step} cannot be made again: {refused}");
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
                    self.asked = false;
                    self.going = these;
                }
                Planned::FailedStep => {
                    known_to_fail = true;
                    break;
                }
            }
        }
        self.mode = Mode::Running { left, updates };
        self.updates = updates;
        if self.lane.step(updates, known_to_fail)? == Outcome::NonFinite {
            if known_to_fail {
                // What the person did then is to be done next.
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
        let exactly = self.lane.settings().spectra.is_due(step);
        let measured = with_line
            || exactly
            || done
            || left == Some(0)
            || step.is_multiple_of(self.options.measure_every.max(1));
        let settings = self.lane.settings();
        let turn = |every: u64| every > 0 && step.is_multiple_of(every);
        let shown = turn(settings.samples.every) || turn(settings.scores.every);
        if (measured || shown) && self.lane.settle()? == Outcome::NonFinite {
            return self.not_finite();
        }
        self.publisher.stepped(step);
        self.tell_skipped();
        self.scored = false;
        // What the last step calls for is made when its weights are safe.
        if !done {
            self.look_back(measured, with_line)?;
        }

        let now = Instant::now();
        self.rate.step(now);
        self.publisher.state.steps_per_second = self.rate.per_second();
        self.publisher.state.seconds += now.duration_since(start).as_secs_f64();
        self.mode = Mode::Running { left, updates };
        if left == Some(0) {
            self.going = Updates::Both;
            if (self.options.live || self.asked) && !self.schedule.starts_before(step + 1) {
                self.pause(Mode::Paused);
            } else {
                self.mode = Mode::RUNNING;
            }
        }
        let end = match done {
            true => None,
            false => self.save_on_schedule(true)?,
        };
        self.publisher.tick();
        Ok(end)
    }

    /// Scores, measures and samples of a step, where it is their turn.
    fn look_back(&mut self, measured: bool, with_line: bool) -> Result<(), Failure> {
        let step = self.lane.steps();
        let (samples, scores) = {
            let settings = self.lane.settings();
            (settings.samples.every, settings.scores.every)
        };
        let turn = |every: u64| every > 0 && step.is_multiple_of(every);
        if turn(scores) {
            self.score()?;
        }
        self.measure_exactly_in_turn()?;
        if measured {
            self.measure(with_line)?;
        }
        if turn(samples) {
            let _ = self.look(&self.directory.picture(step))?;
        }
        Ok(())
    }

    /// An update of the step after the last was not applied: a live run pauses, another ends or returns to its last
    /// checkpoint.
    pub(super) fn not_finite(&mut self) -> Result<Option<End>, Failure> {
        self.publisher.stepped(self.lane.steps());
        let step = self.lane.steps() + 1;
        self.measure(self.options.log_every.is_some())?;
        let measures = self.publisher.state.measures.as_deref();
        let turns = self.detectors.non_finite(step, measures);
        self.raise(turns);
        self.record(step, not_finite(), Cause::Alarm);
        if self.return_after_nan()? {
            return Ok(None);
        }
        if !self.options.live {
            return Ok(Some(End::Refused(ended_by(step))));
        }
        self.publisher.notice(
            format!(
                "{}. Go back to a saved state, or lower a learning rate or the gain, then resume",
                not_applied(step)
            ),
            true,
        );
        self.pause(Mode::Paused);
        Ok(None)
    }
}

/// What the journal says of a step whose update was not applied.
fn not_finite() -> Event {
    Event::NotApplied {
        why: "the loss or a gradient is not finite".to_owned(),
    }
}

/// What a person is told of a step whose update was not applied.
fn not_applied(step: u64) -> String {
    format!("step {step}: the loss or a gradient is not finite; the update was not applied")
}

/// What a person is told of a run that a step ended whose update was not applied.
pub(super) fn ended_by(step: u64) -> String {
    format!(
        "{}\nThe same preset, seed and changes lead here again: start anew with another setting (--set KEY=VALUE)",
        not_applied(step)
    )
}
