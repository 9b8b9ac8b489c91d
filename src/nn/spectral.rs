//! Spectral normalization in training (Miyato et al. 2018, algorithm 1): u and v live with their layer, are moved by power
//! iteration before D's passes, and are never differentiated; σ = uᵀWv is.

use crate::{
    preset::{Layout, NormalizedLayer, OnDisable},
    random::{self, Stream},
    spectral::power,
};

use super::{
    backend::{Backend, Result},
    layer::Affine,
    memory::Memory,
};

/// Power iterations that a layer's vectors get before they are first used.
pub const WARM_UP: usize = 15;

/// Place of σ = uᵀWv among the figures of a layer.
pub const SIGMA: usize = 0;
/// Place of ‖W‖F.
pub const NORM: usize = 1;
/// Place of the factor on the normalized weight.
pub const GAIN: usize = 2;
/// Figures of a layer.
pub const FIGURES: usize = 3;

/// One layer of [`Backend::iterate`]: `iterations` steps v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖, then σ = uᵀWv and ‖W‖F. A vector
/// whose image is zero or not finite stays as it is; a norm is taken for [`crate::spectral::EPSILON`] at least. The gain among
/// the figures is not touched. u and v of all layers stand behind all weights, each layer's v behind its u.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Iteration {
    /// Where the weight begins.
    pub weight: usize,
    pub layout: Layout,
    pub u: usize,
    pub v: usize,
    /// Where the layer's figures begin.
    pub figures: usize,
    pub iterations: usize,
}

impl Iteration {
    /// Of a layer.
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

/// Gives a layer fresh vectors, random unit ones with [`WARM_UP`] iterations, and its settings.
///
/// # Errors
/// Those of the device.
pub fn begin<B: Backend>(
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
    let iteration = Iteration::of(layer, WARM_UP);
    backend.iterate(&[iteration], &mut memory.numbers, &mut memory.figures, None)
}

/// Takes new settings; where they switch normalization off with `fold`, the weight becomes the normalized one, so that
/// the function of the layer does not change.
///
/// # Errors
/// Those of the device.
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

/// W ← gain·W/σ; W stays where σ is zero or not finite.
fn fold<B: Backend>(backend: &B, memory: &mut Memory<B>, layer: &Affine) -> Result<()> {
    let iteration = Iteration::of(layer, 0);
    backend.iterate(&[iteration], &mut memory.numbers, &mut memory.figures, None)?;
    let place = layer.figures..layer.figures + FIGURES;
    let figures = backend.read(&memory.figures, place)?;
    let Some(factor) = power::factor(figures[SIGMA], figures[GAIN]) else {
        return Ok(());
    };
    let mut weight = backend.read(&memory.numbers, layer.weight.clone())?;
    weight.iter_mut().for_each(|w| *w *= factor);
    memory.moved();
    backend.write(&mut memory.numbers, layer.weight.start, &weight)
}

fn set_gain<B: Backend>(backend: &B, memory: &mut Memory<B>, layer: &Affine) -> Result<()> {
    let gain = layer.spectral.map_or(1.0, |settings| settings.layer_gain);
    backend.write(&mut memory.figures, layer.figures + GAIN, &[gain])
}
