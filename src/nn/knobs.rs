//! The numbers that a person or a schedule changes while a run goes on, as a device reads them: places in a small buffer
//! that the host writes before each update.

/// Factor on D's output.
pub const GAIN: usize = 0;
/// Adam's decay rates.
pub const BETA1: usize = 1;
pub const BETA2: usize = 2;
/// Learning rate / (1 − β1ᵗ).
pub const STEP_SIZE: usize = 3;
/// √(1 − β2ᵗ).
pub const ROOT_CORRECTION: usize = 4;
/// Bound on what is learned; infinite where nothing is clipped.
pub const CLIP: usize = 5;
/// Decay of the average of G.
pub const AVERAGE: usize = 6;
/// Decay of running statistics.
pub const STATISTICS: usize = 7;
/// A decay of 0.
pub const COPY: usize = 8;
/// Which record of the history the update writes, see [`super::Backend::measure`].
pub const TURN: usize = 9;
/// How many there are.
pub const COUNT: usize = 10;

/// Added to Adam's denominator.
pub const EPSILON: f32 = 1e-8;

/// The numbers by their places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knobs([f32; COUNT]);

impl Default for Knobs {
    /// A gain of 1, no clipping, an average that is G itself, a learning rate of 0.
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
    /// With another number at a place.
    pub fn with(mut self, place: usize, number: f32) -> Self {
        self.0[place] = number;
        self
    }

    pub fn numbers(&self) -> &[f32] {
        &self.0
    }
}
