//! Messages about slow stages at the end of a run.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{model::feed::Stage, run::Handle};

/// Stages shorter than this are not reported.
const MOMENT: Duration = Duration::from_millis(700);
/// Time between two checks.
const LOOK: Duration = Duration::from_millis(20);

/// Reports each slow stage of a run once.
#[derive(Debug)]
pub(super) struct Waiting {
    stage: Stage,
    since: Instant,
    reported: bool,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            stage: Stage::Training,
            since: Instant::now(),
            reported: false,
        }
    }
}

impl Waiting {
    /// Returns the message about the current stage of `run`, if one is due.
    pub(super) fn look(&mut self, run: &Handle) -> Option<String> {
        let stage = run.stage();
        if stage != self.stage {
            *self = Self {
                stage,
                ..Self::default()
            };
        }
        if self.reported || self.since.elapsed() < MOMENT {
            return None;
        }
        self.reported = true;
        Some(words(stage, run.steps()))
    }
}

/// Waits until `run` is over and passes messages about slow stages to `report`.
pub fn wait_until_over(run: &Handle, mut report: impl FnMut(&str)) {
    let mut waiting = Waiting::default();
    while !run.is_over() {
        if let Some(text) = waiting.look(run) {
            report(&text);
        }
        thread::sleep(LOOK);
    }
}

/// Returns the message about a stage of a run that has made `steps` steps.
fn words(stage: Stage, steps: u64) -> String {
    match stage {
        Stage::Training => format!(
            "finishing step {}, then scores and pictures: Ctrl-C skips these",
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
