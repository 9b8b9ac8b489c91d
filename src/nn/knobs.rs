//! Knobs: the scalars of an update that change during a run (rates, gain, decays).
//!
//! The device reads them from a small buffer, which the host writes before each update.

/// Factor on D's output.
pub const GAIN: usize = 0;
/// Adam's decay rates.
pub const BETA1: usize = 1;
/// Index of Adam's β₂.
pub const BETA2: usize = 2;
/// Learning rate / (1 − β1ᵗ).
pub const STEP_SIZE: usize = 3;
/// √(1 − β2ᵗ).
pub const ROOT_CORRECTION: usize = 4;
/// Bound on the absolute value of parameters; infinite for no clipping.
pub const CLIP: usize = 5;
/// Decay of the moving average of G.
pub const AVERAGE: usize = 6;
/// Decay of running statistics.
pub const STATISTICS: usize = 7;
/// A decay of 0: [`super::Backend::blend`] then copies.
pub const COPY: usize = 8;
/// Row of the history that the update writes, see [`super::Backend::measure`].
pub const HISTORY_ROW: usize = 9;
/// Number of knobs.
pub const COUNT: usize = 10;

/// Adam's ε.
pub const EPSILON: f32 = 1e-8;

/// The values of all knobs.
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
    /// Sets one knob.
    pub fn with(mut self, place: usize, number: f32) -> Self {
        self.0[place] = number;
        self
    }

    /// The numbers in the order of the indices above.
    pub fn numbers(&self) -> &[f32] {
        &self.0
    }
}
