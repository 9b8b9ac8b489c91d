//! What the worker leaves behind: first what cannot be made again, then what takes time.

use super::Worker;
use crate::{
    feed::Stage,
    model::{Stopped, Summary},
    run::engine::Failure,
    rundir::{checkpoint::Kind, summary},
    weights::{self, about::About},
};

/// How much a run leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// Weights and a checkpoint.
    State,
    /// Pictures as well.
    Pictures,
    /// Scores as well.
    All,
}

impl Worker<'_> {
    /// Writes weights, a summary without scores, and a checkpoint where the last step is `whole`; then makes scores and
    /// pictures, as far as they are wanted and nobody leaves them out meanwhile. The summary with the scores is for the
    /// caller to write.
    ///
    /// # Errors
    /// The device's. What cannot be written is kept to be told at the end.
    pub(super) fn leave(
        &mut self,
        whole: bool,
        extent: Extent,
        stopped: Stopped,
    ) -> Result<(), Failure> {
        if extent < Extent::All {
            // No scores will come to stand in it.
            self.catch_up_with_line()?;
        }
        self.publisher.enter(Stage::Saving);
        self.write_weights()?;
        // It comes again, and is told then.
        let _ = self.write_summary(stopped);
        if whole {
            // The last, so that a run with a checkpoint of its last step lacks nothing but scores and pictures.
            let saved = self.save_now(Kind::Scheduled)?;
            self.unsaved.extend(saved.err());
        }
        self.publisher.publish();
        let extent = match extent == Extent::All && !self.score()? {
            true => Extent::State,
            false => extent,
        };
        self.cut |= self.publisher.closing().skips() && !self.scored;
        self.catch_up_with_line()?;
        // Whoever watches a paused run sees its last step.
        self.flush();
        if extent >= Extent::Pictures {
            self.publisher.enter(Stage::Pictures);
            self.draw_last()?;
        }
        Ok(())
    }

    /// The pictures of the last step.
    fn draw_last(&mut self) -> Result<(), Failure> {
        let step = self.lane.steps();
        let every = self.lane.settings().samples.every;
        if step == self.options.preset.steps && every > 0 && step.is_multiple_of(every) {
            let _ = self.look(&self.directory.picture(step))?;
        }
        let written = self.look(&self.directory.final_picture())?;
        self.unsaved.extend(written.err());
        Ok(())
    }

    fn write_weights(&mut self) -> Result<(), Failure> {
        let (name, seed) = (&self.options.name, self.options.seed);
        let about = About::run(name, seed, self.lane.steps(), self.lane.settings());
        let state = self.lane.state()?;
        let (sha256, written) = weights::write(&self.directory, state, &about)?;
        self.weights_sha256 = Some(sha256);
        match written {
            Ok(path) => tracing::info!("saved {}", path.display()),
            Err(error) => {
                let reason = error.to_string();
                self.publisher.notice(reason.clone(), true);
                self.unsaved.push(reason);
            }
        }
        Ok(())
    }

    /// What the run has come to.
    pub(super) fn summary(&self, stopped: Stopped) -> Summary {
        let mut summary = Summary::of(&self.publisher.state, stopped);
        summary.weights_sha256.clone_from(&self.weights_sha256);
        if self.known() < Some(self.lane.steps())
            && let Ok(Some(measures)) = self.lane.measures()
        {
            (summary.loss_d, summary.loss_g) = (Some(measures.loss_d), Some(measures.loss_g));
        }
        summary
    }

    pub(super) fn write_summary(&self, stopped: Stopped) -> Result<(), String> {
        summary::write(&self.directory.summary(), &self.summary(stopped))
    }
}
