//! Losses of raw scores, with their derivatives.

use crate::preset::Loss;

/// The loss of scores and its derivative by each; see [`crate::nn::op::loss::loss`].
pub fn loss(
    scores: &[f32],
    sides: &[f32],
    loss: Loss,
    linear: bool,
    batch: usize,
) -> (f32, Vec<f32>) {
    let mut total = 0.0f64;
    let slopes = scores
        .iter()
        .zip(sides)
        .map(|(&score, &side)| {
            let margin = score * side;
            let (term, slope) = match loss {
                _ if linear => (-margin, -side),
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
            };
            total += term as f64;
            slope / batch as f32
        })
        .collect();
    ((total / batch as f64) as f32, slopes)
}
