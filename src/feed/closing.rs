//! How a run comes to its end: what it is at, and whether what takes long is left out.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// What a worker is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Steps, and what stands between them.
    #[default]
    Training,
    /// Weights and a checkpoint are written.
    Saving,
    /// Samples are scored.
    Scores,
    /// The pictures of the last step are made.
    Pictures,
}

const STAGES: [Stage; 4] = [
    Stage::Training,
    Stage::Saving,
    Stage::Scores,
    Stage::Pictures,
];

/// Shared by a worker and whoever waits for its end; what is said here is known at once, also amid a step or scores.
#[derive(Debug, Default)]
pub struct Closing {
    stage: AtomicU8,
    skip: AtomicBool,
}

/// Something was left out because the run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("left out: the run is to end")]
pub struct Skipped;

impl Closing {
    pub fn stage(&self) -> Stage {
        let stage = usize::from(self.stage.load(Ordering::Relaxed));
        STAGES.get(stage).copied().unwrap_or_default()
    }

    pub fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// Scores, those that are being made included, and pictures that follow them are left out from now on.
    pub fn skip(&self) {
        self.skip.store(true, Ordering::Relaxed);
    }

    pub fn skips(&self) -> bool {
        self.skip.load(Ordering::Relaxed)
    }

    /// To be asked amid work that takes long.
    ///
    /// # Errors
    /// It is to be left out.
    pub fn go_on(&self) -> Result<(), Skipped> {
        match self.skips() {
            true => Err(Skipped),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_is_told_as_it_was_entered() {
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
