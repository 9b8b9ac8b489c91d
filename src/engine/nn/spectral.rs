//! Spectral normalization in training (Miyato et al. 2018, algorithm 1).
//!
//! u and v are state of the layer. Power iteration updates them before D's passes. They are never differentiated, but σ
//! = uᵀWv is.

use crate::{
    engine::{
        random::{self, Stream},
        spectral::power,
    },
    preset::{Layout, NormalizedLayer, OnDisable},
};

use super::{
    backend::{Backend, Result},
    layer::Affine,
    memory::Memory,
};

/// Power iterations on new vectors before they are used.
pub const WARM_UP: usize = 15;

/// Offset of σ = uᵀWv among the figures of a layer.
pub const SIGMA: usize = 0;
/// Offset of ‖W‖F.
pub const NORM: usize = 1;
/// Offset of the factor on the normalized weight.
pub const GAIN: usize = 2;
/// Number of figures of a layer.
pub const FIGURES: usize = 3;

/// Power iteration of one layer, for [`Backend::power_iteration`]: `iterations` steps v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖, then
/// σ = uᵀWv and ‖W‖F.
///
/// A vector whose image is zero or not finite keeps its value. Norms are at least [`crate::engine::spectral::EPSILON`]. The
/// gain is not changed. u and v of all layers lie behind all weights, each v right behind its u.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerIteration {
    /// Offset of the weight.
    pub weight: usize,
    /// The matrix within the weight.
    pub layout: Layout,
    /// Offset of u.
    pub u: usize,
    /// Offset of v, which is right behind u.
    pub v: usize,
    /// Offset of the layer's figures.
    pub figures: usize,
    /// Iterations per update; 0 only measures.
    pub iterations: usize,
}

impl PowerIteration {
    /// Power iteration of `layer`; 0 iterations only measure σ and ‖W‖F.
    pub fn of(layer: &Affine, iterations: usize) -> Self {
        Self {
            weight: layer.weight.start,
            layout: layer.product.layout(),
            u: layer.u.start,
            v: layer.v.start,
            figures: layer.figures,
            iterations,
        }
    }
}

/// Applies `settings` to a layer and gives it new random unit vectors with [`WARM_UP`] iterations.
///
/// # Errors
/// Returns `Failure` if the device fails.
pub fn initialize<B: Backend>(
    backend: &B,
    memory: &mut Memory<B>,
    layer: &mut Affine,
    settings: NormalizedLayer,
    seed: u64,
) -> Result<()> {
    let mut rng = random::generator(seed, Stream::PowerIteration, layer.index);
    for place in [&layer.u, &layer.v] {
        let unit = power::unit_vector(place.len(), &mut rng);
        backend.write(&mut memory.numbers, place.start, &unit)?;
    }
    layer.spectral = Some(settings);
    set_gain(backend, memory, layer)?;
    let iteration = PowerIteration::of(layer, WARM_UP);
    backend.power_iteration(&[iteration], &mut memory.numbers, &mut memory.figures, None)
}

/// Applies `settings` to a layer that has u and v. If they switch normalization off with `fold`, the weight becomes the
/// normalized one, so that the layer's function does not change.
///
/// # Errors
/// Returns `Failure` if the device fails.
pub fn reconfigure<B: Backend>(
    backend: &B,
    memory: &mut Memory<B>,
    layer: &mut Affine,
    settings: NormalizedLayer,
    on_disable: OnDisable,
) -> Result<()> {
    let switched_off = layer.is_normalized() && !settings.enabled;
    if switched_off && on_disable == OnDisable::Fold {
        fold(backend, memory, layer)?;
    }
    layer.spectral = Some(settings);
    set_gain(backend, memory, layer)
}

/// W ← gain·W/σ. W does not change if σ is zero or not finite.
fn fold<B: Backend>(backend: &B, memory: &mut Memory<B>, layer: &Affine) -> Result<()> {
    let iteration = PowerIteration::of(layer, 0);
    backend.power_iteration(&[iteration], &mut memory.numbers, &mut memory.figures, None)?;
    let place = layer.figures..layer.figures + FIGURES;
    let figures = backend.read(&memory.figures, place)?;
    let Some(factor) = power::factor(figures[SIGMA], figures[GAIN]) else {
        return Ok(());
    };
    let mut weight = backend.read(&memory.numbers, layer.weight.clone())?;
    weight.iter_mut().for_each(|w| *w *= factor);
    memory.weights_changed();
    backend.write(&mut memory.numbers, layer.weight.start, &weight)
}

fn set_gain<B: Backend>(backend: &B, memory: &mut Memory<B>, layer: &Affine) -> Result<()> {
    let gain = layer.spectral.map_or(1.0, |settings| settings.layer_gain);
    backend.write(&mut memory.figures, layer.figures + GAIN, &[gain])
}
