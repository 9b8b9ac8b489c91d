//! The memory that a run takes for one more lane on the CPU. Data, batches, threads and statistics of real samples are
//! shared, so it is much less than that of a run.

use std::fmt;

use super::{Allowance, Error, NUMBER, allowance, megabytes};
use crate::{
    model::history::bytes_of_curve,
    preset::{
        Misfit, NetworkSpec, Preset, Shape,
        parameters::{numbers_between, parameters, stacked},
    },
};

/// Numbers for one parameter of G: weight, gradient, two moments, average.
const OF_G: u128 = 5;
/// Numbers for one parameter of D, which has no average.
const OF_D: u128 = 4;
/// Numbers for one parameter of G in a captured state.
const STATE_OF_G: u128 = 4;
/// Numbers for one parameter of D in a captured state.
const STATE_OF_D: u128 = 3;
/// Packed copies of weights of consecutive dense layers: for both passes.
const PACKED: u128 = 2;
/// Stored numbers for two flat activations of a step: values, gradients and idle buffers of a thread. Measured on `ring`.
const TWO_FLAT: u128 = 3;
/// Stored numbers for four numbers of images. Measured on `digits` and on `cifar10`.
const FOUR_OF_IMAGES: u128 = 7;
/// Numbers for one parameter of D in copies whose spectra a thread of the lane computes, in double precision.
const OBSERVED: u128 = 2;
/// Bytes that a thread has for its first whole step, besides activations.
const THREAD: u128 = 700 << 10;
/// Curves that do not belong to a layer.
const CURVES: u128 = 10;
/// Bytes for threads, files, the journal and what is published.
const REST: u128 = 500 << 10;

/// Bytes of freed blocks that glibc keeps for a lane. Measured on `ring` and `digits` with one and two threads.
const KEPT: u128 = 3_200_000;

/// Memory of one more lane in bytes, by use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneNeed {
    /// Weights, gradients, moments and the average of G, packed copies, and copies whose spectra are computed.
    pub networks: u128,
    /// Activations and their gradients, for each thread that has none of this size.
    pub activations: u128,
    /// Inputs of updates, curves, threads, files, and freed blocks that are kept.
    pub rest: u128,
    /// What is needed only while the lane is split off: its state, and the networks that it replaces.
    pub split: u128,
}

impl LaneNeed {
    /// Estimates the memory of a lane with these settings, for which `sets` threads need another set of activations, see
    /// [`sets`].
    ///
    /// # Errors
    /// If the shapes of layers do not match.
    pub(crate) fn of(preset: &Preset, sets: usize) -> Result<Self, Misfit> {
        let sample = preset.data.sample_shape();
        let (features, latent) = (sample.features() as u128, preset.latent as u128);
        let batch = preset.batch as u128;
        let g = Size::of(&preset.generator, Shape::Flat(preset.latent))?;
        let d = Size::of(&preset.discriminator, sample)?;
        // A batch of D contains real and generated samples.
        let activations = batch * (2 * d.activations + g.activations);
        let noise = if preset.data.noise() > 0.0 {
            3 * features
        } else {
            0
        };
        let inputs = batch * (2 * latent + features + noise);
        let curves =
            CURVES + 3 * d.layers + if preset.spectral.generator { 3 } else { 1 } * g.layers;
        let networks = OF_G * g.parameters + OF_D * d.parameters + PACKED * (g.stacked + d.stacked);
        let observed = OBSERVED * d.parameters;
        let state = STATE_OF_G * g.parameters + STATE_OF_D * d.parameters;
        Ok(Self {
            networks: NUMBER * (networks + observed),
            activations: sets as u128 * (NUMBER * activations + THREAD),
            rest: NUMBER * inputs + curves * bytes_of_curve(preset.steps) as u128 + REST + KEPT,
            split: NUMBER * (state + networks),
        })
    }

    /// Bytes that the lane has while it trains.
    pub(crate) fn lasting(&self) -> u128 {
        self.networks + self.activations + self.rest
    }

    /// Bytes that must be free to split the lane off.
    fn total(&self) -> u128 {
        self.networks + self.rest + self.activations.max(self.split)
    }
}

/// `33.4 MB: networks and moments 5.9 MB, activations 23.1 MB, the rest 4.4 MB`
impl fmt::Display for LaneNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.lasting(), self.networks, self.activations, self.rest];
        let [all, networks, activations, rest] = parts.map(|bytes| bytes as f64 / 1e6);
        write!(
            f,
            "{all:.1} MB: networks and moments {networks:.1} MB, activations {activations:.1} MB, the rest {rest:.1} MB"
        )
    }
}

/// Sizes of a network, all but the number of layers in numbers.
struct Size {
    parameters: u128,
    stacked: u128,
    /// Stored numbers for the activations of one sample.
    activations: u128,
    /// Number of layers with a weight.
    layers: u128,
}

impl Size {
    fn of(network: &NetworkSpec, input: Shape) -> Result<Self, Misfit> {
        let between = numbers_between(&network.layers, input)?;
        let (stacked, layers) = stacked(&network.layers, input)?;
        Ok(Self {
            parameters: parameters(&network.layers, input)?,
            stacked,
            activations: between.flat * TWO_FLAT / 2 + between.images * FOUR_OF_IMAGES / 4,
            layers,
        })
    }
}

/// Number of threads that need another set of activations for a lane with this batch size, beside lanes with the sizes
/// `others`, in a pool of `threads` threads. As many threads step as there are lanes. Each keeps a set of every size,
/// which all lanes of that size use in turn.
pub(crate) fn sets(batch: usize, others: &[usize], threads: usize) -> usize {
    let stepping = threads.min(others.len() + 1);
    if others.contains(&batch) {
        stepping - threads.min(others.len())
    } else {
        stepping
    }
}

/// Checks that the process has enough memory for a lane, see [`LaneNeed::of`]. `on_device` says that its networks are in
/// the memory of a device, which is checked when they are built. Returns the estimate.
///
/// # Errors
/// If memory is not sufficient, or the shapes of layers do not match.
pub(crate) fn check_lane(preset: &Preset, sets: usize, on_device: bool) -> Result<LaneNeed, Error> {
    let mut need = LaneNeed::of(preset, sets)?;
    if on_device {
        (need.networks, need.activations) = (0, 0);
    }
    match allowance() {
        Some(allowance) => within(need, allowance),
        None => Ok(need),
    }
}

/// The estimate, if the allowance has room for it.
pub(super) fn within(need: LaneNeed, allowance: Allowance) -> Result<LaneNeed, Error> {
    if need.total() <= allowance.bytes.into() {
        return Ok(need);
    }
    Err(Error::Lane { need, allowance })
}

impl LaneNeed {
    /// The sentence of a refusal: what the lane needs, what is left, and where the limit comes from.
    pub(super) fn refusal(&self, allowance: &Allowance) -> String {
        let (needed, left) = (megabytes(self.total()), megabytes(allowance.bytes.into()));
        format!(
            "a lane needs about {self}; {needed} must be free to split it off, and {} leaves {left}: take a smaller \
             batch, or give the process more",
            allowance.limit
        )
    }
}
