//! Computes the scores of a training, and caches features of real images.

use std::{ops::Range, sync::Arc};

use super::engine::{Engine, Failure};
use crate::{
    data::{Dataset, Images, Mixture},
    metric::{ImageScorer, classifier, mixture},
    model::feed::closing::{Closing, Skipped},
    model::{Figures, Scores},
    preset::{Data, Preset},
    random::{Stream, latents},
};

/// Computes scores with separate random streams, so the training is not affected.
pub(super) struct Scoring {
    seed: u64,
    images: Option<RealImages>,
}

/// Scorer with cached features of real images, and the settings from which it was built.
struct RealImages {
    data: Data,
    /// Number of scored samples.
    count: usize,
    /// Number of samples in a picture.
    pictures: usize,
    scorer: ImageScorer,
    protocol: Arc<str>,
}

impl Scoring {
    /// Scoring for a run with this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, images: None }
    }

    /// Scores the current samples of `engine` against `dataset`, the data set of `settings`. Returns `None` if `closing`
    /// skips scores, which is checked about every hundred samples.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn scores(
        &mut self,
        engine: &dyn Engine,
        dataset: &Dataset,
        settings: &Preset,
        closing: &Closing,
    ) -> Result<Option<Scores>, Failure> {
        let step = engine.steps();
        let check = || Ok(closing.go_on()?);
        let made = check().and_then(|()| match dataset {
            Dataset::Mixture(mixture) => self.mixture(engine, mixture, settings),
            Dataset::Images(images) => self.images(engine, images, settings, &check),
        });
        match made {
            Ok((figures, protocol)) => Ok(Some(Scores {
                step,
                protocol,
                figures,
            })),
            Err(failure) if failure.is::<Skipped>() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn mixture(
        &self,
        engine: &dyn Engine,
        mixture: &Mixture,
        settings: &Preset,
    ) -> Result<(Figures, Arc<str>), Failure> {
        let latent = settings.latent;
        let z = latents(self.seed, Stream::Scoring, 0, latent, mixture::SAMPLES);
        let points = mixture.points(&engine.sample(&z)?);
        let scores = mixture::scores(&points, mixture.centres(), mixture.sigma());
        let protocol = format!("{}; seed {}", mixture::PROTOCOL, self.seed);
        Ok((Figures::Mixture(scores), protocol.into()))
    }

    fn images(
        &mut self,
        engine: &dyn Engine,
        images: &Images,
        settings: &Preset,
        check: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<(Figures, Arc<str>), Failure> {
        let real = self.real_images(engine, images, settings, check)?;
        let latent = settings.latent;
        let (seed, count) = (self.seed, settings.scores.count);
        let pictures = latents(
            seed,
            Stream::FixedSamples,
            0,
            latent,
            real.scorer.pictures(),
        );
        check()?;
        let pictures = engine.sample(&pictures)?;
        let z = latents(seed, Stream::Scoring, 0, latent, count);
        let mut generate = |range: Range<usize>| {
            check()?;
            let part = z.chunks_exact(count).flat_map(|row| &row[range.clone()]);
            engine.sample(&part.copied().collect::<Vec<f32>>())
        };
        let scores = real.scorer.scores(&pictures, &mut generate);
        let protocol = Arc::clone(&real.protocol);
        self.images = Some(real);
        Ok((Figures::Images(scores?), protocol))
    }

    /// The scorer of real images: the cached one if the settings still match, otherwise a new one.
    fn real_images(
        &mut self,
        engine: &dyn Engine,
        images: &Images,
        settings: &Preset,
        check: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<RealImages, Failure> {
        let (count, pictures) = (settings.scores.count, settings.samples.count);
        let holds = |real: &RealImages| {
            real.data == settings.data.without_noise()
                && real.count == count
                && real.pictures == pictures
        };
        if let Some(real) = self.images.take().filter(holds) {
            return Ok(real);
        }
        let Data::Images { source, shape, .. } = &settings.data else {
            return Err("cannot score images: the data of the preset are not images".into());
        };
        let set = classifier::Set::of(source);
        let counts = (count, pictures);
        let scorer = ImageScorer::new(
            images,
            *shape,
            set,
            &*engine.instruments(),
            self.seed,
            counts,
            check,
        )?;
        Ok(RealImages {
            data: settings.data.without_noise(),
            count,
            pictures,
            protocol: scorer.protocol().into(),
            scorer,
        })
    }
}
