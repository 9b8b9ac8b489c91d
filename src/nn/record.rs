//! What an update measures, on the device: one buffer, read at once.

use std::ops::Range;

use crate::preset::Loss;

/// What D or G is to reach on its scores s: the sum over samples of a term, divided by the batch.
///
/// With m = s where D should call the sample real and m = −s where it should not, a term is max(0, 1 − m) for hinge,
/// ln(1 + e⁻ᵐ) for non-saturating, −m for Wasserstein; for least squares it is ½(s − 1)² or ½s². A NaN stays one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    pub loss: Loss,
    /// G's form of hinge and Wasserstein losses: −score.
    pub linear: bool,
    /// The first samples, which D should call real; it should call those behind them generated.
    pub real: usize,
    /// What sums over samples are divided by.
    pub batch: usize,
}

impl Objective {
    /// D's, over as many real as generated samples.
    pub fn discriminator(loss: Loss, batch: usize) -> Self {
        Self {
            loss,
            linear: false,
            real: batch,
            batch,
        }
    }

    /// G's: D's loss with every sample to be called real, but for hinge and Wasserstein, where it is −score.
    pub fn generator(loss: Loss, batch: usize) -> Self {
        Self {
            loss,
            linear: matches!(loss, Loss::Hinge | Loss::Wasserstein),
            real: batch,
            batch,
        }
    }
}

/// Where the measures of an update stand in its buffer: the loss, the norm of the whole gradient, those of its parts,
/// figures of layers, scores, norms of ∇x D.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The parts of the gradient whose norms are measured.
    pub parts: Vec<Range<usize>>,
    /// How many figures are copied.
    pub figures: usize,
    /// How many samples D scores.
    pub scores: usize,
    /// Of how many samples ‖∇x D‖ is measured.
    pub samples: usize,
}

impl Record {
    /// Place of the loss.
    pub const LOSS: usize = 0;
    /// Place of the norm of the whole gradient.
    pub const NORM: usize = 1;

    /// The norms of the parts.
    pub fn part_norms(&self) -> Range<usize> {
        let start = Self::NORM + 1;
        start..start + self.parts.len()
    }

    /// Copies of the figures of networks, one after the other.
    pub fn figures(&self) -> Range<usize> {
        let start = self.part_norms().end;
        start..start + self.figures
    }

    /// D's outputs, gain included.
    pub fn scores(&self) -> Range<usize> {
        let start = self.figures().end;
        start..start + self.scores
    }

    /// ‖∇x D‖ of each sample.
    pub fn sample_norms(&self) -> Range<usize> {
        let start = self.scores().end;
        start..start + self.samples
    }

    /// Numbers of the buffer.
    pub fn length(&self) -> usize {
        self.sample_norms().end
    }

    /// Where the record of a turn stands in a history.
    pub fn turn(&self, turn: f32) -> Range<usize> {
        let start = turn as usize * self.length();
        start..start + self.length()
    }
}
