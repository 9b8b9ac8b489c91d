//! The measurements of an update: one buffer on the device, which the host reads in one copy.

use std::ops::Range;

use crate::preset::Loss;

/// The loss of D or G as a function of the scores s: the sum of a term over samples, divided by the batch size.
///
/// With m = s for samples that D should call real and m = −s for the others, a term is max(0, 1 − m) for hinge, ln(1 +
/// e⁻ᵐ) for non-saturating and −m for Wasserstein. For least squares it is ½(s − 1)² or ½s². A NaN score gives a NaN
/// loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// The loss that the pass ends in.
    pub loss: Loss,
    /// Whether the term is −s: G's loss for hinge and Wasserstein.
    pub linear: bool,
    /// The number of samples that D should call real. They come first in the batch, the generated ones after them.
    pub real: usize,
    /// The divisor of the sum over samples.
    pub batch: usize,
}

impl Objective {
    /// D's loss over `batch` real and `batch` generated samples.
    pub fn discriminator(loss: Loss, batch: usize) -> Self {
        Self {
            loss,
            linear: false,
            real: batch,
            batch,
        }
    }

    /// G's loss over `batch` samples: D's loss with all of them called real. For hinge and Wasserstein it is −s.
    pub fn generator(loss: Loss, batch: usize) -> Self {
        Self {
            loss,
            linear: matches!(loss, Loss::Hinge | Loss::Wasserstein),
            real: batch,
            batch,
        }
    }
}

/// The layout of the record of one update: loss, norm of the whole gradient, norms of its parts, figures of layers,
/// scores, norms of ∇x D.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordLayout {
    /// Ranges of the gradient, each of which has its own norm.
    pub parts: Vec<Range<usize>>,
    /// Number of figures (σ, ‖W‖F, gain) that are copied.
    pub figures: usize,
    /// Number of samples that D scores.
    pub scores: usize,
    /// Number of samples of which ‖∇x D‖ is measured.
    pub samples: usize,
}

impl RecordLayout {
    /// Offset of the loss.
    pub const LOSS: usize = 0;
    /// Offset of the norm of the whole gradient.
    pub const NORM: usize = 1;

    /// Range of the norms of the parts.
    pub fn part_norms(&self) -> Range<usize> {
        let start = Self::NORM + 1;
        start..start + self.parts.len()
    }

    /// Range of the copies of the networks' figures.
    pub fn figures(&self) -> Range<usize> {
        let start = self.part_norms().end;
        start..start + self.figures
    }

    /// Range of D's outputs, multiplied by the gain.
    pub fn scores(&self) -> Range<usize> {
        let start = self.figures().end;
        start..start + self.scores
    }

    /// Range of ‖∇x D‖ for each sample.
    pub fn sample_norms(&self) -> Range<usize> {
        let start = self.scores().end;
        start..start + self.samples
    }

    /// Length of the record.
    pub fn length(&self) -> usize {
        self.sample_norms().end
    }

    /// Range of row `row` in a history of such records.
    pub fn history_row(&self, row: f32) -> Range<usize> {
        let start = row as usize * self.length();
        start..start + self.length()
    }
}
