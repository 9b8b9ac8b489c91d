//! The gradients of the two losses: the first half of an update.

use std::sync::Arc;

use super::{
    Error, Part, Trainer,
    recorded::Recorded,
    side::Side,
    workspace::{Sizes, Workspace},
};
use crate::engine::nn::{
    Activation, Backend, Failure, Mode, Node, Objective,
    backend::Result,
    knobs::{self, Knobs},
};

impl<B: Backend> Trainer<B> {
    /// Computes the gradient of D's loss for `real` (features, batch) and `latents` (latent, batch), both batch-last, and
    /// leaves it in D's memory. Returns the measures of the update. D's power iterations run first; real and generated
    /// samples pass through D in one batch. [`Trainer::apply_to_discriminator`] applies the gradient.
    ///
    /// # Errors
    /// If the device fails.
    pub fn discriminator_gradient(
        &mut self,
        real: &[f32],
        latents: &[f32],
    ) -> std::result::Result<Recorded<B>, Error> {
        self.gradient(Side::Discriminator, real, latents)
    }

    /// Computes the gradient of G's loss for `latents` (latent, batch), batch-last, and leaves it in G's memory. Returns
    /// the measures of the update. G's power iterations run first; D's do not run. [`Trainer::apply_to_generator`]
    /// applies the gradient.
    ///
    /// D's backward pass starts from 1 for each sample, which gives the norms of ∇x D. Only then is it scaled by the
    /// derivatives of the loss.
    ///
    /// # Errors
    /// If the device fails.
    pub fn generator_gradient(
        &mut self,
        latents: &[f32],
    ) -> std::result::Result<Recorded<B>, Error> {
        self.gradient(Side::Generator, &[], latents)
    }

    fn gradient(
        &mut self,
        side: Side,
        real: &[f32],
        latents: &[f32],
    ) -> std::result::Result<Recorded<B>, Error> {
        let mut workspace = self.prepare(side, real, latents)?;
        self.attempt();
        let done = self.compute_gradient(side, &mut workspace);
        let recorded = workspace.recorder.last();
        self.workspaces[side as usize] = Some(workspace);
        Ok(done.map(|()| recorded)?)
    }

