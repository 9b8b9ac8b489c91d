//! Losses of raw scores, with their derivatives.

use super::buffers::{self, Buffer};
use crate::{
    nn::{
        knobs::GAIN,
        record::{Objective, Record},
    },
    preset::Loss,
};

/// See [`crate::nn::Backend::loss`].
pub fn loss(
    raw: &[f32],
    objective: &Objective,
    knobs: &[f32],
    record: &mut [f32],
    places: &Record,
) -> Buffer {
    let (gain, batch) = (knobs[GAIN], objective.batch as f32);
    let mut slopes = buffers::take(raw.len());
    let mut total = 0.0f64;
    let scores = &mut record[places.scores()];
    for (index, (&raw, slope)) in raw.iter().zip(slopes.iter_mut()).enumerate() {
        let (score, side) = (gain * raw, if index < objective.real { 1.0 } else { -1.0 });
        let (term, by_score) = term(score, side, objective);
        scores[index] = score;
        total += f64::from(term);
        *slope = gain * by_score / batch;
    }
    record[Record::LOSS] = (total / objective.batch as f64) as f32;
    slopes
}

/// The loss of one score and its derivative; the side is 1 where D should say real, else −1.
fn term(score: f32, side: f32, objective: &Objective) -> (f32, f32) {
    let margin = score * side;
    match objective.loss {
        _ if objective.linear => (-margin, -side),
        Loss::Wasserstein => (-margin, -side),
        // Written so that a NaN stays one.
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
