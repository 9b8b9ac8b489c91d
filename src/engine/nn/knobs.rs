//! Knobs: the scalars of an update that change during a run (rates, gain, decays).
//!
//! The host writes all of them into a small buffer on the device before each update. A knob is addressed by its index,
//! 0 to [`COUNT`] − 1.

/// Index of the factor on D's output.
pub const GAIN: usize = 0;
/// Index of Adam's β₁, in [0, 1).
pub const BETA1: usize = 1;
/// Index of Adam's β₂, in [0, 1).
pub const BETA2: usize = 2;
/// Index of Adam's step size: the learning rate / (1 − β₁ᵗ), where t counts the updates from 1.
pub const STEP_SIZE: usize = 3;
/// Index of √(1 − β₂ᵗ), where t counts the updates from 1.
pub const ROOT_CORRECTION: usize = 4;
/// Index of the bound on the absolute value of each parameter; infinite for no clipping.
pub const CLIP: usize = 5;
/// Index of the decay of the moving average of G, in [0, 1): the weight of the old average.
pub const AVERAGE: usize = 6;
/// Index of the decay of batch normalization's running statistics, in [0, 1): the weight of the old values.
pub const STATISTICS: usize = 7;
/// Index of a decay that is always 0, with which [`super::Backend::blend`] copies.
pub const COPY: usize = 8;
/// Index of the row of the history that the update writes, from 0; see [`super::Backend::measure`].
pub const HISTORY_ROW: usize = 9;
/// Number of knobs, and length of the buffer.
pub const COUNT: usize = 10;

/// Adam's ε, which keeps the divisor of a step above 0. It does not change, so it is no knob.
pub const EPSILON: f32 = 1e-8;

/// The values of all knobs, by index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knobs([f32; COUNT]);

impl Default for Knobs {
    /// A gain of 1, no clipping, an average that equals G, a learning rate of 0.
    fn default() -> Self {
        let mut knobs = [0.0; COUNT];
        knobs[GAIN] = 1.0;
        knobs[ROOT_CORRECTION] = 1.0;
        knobs[CLIP] = f32::INFINITY;
        knobs[STATISTICS] = 1.0 - super::layer::MOMENTUM;
        Self(knobs)
    }
}

impl Knobs {
    /// Returns these knobs with `number` at the index `place`.
    pub fn with(mut self, place: usize, number: f32) -> Self {
        self.0[place] = number;
        self
    }

    /// The values in the order of the indices, [`COUNT`] of them.
    pub fn numbers(&self) -> &[f32] {
        &self.0
    }
}
