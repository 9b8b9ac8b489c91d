//! What a run needs of memory, and whether the process may have it: said before a setting is applied, since memory that
//! the system refuses in the middle of a step ends the program.

mod allowance;

use std::fmt;

pub(crate) use allowance::{Allowance, allowance};

use crate::preset::{
    Misfit, NetworkSpec, Preset, Shape,
    parameters::{Between, numbers_between, parameters},
};

/// Bytes of one number.
const NUMBER: u128 = 4;
/// Numbers kept for one parameter of G at most: weight, gradient, two moments, the average, fresh weights while it is
/// built; all but the gradient once more in a checkpoint and in the bytes of its file; a dense layer's weight in two more
/// orders. Measured on `ring` with layers of 2,048: 42.7 for one of G and one of D together. A convolution's weight,
/// transformed for its filter, takes up to four more while its layer is worked on, where a packed one took one.
const OF_G: u128 = 23;
/// The same of D, which has no average.
const OF_D: u128 = 20;
/// Halves of a number kept for each number between layers that is no image: its value, its gradient, and what lies in the
/// pool of buffers meanwhile. Measured on `ring`: 2.4 numbers.
const HALVES_FLAT: u128 = 5;
/// The same of images. Measured on `cifar10`: 1.4 numbers, on `digits`, of both kinds: 1.8.
const HALVES_OF_IMAGES: u128 = 4;
/// Batches that are there at once: those prepared ahead, the one in use, and its copies.
const BATCHES: u128 = 8;
/// Samples of a mixture's score, or of a part of an image's.
const SCORED: u128 = crate::metric::mixture::SAMPLES as u128;
/// Everything else: threads, pictures, files.
const REST: u128 = 96 << 20;

/// Bytes that a training takes, by what takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Weights of both networks, gradients, Adam's moments, the average of G, their copies in a checkpoint.
    pub parameters: u128,
    /// What lies between layers in the passes of one update, forward and backward.
    pub activations: u128,
    /// Real batches and latents.
    pub batches: u128,
    /// Samples of pictures and scores.
    pub samples: u128,
}

impl Need {
    /// # Errors
    /// Layers that do not fit each other.
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
        // D sees real and generated samples in one batch.
        let halves =
            |between: Between| HALVES_FLAT * between.flat + HALVES_OF_IMAGES * between.images;
        let between = batch * (2 * halves(between_d) + halves(between_g)) / 2;
        Ok(Self {
            parameters: NUMBER * (OF_G * of_g + OF_D * of_d),
            activations: NUMBER * between,
            batches: NUMBER * batch * (BATCHES * features + 3 * latent),
            samples: NUMBER * ((pictures + scored) * latent + 2 * pictures * features)
                + NUMBER * pictures * (between_g.flat + between_g.images),
        })
    }

    /// All of it, and what every run takes.
    pub(crate) fn total(&self) -> u128 {
        self.parameters + self.activations + self.batches + self.samples + REST
    }

    /// What going on under these needs takes beside what is there under `old` ones: buffers of another size do not take
    /// the place of those before. Nothing where no more is needed.
    fn beside(&self, old: &Self) -> u128 {
        let part = |new: u128, old: u128| if new > old { new } else { 0 };
        part(self.activations, old.activations)
            + part(self.batches, old.batches)
            + part(self.samples, old.samples)
            + self.parameters.saturating_sub(old.parameters)
    }
}

/// `parameters 12 MB, activations 340 MB, batches 2 MB, samples 1 MB`.
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

/// Refuses settings that cannot fit in what the process may have; `old` are those in force, none at the start.
///
/// # Errors
/// A sentence with the numbers, and what to do.
pub(crate) fn admit(new: &Preset, old: Option<&Preset>) -> Result<(), String> {
    match allowance() {
        Some(allowance) => admit_within(new, old, &allowance),
        None => Ok(()),
    }
}

fn admit_within(new: &Preset, old: Option<&Preset>, allowance: &Allowance) -> Result<(), String> {
    let need = Need::of(new).map_err(|misfit| misfit.to_string())?;
    let old = old.map(Need::of).transpose();
    let old = old.map_err(|misfit| misfit.to_string())?;
    let wanted = match old {
        Some(old) => need.beside(&old),
        None => need.total(),
    };
    if wanted <= allowance.bytes.into() {
        return Ok(());
    }
    let more = match old {
        Some(_) => " more",
        None => "",
    };
    Err(format!(
        "this needs about {}{more} of memory ({need}), and {} leaves {}: take a smaller batch or smaller networks, or \
         give the process more",
        megabytes(wanted),
        allowance.limit,
        megabytes(allowance.bytes.into()),
    ))
}

/// `340 MB`, of 10⁶ bytes.
fn megabytes(bytes: u128) -> String {
    format!(
        "{} MB",
        crate::preset::number::grouped(bytes.div_ceil(1_000_000))
    )
}

#[cfg(test)]
mod tests {
    use super::{allowance::Limit, *};
    use crate::preset::{builtin::builtin, set_all};

    fn with(name: &str, settings: &[&str]) -> Preset {
        set_all(&builtin(name).unwrap(), settings).unwrap()
    }

    /// Peaks of resident memory in megabytes (2²⁰ bytes), of two steps with their scores and files.
    #[test]
    fn estimates_are_above_what_was_measured_and_not_far_above() {
        for (name, settings, measured) in [
            ("ring", &["batch=4096"] as &[&str], 69),
            ("ring", &["batch=65536"], 726),
            ("digits", &[], 93),
            ("digits", &["batch=512"], 221),
            ("digits", &["batch=2048"], 652),
            ("digits", &["latent=4096", "batch=2"], 970),
            ("digits", &["latent=16384", "batch=2"], 3637),
            ("cifar10", &["batch=64"], 778),
            ("cifar10", &["batch=256"], 1382),
            ("cifar10-resnet", &["batch=2", "n_dis=1"], 999),
            ("cifar10-resnet", &["batch=32", "n_dis=1"], 1259),
        ] {
            let estimate = Need::of(&with(name, settings)).unwrap().total() >> 20;
            let rest = REST >> 20;
            assert!(
                (measured..measured * 2 + rest).contains(&estimate),
                "{name} {settings:?}: {estimate} MB, measured {measured}"
            );
        }
    }

    #[test]
    fn what_cannot_fit_is_refused_with_the_numbers_and_less_never_is() {
        let (small, large) = (with("digits", &[]), with("digits", &["batch=8192"]));
        let allowance = |megabytes: u64| Allowance {
            bytes: megabytes << 20,
            limit: Limit::AddressSpace,
        };
        let tight = allowance(500);
        assert_eq!(admit_within(&small, None, &tight), Ok(()));
        let refused = admit_within(&large, None, &tight).unwrap_err();
        for part in ["activations", "ulimit -v", "525 MB", "smaller batch"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        let refused = admit_within(&large, Some(&small), &tight).unwrap_err();
        assert!(refused.contains(" more of memory"), "{refused}");
        assert_eq!(admit_within(&large, Some(&small), &allowance(4000)), Ok(()));
        assert_eq!(admit_within(&small, Some(&large), &allowance(0)), Ok(()));
    }
}
