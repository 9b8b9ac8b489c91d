//! What a run is at while its end is waited for, where that takes long.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{feed::Stage, run::Handle};

/// What takes no longer is not told.
const MOMENT: Duration = Duration::from_millis(700);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Tells each thing that takes long, once.
#[derive(Debug)]
pub struct Waiting {
    stage: Stage,
    since: Instant,
    told: bool,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            stage: Stage::Training,
            since: Instant::now(),
            told: false,
        }
    }
}

impl Waiting {
    /// What to say of a run now, if anything.
    pub fn look(&mut self, run: &Handle) -> Option<String> {
        let stage = run.stage();
        if stage != self.stage {
            *self = Self {
                stage,
                ..Self::default()
            };
        }
        if self.told || self.since.elapsed() < MOMENT {
            return None;
        }
        self.told = true;
        Some(words(stage, run.steps()))
    }
}

/// Waits until a run is over, and tells what takes long.
pub fn until_over(run: &Handle, mut tell: impl FnMut(&str)) {
    let mut waiting = Waiting::default();
    while !run.is_over() {
        if let Some(text) = waiting.look(run) {
            tell(&text);
        }
        thread::sleep(LOOK);
    }
}

fn words(stage: Stage, steps: u64) -> String {
    match stage {
        Stage::Training => format!(
            "finishing step {}, then scores and pictures: Ctrl-C leaves those out",
            steps + 1
        ),
        Stage::Saving => "saving weights and a checkpoint".to_owned(),
        Stage::Scores => format!("making the scores of step {steps}: Ctrl-C skips them"),
        Stage::Pictures => format!("making the pictures of step {steps}: Ctrl-C skips them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_skipped_says_how() {
        for stage in [Stage::Training, Stage::Scores, Stage::Pictures] {
            assert!(words(stage, 7).contains("Ctrl-C"), "{stage:?}");
        }
        assert!(words(Stage::Training, 7).contains("step 8"));
    }
}