    /// Takes the workspace of a network and uploads the inputs of its next update. `real` is empty for G.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn prepare(
        &mut self,
        side: Side,
        real: &[f32],
        latents: &[f32],
    ) -> Result<Workspace<B>> {
        let batch = latents.len() / self.preset.latent;
        let (seen, norms) = match side {
            Side::Discriminator => (2 * batch, 0),
            Side::Generator if self.d.has_batch_norm() => (batch, 0),
            Side::Generator => (batch, batch),
        };
        let noise = self.noise(seen, side);
        let sizes = Sizes {
            batch,
            inputs: [latents.len(), real.len(), noise.len()],
            measured: (seen, norms),
        };
        let last = self.workspaces[side as usize].take();
        let mut workspace = match last.filter(|workspace| workspace.fits(sizes)) {
            Some(workspace) => workspace,
            None => {
                self.recordings.clear();
                let networks = [self.network(side), self.network(side.other())];
                Workspace::new(&self.backend, networks, sizes)?
            }
        };
        let gain = Knobs::default().with(knobs::GAIN, self.preset.gain);
        let knobs = self.adam(side).knobs(gain, self.adam_settings(side));
        let knobs = match side {
            Side::Discriminator => {
                knobs.with(knobs::CLIP, self.preset.clip.unwrap_or(f32::INFINITY))
            }
            Side::Generator => knobs.with(knobs::AVERAGE, self.average_decay()),
        };
        workspace.upload(&self.backend, knobs, [latents, real, &noise])?;
        Ok(workspace)
    }

    /// Computes the gradient of an update from its uploaded inputs. All of its work is on the device.
    pub(super) fn compute_gradient(
        &mut self,
        side: Side,
        workspace: &mut Workspace<B>,
    ) -> Result<()> {
        match side {
            Side::Discriminator => self.gradient_of_d(workspace),
            Side::Generator => self.gradient_of_g(workspace),
        }
    }

    fn gradient_of_d(&mut self, workspace: &mut Workspace<B>) -> Result<()> {
        let (batch, latent) = (workspace.batch, self.preset.latent);
        let latents = Arc::new(workspace.latents(&self.backend)?);
        self.lap(Part::Data);
        let latents = Node::leaf(latents, (latent, batch), false)?;
        let fake = self.g.forward(latents, Mode::Train, false)?;
        self.lap(Part::GeneratorForward);
        self.d.power_iteration(&self.guard)?;
        self.lap(Part::PowerIteration);
        let generated = Some((&*fake.value().numbers, batch));
        let real = workspace.real.clone();
        let samples = self
            .backend
            .pack_activations(&workspace.inputs, real, batch, generated)?;
        drop(fake);
        let samples = self.noisy(Arc::new(samples), 2 * batch, workspace)?;
        let features = self.preset.data.sample_shape().features();
        let samples = Node::leaf(samples, (features, 2 * batch), false)?.traced();
        let raw = self.d.forward(samples, Mode::Train, true)?;
        let objective = Objective::discriminator(self.preset.loss, batch);
        let slopes = workspace.loss(&self.backend, &raw.value().numbers, &objective)?;
        self.lap(Part::DiscriminatorForward);
        self.d.backward(raw, slopes)?;
        self.lap(Part::DiscriminatorBackward);
        let networks = [&self.d, &self.g];
        workspace.measure(&self.backend, networks, &mut self.guard)?;
        self.lap(Part::Measuring);
        Ok(())
    }

    fn gradient_of_g(&mut self, workspace: &mut Workspace<B>) -> Result<()> {
        let (batch, latent) = (workspace.batch, self.preset.latent);
        let latents = Arc::new(workspace.latents(&self.backend)?);
        self.lap(Part::Data);
        self.g.power_iteration(&self.guard)?;
        self.lap(Part::PowerIteration);
        let latents = Node::leaf(latents, (latent, batch), false)?.traced();
        let fake = self.g.forward(latents, Mode::Train, true)?;
        self.lap(Part::GeneratorForward);
        let samples = self.noisy(fake.value().numbers.clone(), batch, workspace)?;
        let features = self.preset.data.sample_shape().features();
        let samples = Node::leaf(samples, (features, batch), true)?;
        let gradient_slot = samples.value().slot.clone();
        let raw = self.d.forward(samples.traced(), Mode::Train, false)?;
        let objective = Objective::generator(self.preset.loss, batch);
        let slopes = workspace.loss(&self.backend, &raw.value().numbers, &objective)?;
        self.lap(Part::DiscriminatorForward);
        let upstream = if self.d.has_batch_norm() {
            self.d.backward(raw, slopes)?;
            gradient_slot.take().ok_or_else(no_gradient)?
        } else {
            let ones = self.backend.constant(1.0, batch)?;
            self.d.backward(raw, ones)?;
            let mut gradient = gradient_slot.take().ok_or_else(no_gradient)?;
            self.lap(Part::DiscriminatorBackward);
            workspace.scale_samples(&self.backend, &mut gradient, &slopes)?;
            self.lap(Part::Measuring);
            gradient
        };
        self.lap(Part::DiscriminatorBackward);
        self.g.backward(fake, upstream)?;
        self.lap(Part::GeneratorBackward);
        workspace.measure(&self.backend, [&self.g], &mut self.guard)?;
        self.lap(Part::Measuring);
        Ok(())
    }

    /// The noise of a network's next update on the samples (features, count) that D sees; empty if the preset adds none.
    fn noise(&self, count: usize, side: Side) -> Vec<f32> {
        let deviation = self.preset.data.noise();
        if deviation == 0.0 {
            return Vec::new();
        }
        let features = self.preset.data.sample_shape().features();
        let index = self.adam(side).updates();
        let drawn = self
            .draws
            .latents(self.seed, side.noise(), index, features, count);
        drawn.iter().map(|x| x * deviation).collect()
    }

    /// Samples (features, count) plus the noise of the update, if the preset adds any.
    fn noisy(
        &self,
        samples: Arc<B::Buffer>,
        count: usize,
        workspace: &Workspace<B>,
    ) -> Result<Arc<B::Buffer>> {
        if workspace.noise.is_empty() {
            return Ok(samples);
        }
        let noise = workspace.noise.clone();
        let noise = self
            .backend
            .pack_activations(&workspace.inputs, noise, count, None)?;
        let noisy = self
            .backend
            .add_activate(&samples, Some(&noise), Activation::Identity)?;
        Ok(Arc::new(noisy))
    }
}

fn no_gradient() -> Failure {
    Failure("D's backward pass has not reached its input".to_owned())
}
