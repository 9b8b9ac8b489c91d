//! Rewinds a run to a saved state.

use std::sync::Arc;

use super::{Lane, Mode};
use crate::{
    model::{Assignment, Cause, LaneId, Updates},
    run::{OnNan, engine::Failure},
    rundir::{
        self, WriteError,
        about::About,
        checkpoint::{Checkpoint, Kind, Position},
        journal::JournalIndex,
        metrics::{LiveRecords, Past},
        resume,
        schedule::Schedule,
    },
};

/// Maximum number of rewinds after non-finite values.
const MAX_REWINDS: u32 = 3;

/// What a rewind does to a lane.
pub(in crate::run) enum Rewindable {
    /// The lane goes on from this checkpoint.
    To(Box<Checkpoint>),
    /// The lane was split off after that step.
    BegunLater,
}

impl Lane {
    /// What a rewind to a step does to the lane.
    ///
    /// # Errors
    /// If the lane has no readable checkpoint of the step.
    pub(in crate::run) fn rewindable(&mut self, step: u64) -> Result<Rewindable, rundir::Error> {
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(&saved);
        }
        let checkpoint = resume::checkpoint_of_step(&self.directory, step);
        if checkpoint.is_err() && self.id != LaneId::A {
            let about = About::read_lenient(self.directory.path()).ok().flatten();
            if about
                .and_then(|about| about.parent)
                .is_some_and(|parent| step < parent.step)
            {
                return Ok(Rewindable::BegunLater);
            }
        }
        checkpoint.map(|checkpoint| Rewindable::To(Box::new(checkpoint)))
    }

    /// Rewinds to a checkpoint, and pauses.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn rewind_to(
        &mut self,
        checkpoint: &Checkpoint,
        cause: Cause,
    ) -> Result<(), Failure> {
        self.restore(Some(checkpoint), cause)?;
        let step = checkpoint.position.step;
        let message = format!("rewound to step {step}; change settings if needed, then resume");
        self.publisher.notice(message, false);
        self.pause(Mode::Paused);
        self.save_branch()
    }

    /// Saves the state with which a branch begins: without it, a run that is killed before its next step would seem to be
    /// at the end of the abandoned branch.
    fn save_branch(&mut self) -> Result<(), Failure> {
        self.saving.wanted = false;
        // A failure is reported, and tried again.
        self.save_now(Kind::Scheduled).map(drop)
    }

    /// Rewinds to the last checkpoint after a non-finite value, and halves the current learning rates. Returns false if
    /// this is disabled or was done [`MAX_REWINDS`] times.
    ///
    /// # Errors
    /// If the device fails, or files cannot be read.
    pub(super) fn rewind_after_nan(&mut self) -> Result<bool, Failure> {
        if self.options.on_nan == OnNan::Stop
            || self.options.live
            || self.saving.rewinds == MAX_REWINDS
        {
            return Ok(false);
        }
        self.saving.rewinds += 1;
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(&saved);
        }
        let settings = self.training.settings();
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
        let mut problems = Vec::new();
        let checkpoint =
            resume::newest_checkpoint(&self.directory, &about, &journal, &mut problems)?;
        for problem in problems {
            self.publisher.notice(problem, true);
        }
        self.restore(checkpoint.as_ref(), Cause::OnNan)?;
        let halved = rates.map(|(key, rate)| Assignment {
            key: key.to_owned(),
            value: format!("{:?}", rate / 2.0),
        });
        for rate in halved {
            self.set(&[rate], Cause::OnNan)?;
        }
        self.save_branch()?;
        let message = format!(
            "rewound to step {} at half the learning rates ({} of {MAX_REWINDS} times)",
            self.training.steps(),
            self.saving.rewinds
        );
        self.publisher.notice(message, true);
        Ok(true)
    }

    /// Restores a checkpoint, or the initial state if it is `None`, and records the rewind.
    fn restore(&mut self, checkpoint: Option<&Checkpoint>, cause: Cause) -> Result<(), Failure> {
        let from = self.training.steps();
        let settings = match checkpoint {
            Some(checkpoint) => resume::settings(&checkpoint.position)?,
            None => self.options.preset.clone(),
        };
        let settings = settings.until(self.options.preset.steps);
        let state = checkpoint.map(|checkpoint| &checkpoint.state);
        self.training.restore(Arc::new(settings), state)?;
        let position = checkpoint.map(|checkpoint| &checkpoint.position);
        if let Some(position) = position {
            self.training.begin_fork(position)?;
        }
        let done = position.map_or(0, |position| position.planned);
        // Journaled events that were still to be repeated belong to the abandoned branch.
        self.schedule = Schedule::new(&self.options.at, done);
        self.again.clear();
        let step = self.training.steps();
        self.record(step + 1, Position::rewind(position, from), cause);
        self.flush();
        let (updates, left) = position.map_or((Updates::Both, None), resume::active_updates);
        self.requested = updates;
        self.mode = Mode::Running { left, updates };
        self.publisher.state.seconds =
            position.map_or(self.publisher.state.seconds, |position| position.seconds);
        let past = Past::of(position);
        self.show_from(from, &past)?;
        let branched = self.metrics.branch_from(&past);
        self.report(branched);
        Ok(())
    }

    /// Shows what could not be written.
    pub(super) fn report(&mut self, written: Result<(), WriteError>) {
        if let Err(error) = written {
            self.publisher.notice(error.to_string(), true);
        }
    }

    /// Publishes the run up to the current step: curves, settings and samples. `from` is the last step of the previous
    /// branch, `past` the part of metrics.jsonl that led to the state.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn show_from(&mut self, from: u64, past: &Past) -> Result<(), Failure> {
        let step = self.training.steps();
        self.publisher.start_branch(from);
        self.exact = Default::default();
        self.outputs = None;
        let (mut exact, mut outputs) = (None, None);
        let survivors = LiveRecords::of(&self.directory.metrics(), past);
        match survivors {
            Ok(survivors) => {
                let mut scores = None;
                for record in survivors {
                    self.updates = record.updates;
                    self.publisher
                        .add_measures(Arc::clone(&record.measures), record.updates);
                    for (step, figures) in record.figures() {
                        self.publisher.add_figures(step, figures);
                    }
                    scores = record.scores.or(scores);
                    exact = record.spectra.or(exact);
                    if let Some(recorded) = record.outputs {
                        self.publisher.add_outputs(Arc::clone(&recorded));
                        outputs = Some(recorded);
                    }
                }
                self.publisher.state.scores = scores;
            }
            Err(error) => {
                self.publisher.state.scores = None;
                let place = self.directory.metrics();
                let message = format!("curves before step {step}: {place}: {error}");
                self.publisher.notice(message, true);
            }
        }
        self.detectors = Default::default();
        self.publisher.state.alarms.clear();
        let scores = self.publisher.state.scores.as_ref();
        self.scores_written = scores.map(|scores| scores.step);
        self.scored = self.scores_written == Some(step);
        self.last_line = Some(step);
        // Scores of this state are in the next line again, older ones are not.
        self.scores_in_line = self.scores_written.filter(|&of| of < step);
        self.publisher.state.settings = Arc::clone(self.training.settings());
        self.publisher.set_steps(step);
        self.publisher.state.samples = None;
        self.show_recorded(exact, outputs);
        self.publisher.state.plane = None;
        self.publish_states();
        let _ = self.save_samples(&self.directory.picture(step))?;
        Ok(())
    }
}
