//! Samples of a training: pictures, interpolations and the plane.

use std::sync::Arc;

use super::Training;
use crate::{
    engine::{
        data::Dataset, gan::interpolation, metric::diversity, picture::pixels, random::Stream,
    },
    model::{Outputs, Plane, Samples},
    preset::{Data, Shape},
    run::{engine::Failure, plane},
};

/// Maximum number of samples for the diversity of a picture.
const SPREAD: usize = 64;

/// Real samples for comparison, and what they were chosen for.
pub(super) struct Real {
    seed: u64,
    data: Data,
    count: usize,
    /// Samples (features, count); empty if they could not be read.
    batch: Vec<f32>,
    /// Mean pairwise distance of the first samples.
    pub(super) spread: f64,
}

impl Training {
    /// Generated samples of the fixed latents with real samples, and the diversity of the first 64 samples (see
    /// [`crate::engine::metric::diversity`]).
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn samples(&mut self) -> Result<(Samples, f32), Failure> {
        let count = self.settings.samples.count;
        let made = self.engine.sample(&self.fixed_latents())?;
        let samples = self.with_real(&made, count)?;
        let real = self.real().spread;
        Ok((samples, diversity::diversity(spread(&made, count), real)))
    }

    /// Samples from an interpolation between the fixed latents of two samples.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn interpolation(&mut self, ends: (usize, usize)) -> Result<Samples, Failure> {
        let count = self.settings.samples.count;
        let latents = interpolation::between(&self.fixed_latents(), count, ends);
        let made = self.engine.sample(&latents)?;
        self.with_real(&made, interpolation::STEPS)
    }

    /// Evaluation of D on the plane, with the generated points in `samples`. `None` if the data are images.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn plane(&self, samples: &Samples) -> Result<Option<Plane>, Failure> {
        let (Dataset::Mixture(mixture), Samples::Points { generated, .. }) =
            (&*self.dataset, samples)
        else {
            return Ok(None);
        };
        let (step, latent) = (self.steps(), self.settings.latent);
        plane::plane(&*self.engine, step, mixture, latent, generated).map(Some)
    }

    /// Histograms of D's output on the samples of the fixed latents and on the real samples beside them. `None` if no
    /// output is finite.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn outputs(&mut self) -> Result<Option<Outputs>, Failure> {
        let count = self.settings.samples.count;
        let made = self.engine.sample(&self.fixed_latents())?;
        let generated = self.engine.judge(&made, count)?;
        let real = self.real();
        let real = if real.batch.is_empty() {
            Vec::new()
        } else {
            self.engine.judge(&real.batch, count)?
        };
        Ok(Outputs::of(self.steps(), &real, &generated))
    }

    /// The fixed latents, (latent, count).
    pub(super) fn fixed_latents(&self) -> Arc<[f32]> {
        let (latent, count) = (self.settings.latent, self.settings.samples.count);
        self.scoring.latents(Stream::FixedSamples, latent, count)
    }

    /// Real samples for comparison, which lanes share. If they cannot be read, the batch is empty: the next step reports
    /// the error.
    pub(super) fn real(&mut self) -> Arc<Real> {
        let (seed, data) = (self.seed, self.settings.data.without_noise());
        let count = self.settings.samples.count;
        let holds = |real: &Real| (real.seed, real.count) == (seed, count) && real.data == data;
        let last = self.real.take().filter(|real| holds(real));
        let real = last.or_else(|| self.common.find(holds)).unwrap_or_else(|| {
            let batch = self.dataset.real_samples(seed, count);
            let batch = batch.unwrap_or_default();
            self.common.add(Real {
                spread: spread(&batch, count),
                seed,
                data,
                count,
                batch,
            })
        });
        self.real = Some(Arc::clone(&real));
        real
    }

    /// Combines generated samples (features, count) with the real samples.
    fn with_real(&mut self, made: &[f32], count: usize) -> Result<Samples, Failure> {
        let step = self.steps();
        let (dataset, shape) = (Arc::clone(&self.dataset), self.settings.data.sample_shape());
        let real = self.real();
        Ok(match (&*dataset, shape) {
            (Dataset::Mixture(mixture), _) => Samples::Points {
                step,
                generated: mixture.points(made),
                real: mixture.points(&real.batch),
            },
            (
                Dataset::Images(_),
                Shape::Image {
                    channels,
                    height,
                    width,
                },
            ) => Samples::Images {
                step,
                channels,
                height,
                width,
                pixels: pixels::from_batch(made, channels, count),
                real: if real.batch.is_empty() {
                    Vec::new()
                } else {
                    pixels::from_batch(&real.batch, channels, real.count)
                },
            },
            (Dataset::Images(_), Shape::Flat(_)) => {
                return Err(
                    "the samples of an image data set do not have the shape of images".into(),
                );
            }
        })
    }
}

/// Mean pairwise distance of the first [`SPREAD`] samples of a batch (features, count).
fn spread(batch: &[f32], count: usize) -> f64 {
    let few = count.min(SPREAD);
    let rows = batch.chunks_exact(count.max(1));
    let first: Vec<f32> = rows.flat_map(|row| &row[..few]).copied().collect();
    diversity::mean_distance(&first, few)
}
