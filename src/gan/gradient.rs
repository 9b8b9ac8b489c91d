//! The gradients of the two losses: the first half of an update.

use std::rc::Rc;

use super::{Error, Part, Trainer, recorded::Recorded};
use crate::{
    nn::{
        Backend, Failure, Mode, Node, Objective,
        backend::Result,
        knobs::{self, Knobs},
    },
    random::{self, Stream},
};

impl<B: Backend> Trainer<B> {
    /// The gradient of D's loss on `real` (features, batch) and what G makes of `latents` (latent, batch), both numbers
    /// batch-last: it stands in D's memory. Gives what is measured on the way. Runs D's power iterations first; real and
    /// generated samples pass D in one batch. Applying the gradient is a call of its own.
    ///
    /// # Errors
    /// Those of the device.
    pub fn discriminator_gradient(
        &mut self,
        real: &[f32],
        latents: &[f32],
    ) -> std::result::Result<Recorded<B>, Error> {
        Ok(self.gradient_of_d(real, latents)?)
    }

    fn gradient_of_d(&mut self, real: &[f32], latents: &[f32]) -> Result<Recorded<B>> {
        let batch = latents.len() / self.preset.latent;
        let bound = self.preset.clip.unwrap_or(f32::INFINITY);
        let settings = self.settings(&self.preset.discriminator);
        let knobs = self.adam_d.knobs(self.gain(), settings);
        self.set(knobs.with(knobs::CLIP, bound))?;
        let latents = Rc::new(self.backend.upload(latents, batch, None)?);
        self.lap(Part::Data);
        let latents = Node::leaf(latents, (self.preset.latent, batch), false)?;
        let fake = self.g.forward(latents, Mode::Train, false)?;
        self.lap(Part::GeneratorForward);
        self.d.iterate(&self.guard)?;
        self.lap(Part::PowerIteration);
        let beside = (&*fake.value().numbers, batch);
        let samples = Rc::new(self.backend.upload(real, batch, Some(beside))?);
        drop(fake);
        let samples = self.noisy(samples, 2 * batch, Stream::NoiseD, self.adam_d.updates())?;
        let features = self.preset.data.sample_shape().features();
        let samples = Node::leaf(samples, (features, 2 * batch), false)?.traced();
        let raw = self.d.forward(samples, Mode::Train, true)?;
        let mut recorded = Recorded::new(&self.backend, &self.d, &self.g, 2 * batch, 0)?;
        let objective = Objective::discriminator(self.preset.loss, batch);
        let raw_scores = &raw.value().numbers;
        let slopes = recorded.loss(&self.backend, raw_scores, &objective, &self.knobs)?;
        self.lap(Part::DiscriminatorForward);
        self.d.backward(raw, slopes)?;
        self.lap(Part::DiscriminatorBackward);
        self.attempt();
        recorded.measure(&self.backend, [&self.d, &self.g], &mut self.guard)?;
        self.lap(Part::Measuring);
        Ok(recorded)
    }

    /// The gradient of G's loss on `latents` (latent, batch), batch-last: it stands in G's memory. G's power iterations
    /// run first, D's do not run. D's backward pass starts from 1 for each sample, so that the norms of ∇x D can be read
    /// off it, and is scaled by the loss's derivatives only then.
    ///
    /// # Errors
    /// Those of the device.
    pub fn generator_gradient(
        &mut self,
        latents: &[f32],
    ) -> std::result::Result<Recorded<B>, Error> {
        Ok(self.gradient_of_g(latents)?)
    }

    fn gradient_of_g(&mut self, latents: &[f32]) -> Result<Recorded<B>> {
        let batch = latents.len() / self.preset.latent;
        let settings = self.settings(&self.preset.generator);
        let knobs = self.adam_g.knobs(self.gain(), settings);
        self.set(knobs.with(knobs::AVERAGE, self.average_decay()))?;
        let latents = Rc::new(self.backend.upload(latents, batch, None)?);
        self.lap(Part::Data);
        self.g.iterate(&self.guard)?;
        self.lap(Part::PowerIteration);
        let latents = Node::leaf(latents, (self.preset.latent, batch), false)?.traced();
        let fake = self.g.forward(latents, Mode::Train, true)?;
        self.lap(Part::GeneratorForward);
        let samples = fake.value().numbers.clone();
        let samples = self.noisy(samples, batch, Stream::NoiseG, self.adam_g.updates())?;
        let features = self.preset.data.sample_shape().features();
        let samples = Node::leaf(samples, (features, batch), true)?;
        let seen = samples.value().slot.clone();
        let raw = self.d.forward(samples.traced(), Mode::Train, false)?;
        let by_sample = !self.d.has_batch_norm();
        let norms = if by_sample { batch } else { 0 };
        let mut recorded = Recorded::new(&self.backend, &self.g, &self.d, batch, norms)?;
        let objective = Objective::generator(self.preset.loss, batch);
        let raw_scores = &raw.value().numbers;
        let slopes = recorded.loss(&self.backend, raw_scores, &objective, &self.knobs)?;
        self.lap(Part::DiscriminatorForward);
        let upstream = match by_sample {
            false => {
                self.d.backward(raw, slopes)?;
                seen.take().ok_or_else(no_gradient)?
            }
            true => {
                let ones = self.backend.upload(&vec![1.0; batch], batch, None)?;
                self.d.backward(raw, ones)?;
                let mut gradient = seen.take().ok_or_else(no_gradient)?;
                self.lap(Part::DiscriminatorBackward);
                self.backend.scale_samples(
                    &mut gradient,
                    &slopes,
                    batch,
                    &self.knobs,
                    &mut recorded.numbers,
                    &recorded.places,
                )?;
                self.lap(Part::Measuring);
                gradient
            }
        };
        self.lap(Part::DiscriminatorBackward);
        self.g.backward(fake, upstream)?;
        self.lap(Part::GeneratorBackward);
        self.attempt();
        recorded.measure(&self.backend, [&self.g], &mut self.guard)?;
        self.lap(Part::Measuring);
        Ok(recorded)
    }

    fn gain(&self) -> Knobs {
        Knobs::default().with(knobs::GAIN, self.preset.gain)
    }

    fn set(&mut self, knobs: Knobs) -> Result<()> {
        self.backend.write(&mut self.knobs, 0, knobs.numbers())
    }

    /// Samples (features, count) as D sees them: with the noise of update `index` where there is any.
    fn noisy(
        &self,
        samples: Rc<B::Buffer>,
        count: usize,
        stream: Stream,
        index: u64,
    ) -> Result<Rc<B::Buffer>> {
        let deviation = self.preset.data.noise();
        if deviation == 0.0 {
            return Ok(samples);
        }
        let features = self.preset.data.sample_shape().features();
        let mut noise = random::latents(self.seed, stream, index, features, count);
        noise.iter_mut().for_each(|x| *x *= deviation);
        let noise = self.backend.upload(&noise, count, None)?;
        let identity = crate::nn::Activation::Identity;
        let noisy = self.backend.join(&samples, Some(&noise), identity)?;
        Ok(Rc::new(noisy))
    }
}

fn no_gradient() -> Failure {
    Failure("D's backward pass has not reached its input".to_owned())
}
