//! Losses of D's scores and their derivatives.

use super::buffers::{self, Buffer};
use crate::{
    engine::nn::{
        knobs::GAIN,
        record::{Objective, RecordLayout},
    },
    preset::Loss,
};

/// See [`crate::engine::nn::Backend::loss`].
pub(super) fn loss(
    raw: &[f32],
    objective: &Objective,
    knobs: &[f32],
    record: &mut [f32],
    layout: &RecordLayout,
) -> Buffer {
    let (gain, batch) = (knobs[GAIN], objective.batch as f32);
    let mut slopes = buffers::take(raw.len());
    let mut total = 0.0f64;
    let scores = &mut record[layout.scores()];
    for (index, (&raw, slope)) in raw.iter().zip(slopes.iter_mut()).enumerate() {
        let (score, side) = (gain * raw, if index < objective.real { 1.0 } else { -1.0 });
        let (term, by_score) = term(score, side, objective);
        scores[index] = score;
        total += f64::from(term);
        *slope = gain * by_score / batch;
    }
    record[RecordLayout::LOSS] = (total / objective.batch as f64) as f32;
    slopes
}

/// The loss of one score and its derivative. `side` is 1 if D should call the sample real, else −1.
fn term(score: f32, side: f32, objective: &Objective) -> (f32, f32) {
    let margin = score * side;
    match objective.loss {
        _ if objective.linear => (-margin, -side),
        Loss::Wasserstein => (-margin, -side),
        // `margin >= 1.0` is false for NaN, which stays NaN.
        Loss::Hinge if margin >= 1.0 => (0.0, 0.0),
        Loss::Hinge => (1.0 - margin, -side),
        Loss::NonSaturating => {
            let tail = (-margin.abs()).exp();
            let softplus = (-margin).max(0.0) + tail.ln_1p();
            (softplus + 0.0 * margin, -side / (1.0 + margin.exp()))
        }
        Loss::LeastSquares => {
            let error = score - (side + 1.0) * 0.5;
            (0.5 * error * error, error)
        }
    }
}
