//! Writes the final files of a run: first the state of the training, then scores and pictures, which take time.

use super::{End, Lane, Mode, step::ended_by};
use crate::{
    engine::gan::Outcome,
    model::{Status, Stopped, Summary, feed::Stage},
    run::{Ended, engine::Failure},
    rundir::{WriteError, checkpoint::Kind, lock::REPLACED, summary},
    weights::{self, about::About},
};

/// The extent of the final files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::run) enum Extent {
    /// Weights, a checkpoint and a summary.
    State,
    /// State and pictures.
    Pictures,
    /// State, pictures and scores.
    All,
}

impl Lane {
    /// Ends the lane: writes its final files. `has_signal` says whether a signal that ends the run is waiting.
    pub(in crate::run) fn finish(
        mut self,
        ended: Result<End, Failure>,
        has_signal: &mut dyn FnMut() -> bool,
    ) -> Ended {
        // The state of a partly completed step is not saved.
        let consistent = self.training.is_consistent()
            && (ended.is_ok() || matches!(self.training.settle(), Ok(Outcome::Applied)));
        let (mut stopped, extent, mut error) = match ended {
            Ok(End::Stopped(stopped, extent)) => (stopped, extent, None),
            Ok(End::Refused(message)) => (Stopped::Error, Extent::All, Some(message)),
            Err(failure) => (Stopped::Error, Extent::All, Some(failure.to_string())),
        };
        if error.is_none() && matches!(self.training.settle(), Ok(Outcome::NonFinite)) {
            self.publisher.set_steps(self.steps());
            (stopped, error) = (Stopped::Error, Some(ended_by(self.steps() + 1)));
        }
        // After a failure of the device saving also fails. Only the first error is reported.
        let ours = self.lock.holds();
        if !ours {
            error.get_or_insert(format!("nothing more is saved: {REPLACED}"));
        } else if self.mode != Mode::Finished
            && let Err(failure) = self.save_results(consistent, extent, stopped)
        {
            error.get_or_insert(failure.to_string());
        }
        if error.is_none() && self.incomplete && has_signal() {
            stopped = Stopped::Signal;
        }
        if let Some(saved) = self.saving.wait() {
            self.take_saved(&saved);
        }
        self.finish_gifs();
        if ours {
            let kept = [self.metrics.finish(), self.journal.finish()];
            self.unsaved
                .extend(kept.into_iter().filter_map(Result::err));
        }
        if error.is_none() && !self.unsaved.is_empty() {
            let unsaved: Vec<String> = self.unsaved.iter().map(ToString::to_string).collect();
            error = Some(unsaved.join("; "));
        }
        if let Some(message) = &error {
            tracing::error!("{message}");
        }
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.set_status(match (&error, stopped) {
            (Some(message), _) => Status::Failed(message.clone()),
            (None, Stopped::User) => Status::Still("ended by a person".to_owned()),
            (None, Stopped::Signal) => Status::Still("ended by a signal".to_owned()),
            (None, Stopped::Done | Stopped::Error) => Status::Finished,
        });
        self.publisher.publish();
        tracing::info!(step = self.steps(), "end");
        let summary = self.summary(stopped);
        if ours && let Err(unwritten) = self.write_summary(stopped) {
            tracing::error!("{unwritten}");
            error.get_or_insert(unwritten.to_string());
        }
        Ended {
            summary,
            error,
            saved: self.publisher.state.saved,
            directory: self.directory.folder().current_path(),
            others: Vec::new(),
        }
    }

    /// Writes weights, a summary without scores, and a checkpoint if the state is `consistent`. Then computes scores and
    /// draws pictures, if `extent` includes them and no user skips them. The caller writes the summary with scores.
    ///
    /// # Errors
    /// If the device fails. Files that cannot be written are reported at the end of the run.
    pub(super) fn save_results(
        &mut self,
        consistent: bool,
        extent: Extent,
        stopped: Stopped,
    ) -> Result<(), Failure> {
        if extent < Extent::All {
            // The last line will have no scores.
            self.log_last_step()?;
        }
        self.publisher.set_stage(Stage::Saving);
        self.write_weights()?;
        // The summary is written again later, and an error is reported then.
        let _ = self.write_summary(stopped);
        if consistent {
            // Saved last: if this checkpoint exists, only scores and pictures can be missing.
            let saved = self.save_now(Kind::Scheduled)?;
            self.unsaved.extend(saved.err());
        }
        self.publisher.publish();
        let extent = if extent == Extent::All && !self.score()? {
            Extent::State
        } else {
            extent
        };
        self.incomplete |= self.publisher.closing().skips() && !self.scored;
        self.log_last_step()?;
        self.flush();
        if extent >= Extent::Pictures {
            self.publisher.set_stage(Stage::Pictures);
            self.draw_last()?;
        }
        Ok(())
    }

    /// Draws the pictures of the last step.
    fn draw_last(&mut self) -> Result<(), Failure> {
        let step = self.training.steps();
        let every = self.training.settings().samples.every;
        if step == self.options.preset.steps && every > 0 && step.is_multiple_of(every) {
            let _ = self.save_samples(&self.directory.picture(step))?;
        }
        let written = self.save_samples(&self.directory.final_picture())?;
        self.unsaved.extend(written.err());
        Ok(())
    }

    /// Writes the weights file. A write error is reported, not returned.
    fn write_weights(&mut self) -> Result<(), Failure> {
        let (name, seed) = (&self.options.name, self.options.seed);
        let about = About::run(name, seed, self.training.steps(), self.training.settings());
        let state = self.training.state()?;
        let (sha256, written) = weights::write(&self.directory, state, &about)?;
        self.weights_sha256 = Some(sha256);
        match written {
            Ok(path) => tracing::info!("saved {}", path.display()),
            Err(error) => {
                self.publisher.notice(error.to_string(), true);
                self.unsaved.push(error);
            }
        }
        Ok(())
    }

    /// The summary of the run.
    pub(super) fn summary(&self, stopped: Stopped) -> Summary {
        let mut summary = Summary::of(&self.publisher.state, stopped);
        summary.weights_sha256.clone_from(&self.weights_sha256);
        summary.lane = self.names_lane.then_some(self.id);
        if self.measured_step() < Some(self.training.steps())
            && let Ok(Some(measures)) = self.training.measures()
        {
            (summary.loss_d, summary.loss_g) = (Some(measures.loss_d), Some(measures.loss_g));
        }
        summary
    }

    /// Writes the summary to its file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn write_summary(&self, stopped: Stopped) -> Result<(), WriteError> {
        summary::write(&self.directory.summary(), &self.summary(stopped))
    }
}
