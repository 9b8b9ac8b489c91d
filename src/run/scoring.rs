//! The scores of one training, and what is kept between them.

use std::{ops::Range, sync::Arc};

use super::engine::{Engine, Failure};
use crate::{
    data::{Dataset, Images, Mixture},
    feed::closing::{Closing, Skipped},
    metric::{ImageScorer, classifier, mixture},
    model::{Figures, Scores},
    preset::{Data, Preset},
    random::{Stream, latents},
};

/// Scores from streams of their own: nothing of the training moves.
pub(super) struct Scoring {
    seed: u64,
    images: Option<Known>,
}

/// Real images that were looked at, and the settings they were chosen by.
struct Known {
    data: Data,
    count: usize,
    pictures: usize,
    scorer: ImageScorer,
    protocol: Arc<str>,
}

impl Scoring {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, images: None }
    }

    /// Scores what `engine` makes now against `dataset`, which is what `settings.data` names; none where `closing` leaves
    /// them out, which is asked about every hundred samples.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn scores(
        &mut self,
        engine: &dyn Engine,
        dataset: &Dataset,
        settings: &Preset,
        closing: &Closing,
    ) -> Result<Option<Scores>, Failure> {
        let step = engine.steps();
        let go_on = || Ok(closing.go_on()?);
        let made = go_on().and_then(|()| match dataset {
            Dataset::Mixture(mixture) => self.mixture(engine, mixture, settings),
            Dataset::Images(images) => self.images(engine, images, settings, &go_on),
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
        go_on: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<(Figures, Arc<str>), Failure> {
        let known = self.known(engine, images, settings, go_on)?;
        let latent = settings.latent;
        let (seed, count) = (self.seed, settings.scores.count);
        let pictures = latents(
            seed,
            Stream::FixedSamples,
            0,
            latent,
            known.scorer.pictures(),
        );
        go_on()?;
        let pictures = engine.sample(&pictures)?;
        let z = latents(seed, Stream::Scoring, 0, latent, count);
        let mut generate = |range: Range<usize>| {
            go_on()?;
            let part = z.chunks_exact(count).flat_map(|row| &row[range.clone()]);
            engine.sample(&part.copied().collect::<Vec<f32>>())
        };
        let scores = known.scorer.scores(&pictures, &mut generate);
        let protocol = Arc::clone(&known.protocol);
        self.images = Some(known);
        Ok((Figures::Images(scores?), protocol))
    }

    /// The real side: what is known where it still holds.
    fn known(
        &mut self,
        engine: &dyn Engine,
        images: &Images,
        settings: &Preset,
        go_on: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<Known, Failure> {
        let (count, pictures) = (settings.scores.count, settings.samples.count);
        let holds = |known: &Known| {
            known.data == settings.data.without_noise()
                && known.count == count
                && known.pictures == pictures
        };
        if let Some(known) = self.images.take().filter(holds) {
            return Ok(known);
        }
        let Data::Images { source, shape, .. } = &settings.data else {
            return Err("images are scored, and the data are none".into());
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
            go_on,
        )?;
        Ok(Known {
            data: settings.data.without_noise(),
            count,
            pictures,
            protocol: scorer.protocol().into(),
            scorer,
        })
    }
}
