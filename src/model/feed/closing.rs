//! The ending of a run: the stage of its worker, and whether slow parts are skipped.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// What a worker is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It trains, or works between two steps.
    #[default]
    Training,
    /// It writes weights and a checkpoint.
    Saving,
    /// It scores samples.
    Scores,
    /// It makes the pictures of the last step.
    Pictures,
}

const STAGES: [Stage; 4] = [
    Stage::Training,
    Stage::Saving,
    Stage::Scores,
    Stage::Pictures,
];

/// State shared by a worker and the threads that wait for its end. Changes are visible at once, also during a step.
#[derive(Debug, Default)]
pub struct Closing {
    stage: AtomicU8,
    skip: AtomicBool,
}

/// Work was skipped because the run must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("skipped: the run is ending")]
pub struct Skipped;

impl Closing {
    /// Returns the current stage.
    pub fn stage(&self) -> Stage {
        let stage = usize::from(self.stage.load(Ordering::Relaxed));
        STAGES.get(stage).copied().unwrap_or_default()
    }

    /// Sets the current stage.
    pub fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// Skips scores and the pictures after them from now on, including scores in progress.
    pub fn skip(&self) {
        self.skip.store(true, Ordering::Relaxed);
    }

    /// Returns whether scores and pictures are skipped.
    pub fn skips(&self) -> bool {
        self.skip.load(Ordering::Relaxed)
    }

    /// Checks whether long work may continue. Call it regularly during such work.
    ///
    /// # Errors
    /// [`Skipped`] if the work must stop.
    pub fn go_on(&self) -> Result<(), Skipped> {
        if self.skips() { Err(Skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_is_the_one_that_was_entered() {
        let closing = Closing::default();
        assert_eq!(closing.stage(), Stage::Training);
        for stage in STAGES {
            closing.enter(stage);
            assert_eq!(closing.stage(), stage);
        }
        assert_eq!(closing.go_on(), Ok(()));
        closing.skip();
        assert_eq!(closing.go_on(), Err(Skipped));
    }
}
