//! Recorded histograms of D's output, in bounded memory.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Outputs;

/// Maximum number of kept histograms. When all are there, every second one is dropped.
const MOST: usize = 256;

/// Histograms in the order of their steps: all, or at equal distances if there were many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    kept: Vec<Arc<Outputs>>,
    /// Number of histograms for each kept one.
    stride: u64,
    /// Total number of histograms.
    taken: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            stride: 1,
            taken: 0,
        }
    }
}

impl Kept {
    /// Adds the histograms of a later step.
    pub(super) fn push(&mut self, outputs: Arc<Outputs>) {
        if self.kept.len() == MOST {
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.stride = self.stride.saturating_mul(2);
        }
        if self.taken.is_multiple_of(self.stride) {
            self.kept.push(outputs);
        }
        self.taken = self.taken.saturating_add(1);
    }

    /// The last kept histograms up to `step`.
    pub(super) fn at(&self, step: u64) -> Option<&Arc<Outputs>> {
        let after = self.kept.partition_point(|outputs| outputs.step <= step);
        self.kept.get(after.checked_sub(1)?)
    }

    /// Total number of histograms so far.
    pub(crate) fn count(&self) -> u64 {
        self.taken
    }

    /// Whether it respects its bounds. One that was received from another process may not.
    pub(super) fn is_valid(&self) -> bool {
        let in_order = self.kept.windows(2).all(|two| two[0].step <= two[1].step);
        let valid = self.kept.iter().all(|outputs| outputs.is_valid());
        self.kept.len() <= MOST && self.stride > 0 && in_order && valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(step: u64) -> Arc<Outputs> {
        Arc::new(Outputs::of(step, &[0.0], &[1.0]).unwrap())
    }

    #[test]
    fn the_last_one_up_to_a_step_is_found() {
        let mut kept = Kept::default();
        assert_eq!(kept.at(100), None);
        kept.push(outputs(10));
        kept.push(outputs(20));
        let found = |step| kept.at(step).map(|outputs| outputs.step);
        assert_eq!(
            [9, 10, 19, 20, 99].map(found),
            [None, Some(10), Some(10), Some(20), Some(20)]
        );
    }

    #[test]
    fn many_are_kept_at_equal_distances() {
        let mut kept = Kept::default();
        for step in 1..=3000 {
            kept.push(outputs(step));
            assert!(kept.is_valid());
        }
        assert_eq!(kept.count(), 3000);
        let steps: Vec<u64> = kept.kept.iter().map(|outputs| outputs.step).collect();
        assert!(steps.len() > MOST / 2, "{}", steps.len());
        assert!(steps.windows(2).all(|two| two[1] - two[0] == kept.stride));
        assert_eq!(steps[0], 1);
    }
}
