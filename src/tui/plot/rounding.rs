//! Round numbers, for the ends and the labels of axes.

/// The tolerance for rounding errors in the ends of an axis, relative to a step.
pub(super) const EDGE: f64 = 1e-6;

/// Returns the multiples of a step from one end to the other.
pub(super) fn multiples(step: f64, ends: [f64; 2]) -> Vec<f64> {
    let first = (ends[0] / step - EDGE).ceil() as i64;
    let last = (ends[1] / step + EDGE).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

pub(super) fn floor(value: f64, step: f64) -> f64 {
    (value / step + EDGE).floor() * step
}

pub(super) fn ceil(value: f64, step: f64) -> f64 {
    (value / step - EDGE).ceil() * step
}

/// Returns the step of which an end of a log axis is a multiple. `at` is the logarithm of the end, and `part` the preferred
/// step as a difference of logarithms. The step is at most the power of ten below the end.
pub(super) fn log_step(at: f64, part: f64) -> f64 {
    let value = 10f64.powf(at);
    let first = 10f64.powf((at + EDGE).floor());
    round_step(value * part * std::f64::consts::LN_10).min(first)
}

/// Returns the smallest of 1, 2, 5 times a power of ten that is not below `step`.
pub(crate) fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&round| round >= step)
        .unwrap_or(10.0 * power)
}
