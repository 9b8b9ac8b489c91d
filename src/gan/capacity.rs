//! Whether a device has the memory that settings need, found out by a rehearsal: both updates and the largest set of samples
//! on the same device without its memory.

use std::fmt;

use super::{Error, Trainer};
use crate::{
    metric::{images, mixture},
    nn::Backend,
    preset::{Data, Preset},
};

/// Bytes beside the buffers: what an allocator of the device rounds up to.
const REST: u64 = 32 << 20;

/// Settings need more memory than the device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Bytes.
    pub needed: u64,
    pub capacity: u64,
}

impl<B: Backend> Trainer<B> {
    /// What the device lacks for a training under these settings; none where its memory is the process's own.
    ///
    /// # Errors
    /// Those of the device; layers that do not fit each other.
    pub fn shortage(&self, preset: &Preset) -> Result<Option<Shortage>, Error> {
        let (Some(capacity), Some(device)) = (self.backend.capacity()?, self.backend.dry_run())
        else {
            return Ok(None);
        };
        let needed = needed(device, preset, self.measures_sigma)? + REST;
        Ok((needed > capacity).then_some(Shortage { needed, capacity }))
    }
}

/// Bytes that a rehearsal takes.
fn needed<B: Backend>(device: B, preset: &Preset, sigma: bool) -> Result<u64, Error> {
    let mut trainer = Trainer::measuring(device, preset, 0, sigma)?;
    let numbers = |of_one: usize, count: usize| vec![0.0; of_one * count];
    let (latent, batch) = (preset.latent, preset.batch);
    let features = preset.data.sample_shape().features();
    let (real, latents) = (numbers(features, batch), numbers(latent, batch));
    let desk = trainer.desk_of_d(&real, &latents)?;
    trainer.update_d(desk)?;
    let desk = trainer.desk_of_g(&latents)?;
    trainer.update_g(desk)?;
    let scored = match preset.data {
        Data::Images { .. } => images::CHUNK,
        _ => mixture::SAMPLES,
    };
    let samples = preset.samples.count.max(scored);
    trainer.sample(&numbers(latent, samples))?;
    Ok(trainer.counts().map_or(0, |counts| counts.memory))
}

/// `this needs about 12300 MB of the device's memory, and 8192 MB can be had: take a smaller batch or smaller networks`
impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
        write!(
            f,
            "this needs about {} MB of the device's memory, and {} MB can be had: take a smaller batch or smaller networks",
            megabytes(self.needed),
            self.capacity / 1_000_000,
        )
    }
}
