//! How a run returns to a state that was saved, and goes on from there.

use std::sync::Arc;

use super::{Mode, Worker};
use crate::{
    model::{Cause, Event, Updates},
    run::{OnNan, engine::Failure},
    rundir::{
        about::About,
        checkpoint::Checkpoint,
        journal::JournalIndex,
        metrics::{LiveRecords, Record},
        resume,
        schedule::Schedule,
    },
};

/// Most returns after numbers that are not finite.
const RETURNS: u32 = 3;

impl Worker<'_> {
    /// Goes back to the last checkpoint made of a step, and pauses there.
    pub(super) fn rewind(&mut self, step: u64) -> Result<(), Failure> {
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(saved);
        }
        match resume::checkpoint_of_step(&self.directory, step) {
            Ok(checkpoint) => {
                self.return_to(Some(&checkpoint), Cause::Key)?;
                let message = format!("back at step {step}; change what you like, then resume");
                self.publisher.notice(message, false);
                self.pause(Mode::Paused);
            }
            Err(error) => self.publisher.notice(error.to_string(), true),
        }
        Ok(())
    }

    /// After numbers that are not finite: back to the last checkpoint at half the rates in force, unless that was done
    /// often enough or is not wanted. Says whether it did.
    pub(super) fn return_after_nan(&mut self) -> Result<bool, Failure> {
        if self.options.on_nan == OnNan::Stop || self.options.live || self.saving.returns == RETURNS
        {
            return Ok(false);
        }
        self.saving.returns += 1;
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(saved);
        }
        let settings = self.lane.settings();
        let rates = [
            ("generator.learning_rate", settings.generator.learning_rate),
            (
                "discriminator.learning_rate",
                settings.discriminator.learning_rate,
            ),
        ];
        self.flush();
        let about = About::read_strict(&self.directory.about())?;
        let journal = JournalIndex::read(&self.directory.journal())?;
        let mut wrong = Vec::new();
        let checkpoint = resume::newest_checkpoint(&self.directory, &about, &journal, &mut wrong)?;
        for problem in wrong {
            self.publisher.notice(problem, true);
        }
        self.return_to(checkpoint.as_ref(), Cause::OnNan)?;
        for (key, rate) in rates {
            self.set(key, &format!("{:?}", rate / 2.0), Cause::OnNan)?;
        }
        let message = format!(
            "back at step {} at half the learning rates ({} of {RETURNS} times)",
            self.lane.steps(),
            self.saving.returns
        );
        self.publisher.notice(message, true);
        Ok(true)
    }

    fn return_to(&mut self, checkpoint: Option<&Checkpoint>, cause: Cause) -> Result<(), Failure> {
        let from = self.lane.steps();
        let settings = match checkpoint {
            Some(checkpoint) => {
                let settings = resume::settings(&checkpoint.position);
                settings.map_err(|error| error.to_string())?
            }
            None => self.options.preset.clone(),
        };
        let settings = settings.until(self.options.preset.steps);
        let state = checkpoint.map(|checkpoint| &checkpoint.state);
        self.lane.restore(Arc::new(settings), state)?;
        let position = checkpoint.map(|checkpoint| &checkpoint.position);
        let lines = position.map_or(0, |position| position.journal);
        let done = position.map_or(0, |position| position.planned);
        // What the journal still had to be done again belonged to the branch that is left.
        self.schedule = Schedule::new(&self.options.at, done);
        self.again.clear();
        let step = self.lane.steps();
        let rewind = Event::Rewind {
            lines,
            from,
            to: step,
        };
        self.record(step + 1, rewind, cause);
        self.flush();
        let (updates, left) = position.map_or((Updates::Both, None), resume::active_updates);
        self.going = updates;
        self.mode = Mode::Running { left, updates };
        self.saving.wanted = true;
        self.publisher.state.seconds =
            position.map_or(self.publisher.state.seconds, |position| position.seconds);
        let last = self.begin_at(from)?;
        self.cut(last);
        Ok(())
    }

    /// Ends a branch in metrics.jsonl: a line of the present step again, after which those of later steps count no more.
    pub(super) fn cut(&mut self, last: Option<Record>) {
        let Some(record) = last else { return };
        let pushed = self.metrics.push(&record);
        if let Err(reason) = pushed.and_then(|()| self.metrics.flush()) {
            self.publisher.notice(reason, true);
        }
    }

    /// Shows a run that begins at the present step: its curves up to there, its settings, its samples.
    /// Gives the line of that step.
    pub(super) fn begin_at(&mut self, from: u64) -> Result<Option<Record>, Failure> {
        let step = self.lane.steps();
        self.publisher.branch(from);
        self.exacts = Default::default();
        let survivors = LiveRecords::until(&self.directory.metrics(), step);
        let mut last = None;
        match survivors {
            Ok(survivors) => {
                let mut scores = None;
                for record in survivors {
                    self.updates = record.updates;
                    self.publisher
                        .measures(Arc::clone(&record.measures), record.updates);
                    if let Some(found) = &record.scores {
                        self.publisher.figures(found.step, found.figures.named());
                        scores = Some(Arc::clone(found));
                    }
                    if let Some(exact) = &record.spectra {
                        self.draw_exact(exact);
                    }
                    last = Some(record);
                }
                self.publisher.state.scores = scores.filter(|scores| scores.step == step);
            }
            Err(error) => {
                let place = self.directory.metrics();
                let message = format!("curves before step {step}: {place}: {error}");
                self.publisher.notice(message, true);
            }
        }
        self.detectors = Default::default();
        self.publisher.state.alarms.clear();
        self.scored = self.publisher.state.scores.is_some();
        self.scores_written = self
            .publisher
            .state
            .scores
            .as_ref()
            .map(|scores| scores.step);
        self.last_line = Some(step);
        self.scores_in_line = None;
        self.publisher.state.settings = Arc::clone(self.lane.settings());
        self.publisher.stepped(step);
        self.publisher.state.samples = None;
        self.publisher.state.spectra = None;
        self.publisher.state.plane = None;
        self.tell_states();
        let _ = self.look(&self.directory.picture(step))?;
        Ok(last)
    }
}
