//! Writes the final files of a run: first the state of the training, then scores and pictures, which take time.

use super::Lane;
use crate::{
    model::feed::Stage,
    model::{Stopped, Summary},
    run::engine::Failure,
    rundir::{WriteError, checkpoint::Kind, summary},
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
