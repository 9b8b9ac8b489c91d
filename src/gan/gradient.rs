//! The gradients of the two losses: the first half of an update.

use std::rc::Rc;

use super::{
    Error, Part, Trainer,
    desk::{Desk, Sizes},
    recorded::Recorded,
};
use crate::{
    nn::{
        Activation, Backend, Failure, Mode, Node, Objective,
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
        let mut desk = self.desk_of_d(real, latents)?;
        self.attempt();
        let done = self.gradient_of_d(&mut desk);
        let recorded = desk.recorder.last();
        self.of_d = Some(desk);
        Ok(done.map(|()| recorded)?)
    }

    /// The desk of D, with what an update needs handed over.
    pub(super) fn desk_of_d(&mut self, real: &[f32], latents: &[f32]) -> Result<Desk<B>> {
        let batch = latents.len() / self.preset.latent;
        let noise = self.noise(2 * batch, Stream::NoiseD, self.adam_d.updates());
        let sizes = Sizes {
            batch,
            inputs: [latents.len(), real.len(), noise.len()],
            measured: (2 * batch, 0),
        };
        let mut desk = match self.of_d.take().filter(|desk| desk.fits(sizes)) {
            Some(desk) => desk,
            None => {
                self.recordings.clear();
                Desk::new(&self.backend, [&self.d, &self.g], sizes)?
            }
        };
        let bound = self.preset.clip.unwrap_or(f32::INFINITY);
        let settings = self.settings(&self.preset.discriminator);
        let knobs = self.adam_d.knobs(self.gain(), settings);
        let knobs = knobs.with(knobs::CLIP, bound);
        desk.write_parts(&self.backend, knobs, [latents, real, &noise])?;
        Ok(desk)
    }

    /// The device's part.
    pub(super) fn gradient_of_d(&mut self, desk: &mut Desk<B>) -> Result<()> {
        let (batch, latent) = (desk.batch, self.preset.latent);
        let latents = Rc::new(desk.latents(&self.backend)?);
        self.lap(Part::Data);
        let latents = Node::leaf(latents, (latent, batch), false)?;
        let fake = self.g.forward(latents, Mode::Train, false)?;
        self.lap(Part::GeneratorForward);
        self.d.power_iteration(&self.guard)?;
        self.lap(Part::PowerIteration);
        let beside = Some((&*fake.value().numbers, batch));
        let real = desk.real.clone();
        let samples = self
            .backend
            .pack_activations(&desk.inputs, real, batch, beside)?;
        drop(fake);
        let samples = self.noisy(Rc::new(samples), 2 * batch, desk)?;
        let features = self.preset.data.sample_shape().features();
        let samples = Node::leaf(samples, (features, 2 * batch), false)?.traced();
        let raw = self.d.forward(samples, Mode::Train, true)?;
        let objective = Objective::discriminator(self.preset.loss, batch);
        let raw_scores = &raw.value().numbers;
        let Desk {
            inputs, recorder, ..
        } = desk;
        let slopes = recorder.loss(&self.backend, raw_scores, &objective, inputs)?;
        self.lap(Part::DiscriminatorForward);
        self.d.backward(raw, slopes)?;
        self.lap(Part::DiscriminatorBackward);
        let networks = [&self.d, &self.g];
        recorder.measure(&self.backend, networks, inputs, &mut self.guard)?;
        self.lap(Part::Measuring);
        Ok(())
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
        let mut desk = self.desk_of_g(latents)?;
        self.attempt();
        let done = self.gradient_of_g(&mut desk);
        let recorded = desk.recorder.last();
        self.of_g = Some(desk);
        Ok(done.map(|()| recorded)?)
    }

    /// The desk of G, with what an update needs handed over.
    pub(super) fn desk_of_g(&mut self, latents: &[f32]) -> Result<Desk<B>> {
        let batch = latents.len() / self.preset.latent;
        let noise = self.noise(batch, Stream::NoiseG, self.adam_g.updates());
        let norms = if self.d.has_batch_norm() { 0 } else { batch };
        let sizes = Sizes {
            batch,
            inputs: [latents.len(), 0, noise.len()],
            measured: (batch, norms),
        };
        let mut desk = match self.of_g.take().filter(|desk| desk.fits(sizes)) {
            Some(desk) => desk,
            None => {
                self.recordings.clear();
                Desk::new(&self.backend, [&self.g, &self.d], sizes)?
            }
        };
        let settings = self.settings(&self.preset.generator);
        let knobs = self.adam_g.knobs(self.gain(), settings);
        let knobs = knobs.with(knobs::AVERAGE, self.average_decay());
        desk.write_parts(&self.backend, knobs, [latents, &[], &noise])?;
        Ok(desk)
    }

    /// The device's part.
    pub(super) fn gradient_of_g(&mut self, desk: &mut Desk<B>) -> Result<()> {
        let (batch, latent) = (desk.batch, self.preset.latent);
        let latents = Rc::new(desk.latents(&self.backend)?);
        self.lap(Part::Data);
        self.g.power_iteration(&self.guard)?;
        self.lap(Part::PowerIteration);
        let latents = Node::leaf(latents, (latent, batch), false)?.traced();
        let fake = self.g.forward(latents, Mode::Train, true)?;
        self.lap(Part::GeneratorForward);
        let samples = self.noisy(fake.value().numbers.clone(), batch, desk)?;
        let features = self.preset.data.sample_shape().features();
        let samples = Node::leaf(samples, (features, batch), true)?;
        let seen = samples.value().slot.clone();
        let raw = self.d.forward(samples.traced(), Mode::Train, false)?;
        let objective = Objective::generator(self.preset.loss, batch);
        let raw_scores = &raw.value().numbers;
        let Desk {
            inputs, recorder, ..
        } = desk;
        let slopes = recorder.loss(&self.backend, raw_scores, &objective, inputs)?;
        self.lap(Part::DiscriminatorForward);
        let upstream = match self.d.has_batch_norm() {
            true => {
                self.d.backward(raw, slopes)?;
                seen.take().ok_or_else(no_gradient)?
            }
            false => {
                let ones = self.backend.constant(1.0, batch)?;
                self.d.backward(raw, ones)?;
                let mut gradient = seen.take().ok_or_else(no_gradient)?;
                self.lap(Part::DiscriminatorBackward);
                recorder.scale_samples(&self.backend, &mut gradient, &slopes, inputs)?;
                self.lap(Part::Measuring);
                gradient
            }
        };
        self.lap(Part::DiscriminatorBackward);
        self.g.backward(fake, upstream)?;
        self.lap(Part::GeneratorBackward);
        recorder.measure(&self.backend, [&self.g], inputs, &mut self.guard)?;
        self.lap(Part::Measuring);
        Ok(())
    }

    fn gain(&self) -> Knobs {
        Knobs::default().with(knobs::GAIN, self.preset.gain)
    }

    /// The noise of update `index` on the samples (features, count) that D sees; none where there is none.
    fn noise(&self, count: usize, stream: Stream, index: u64) -> Vec<f32> {
        let deviation = self.preset.data.noise();
        if deviation == 0.0 {
            return Vec::new();
        }
        let features = self.preset.data.sample_shape().features();
        let mut noise = random::latents(self.seed, stream, index, features, count);
        noise.iter_mut().for_each(|x| *x *= deviation);
        noise
    }

    /// Samples (features, count) as D sees them: with noise where there is any.
    fn noisy(&self, samples: Rc<B::Buffer>, count: usize, desk: &Desk<B>) -> Result<Rc<B::Buffer>> {
        if desk.noise.is_empty() {
            return Ok(samples);
        }
        let noise = desk.noise.clone();
        let noise = self
            .backend
            .pack_activations(&desk.inputs, noise, count, None)?;
        let noisy = self
            .backend
            .add_activate(&samples, Some(&noise), Activation::Identity)?;
        Ok(Rc::new(noisy))
    }
}

fn no_gradient() -> Failure {
    Failure("D's backward pass has not reached its input".to_owned())
}
