//! Estimates the memory of a run and checks it against the limits of the process. This is done before a setting is
//! applied, because a failed allocation during a step ends the program.

mod allowance;
mod lane;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use allowance::{Allowance, allowance};
pub(crate) use lane::{LaneNeed, check_lane, sets};

use crate::preset::{
    Misfit, NetworkSpec, Preset, Shape,
    parameters::{Between, numbers_between, parameters},
};

/// Bytes of one number (f32).
const NUMBER: u128 = 4;
/// Maximum of stored numbers per parameter of G: weight, gradient, two moments, average, fresh weights during the build;
/// all of these but the gradient again in a checkpoint and in the bytes of its file; the weight of a dense layer in two
/// more layouts. Measured on `ring` with layers of 2,048: 42.7 for one parameter of G and one of D together. A transformed
/// convolution weight takes up to four more numbers while its layer is computed; a packed one takes one.
const PER_PARAMETER_OF_G: u128 = 23;
/// Maximum of stored numbers per parameter of D, which has no average.
const PER_PARAMETER_OF_D: u128 = 20;
/// Stored numbers per flat activation, times two: its value, its gradient, and unused pool buffers. Measured on `ring`:
/// 2.4 numbers.
const HALVES_FLAT: u128 = 5;
/// Stored numbers per image activation, times two. Measured on `cifar10`: 1.4 numbers; on `digits`, which has both kinds:
/// 1.8.
const HALVES_OF_IMAGES: u128 = 4;
/// Batches in memory at the same time: prefetched ones, the current one, and its copies.
const BATCHES: u128 = 8;
/// Samples of a mixture that are scored; also the minimum for images.
const SCORED: u128 = crate::engine::metric::mixture::SAMPLES as u128;
/// Bytes for everything else: threads, pictures, files.
const REST: u128 = 96 << 20;

/// Estimated memory of a training in bytes, by use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Weights of both networks, gradients, moments, average of G, and their copies in a checkpoint.
    pub parameters: u128,
    /// Activations and their gradients in the forward and backward pass of one update.
    pub activations: u128,
    /// Real batches and latents.
    pub batches: u128,
    /// Samples of pictures and scores.
    pub samples: u128,
}

impl Need {
    /// Estimates the memory of a training with these settings.
    ///
    /// # Errors
    /// If the shapes of layers do not match.
    pub(crate) fn of(preset: &Preset) -> Result<Self, Misfit> {
        let sample = preset.data.sample_shape();
        let latent = Shape::Flat(preset.latent);
        let count = |network: &NetworkSpec, input| {
            let parameters = parameters(&network.layers, input)?;
            Ok((parameters, numbers_between(&network.layers, input)?))
        };
        let (of_g, between_g) = count(&preset.generator, latent)?;
        let (of_d, between_d) = count(&preset.discriminator, sample)?;
        let (features, latent) = (sample.features() as u128, preset.latent as u128);
        let (batch, pictures) = (preset.batch as u128, preset.samples.count as u128);
        let scored = SCORED.max(preset.scores.count as u128);
        // A batch of D contains real and generated samples.
        let halves =
            |between: Between| HALVES_FLAT * between.flat + HALVES_OF_IMAGES * between.images;
        let between = batch * (2 * halves(between_d) + halves(between_g)) / 2;
        Ok(Self {
            parameters: NUMBER * (PER_PARAMETER_OF_G * of_g + PER_PARAMETER_OF_D * of_d),
            activations: NUMBER * between,
            batches: NUMBER * batch * (BATCHES * features + 3 * latent),
            samples: NUMBER * ((pictures + scored) * latent + 2 * pictures * features)
                + NUMBER * pictures * (between_g.flat + between_g.images),
        })
    }

    /// Total in bytes, including the fixed part of every run.
    pub(crate) fn total(&self) -> u128 {
        self.parameters + self.activations + self.batches + self.samples + REST
    }

    /// Additional bytes for a change from `old` to these settings. Buffers of another size are allocated before the old
    /// ones are freed. The result is 0 if no part grows.
    fn additional(&self, old: &Self) -> u128 {
        let part = |new: u128, old: u128| if new > old { new } else { 0 };
        part(self.activations, old.activations)
            + part(self.batches, old.batches)
            + part(self.samples, old.samples)
            + self.parameters.saturating_sub(old.parameters)
    }
}

/// Why the process has no memory for settings.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The shapes of layers do not match.
    #[error(transparent)]
    Layers(#[from] Misfit),
    /// `bytes` are to be allocated, for a change of settings on top of what the run has.
    #[error(
        "this needs about {}{} of memory ({need}), and {} leaves {}: take a smaller batch or smaller networks, or \
         give the process more",
        megabytes(*bytes),
        more(*change),
        allowance.limit,
        megabytes(allowance.bytes.into())
    )]
    Short {
        bytes: u128,
        change: bool,
        need: Need,
        allowance: Allowance,
    },
    /// There is no memory for one more lane.
    #[error("{}", need.refusal(allowance))]
    Lane {
        need: LaneNeed,
        allowance: Allowance,
    },
}

/// `networks and moments 12 MB, activations of both passes 340 MB, batches 2 MB, samples 1 MB`.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("networks and moments", self.parameters),
            ("activations of both passes", self.activations),
            ("batches", self.batches),
            ("samples", self.samples),
        ];
        for (index, (name, bytes)) in parts.into_iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{name} {}", megabytes(bytes))?;
        }
        Ok(())
    }
}

/// Checks that the process has enough memory for the settings `new`. `old` are the current settings; `None` at the start.
///
/// # Errors
/// If memory is not sufficient, or the shapes of layers do not match.
pub(crate) fn check(new: &Preset, old: Option<&Preset>) -> Result<(), Error> {
    match allowance() {
        Some(allowance) => check_within(new, old, allowance),
        None => Ok(()),
    }
}

fn check_within(new: &Preset, old: Option<&Preset>, allowance: Allowance) -> Result<(), Error> {
    let need = Need::of(new)?;
    let old = old.map(Need::of).transpose()?;
    let bytes = match old {
        Some(old) => need.additional(&old),
        None => need.total(),
    };
    if bytes <= allowance.bytes.into() {
        return Ok(());
    }
    Err(Error::Short {
        bytes,
        change: old.is_some(),
        need,
        allowance,
    })
}

/// The word that tells additional memory from that of a whole run.
fn more(change: bool) -> &'static str {
    if change { " more" } else { "" }
}

/// Formats bytes as `340 MB`, rounded up. 1 MB is 10⁶ bytes.
fn megabytes(bytes: u128) -> String {
    format!(
        "{} MB",
        crate::preset::number::grouped(bytes.div_ceil(1_000_000))
    )
}
