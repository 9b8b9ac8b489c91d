//! Whether a device has enough memory for a preset. A rehearsal measures it: both updates and the largest batch of
//! samples run on a copy of the device that counts allocations without making them.

use super::{Error, Trainer, side::Side};
use crate::{
    engine::{
        metric::{images, mixture},
        nn::Backend,
    },
    preset::{Data, Preset},
};

/// Bytes on top of the buffers, because the device's allocator rounds up.
const ALLOCATOR_OVERHEAD: u64 = 32 << 20;

/// The memory that a preset needs, where it is more than the device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this needs about {} MB of the device's memory, and {} MB are available: use a smaller batch or smaller networks",
    needed.div_ceil(1_000_000),
    capacity / 1_000_000
)]
pub struct Shortage {
    /// Bytes that the preset needs.
    pub needed: u64,
    /// Bytes that the device has.
    pub capacity: u64,
}

impl<B: Backend> Trainer<B> {
    /// The shortage of device memory under a preset; `None` if the memory suffices, or if the backend computes in the
    /// memory of the process.
    ///
    /// # Errors
    /// If the shapes of layers do not match or the device fails.
    pub fn shortage(&self, preset: &Preset) -> Result<Option<Shortage>, Error> {
        let (Some(capacity), Some(device)) = (self.backend.capacity()?, self.backend.dry_run())
        else {
            return Ok(None);
        };
        let needed = needed(device, preset, self.measures_sigma)? + ALLOCATOR_OVERHEAD;
        Ok((needed > capacity).then_some(Shortage { needed, capacity }))
    }
}

/// Bytes that both updates and the largest batch of samples allocate on `device`.
fn needed<B: Backend>(device: B, preset: &Preset, sigma: bool) -> Result<u64, Error> {
    let mut trainer = Trainer::measuring(device, preset, 0, sigma)?;
    let numbers = |of_one: usize, count: usize| vec![0.0; of_one * count];
    let (latent, batch) = (preset.latent, preset.batch);
    let features = preset.data.sample_shape().features();
    let (real, latents) = (numbers(features, batch), numbers(latent, batch));
    for (side, real) in [(Side::Discriminator, &real[..]), (Side::Generator, &[])] {
        let workspace = trainer.prepare(side, real, &latents)?;
        trainer.update(side, workspace)?;
    }
    let scored = match preset.data {
        Data::Images { .. } => images::CHUNK,
        Data::Mixture { .. } => mixture::SAMPLES,
    };
    let samples = preset.samples.count.max(scored);
    trainer.sample(&numbers(latent, samples))?;
    Ok(trainer.counts().map_or(0, |counts| counts.memory))
}
