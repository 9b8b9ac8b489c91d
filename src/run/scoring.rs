//! Computes the scores of a training, and keeps the features of real images, which lanes share.

use std::{ops::Range, sync::Arc};

use super::{
    common::Common,
    engine::{Engine, Failure},
};
use crate::{
    engine::{
        data::{Dataset, Images, Mixture},
        metric::{ImageScorer, classifier, mixture},
        random::{Draws, Stream},
    },
    model::{
        Figures, Scores,
        feed::closing::{Closing, Skipped},
    },
    preset::{Data, Preset},
};

/// Computes scores with separate random streams, so the training is not affected.
pub(super) struct Scoring {
    seed: u64,
    images: Option<Arc<RealImages>>,
    common: Common<RealImages>,
    draws: Draws,
}

/// Scorer with the features of real images, and what it was built from.
struct RealImages {
    seed: u64,
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
        Self {
            seed,
            images: None,
            common: Common::default(),
            draws: Draws::default(),
        }
    }

    /// Scoring for another lane, with a run's seed: it shares features of real images and draws with this one.
    pub(super) fn beside(&self, seed: u64) -> Self {
        Self {
            common: self.common.clone(),
            draws: self.draws.clone(),
            ..Self::new(seed)
        }
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
        let z = self.latents(Stream::Scoring, latent, mixture::SAMPLES);
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
        let count = settings.scores.count;
        let pictures = self.latents(Stream::FixedSamples, latent, real.scorer.pictures());
        check()?;
        let pictures = engine.sample(&pictures)?;
        let z = self.latents(Stream::Scoring, latent, count);
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

    /// The latents (latent, count) of a stream that does not depend on the step.
    pub(super) fn latents(&self, stream: Stream, latent: usize, count: usize) -> Arc<[f32]> {
        self.draws.latents(self.seed, stream, 0, latent, count)
    }

    /// The scorer of real images: the last one if the settings still match, otherwise that of another lane or a new one.
    fn real_images(
        &mut self,
        engine: &dyn Engine,
        images: &Images,
        settings: &Preset,
        check: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<Arc<RealImages>, Failure> {
        let (count, pictures) = (settings.scores.count, settings.samples.count);
        let (seed, data) = (self.seed, settings.data.without_noise());
        let holds = |real: &RealImages| {
            (real.seed, real.count, real.pictures) == (seed, count, pictures) && real.data == data
        };
        let last = self.images.take().filter(|real| holds(real));
        if let Some(real) = last.or_else(|| self.common.find(holds)) {
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
            seed,
            counts,
            check,
        )?;
        Ok(self.common.add(RealImages {
            seed,
            data,
            count,
            pictures,
            protocol: scorer.protocol().into(),
            scorer,
        }))
    }
}
