//! One training step: `n_dis` updates of D and one update of G.

use std::sync::Arc;

use super::{Error, Part, Trainer, Updates, measured::Measured, side::Side};
use crate::engine::{
    nn::{AdamSettings, Backend},
    random::Stream,
};

/// Whether a step's updates were applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The weights were updated.
    Applied,
    /// A loss or gradient was NaN or infinite. That update and all later ones were not applied; weights and running
    /// statistics are those before it.
    NonFinite,
}

impl<B: Backend> Trainer<B> {
    /// Makes one step: `n_dis` updates of D and one of G. `real(i)` gives the i-th batch of real samples, (features,
    /// batch) batch-last; i counts updates of D from 0.
    ///
    /// # Errors
    /// If `real` or the device fails.
    pub fn step(
        &mut self,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Error>,
    ) -> Result<Outcome, Error> {
        self.step_of(Updates::Both, real)
    }

    /// Makes one step that updates only the networks in `updates`; `real` is as in [`Trainer::step`]. Each network
    /// counts its own batches and latents: skipping updates of one does not change the samples of the other.
    ///
    /// # Errors
    /// If `real` or the device fails.
    pub fn step_of(
        &mut self,
        updates: Updates,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Error>,
    ) -> Result<Outcome, Error> {
        self.start_lap();
        if updates != Updates::Generator {
            // If only D is updated, the measures of G's last update remain valid.
            let alone = updates == Updates::Discriminator;
            let before = self.measured.take().filter(|_| alone);
            let outcome = self.update_discriminator(real, before.as_ref())?;
            if outcome == Outcome::NonFinite {
                return Ok(outcome);
            }
        }
        if updates != Updates::Discriminator {
            if let Some(measured) = &mut self.measured {
                measured.keep_discriminator(self.steps + 1);
            }
            return self.update_generator();
        }
        self.steps += 1;
        Ok(Outcome::Applied)
    }

    /// Makes `n_dis` updates of D. The measures of G in `before` are kept.
    fn update_discriminator(
        &mut self,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Error>,
        before: Option<&Measured<B>>,
    ) -> Result<Outcome, Error> {
        for _ in 0..self.preset.n_dis {
            let index = self.adam_d.updates();
            let latents = self.draw(Stream::LatentsD, index);
            let real = real(index)?;
            self.lap(Part::Data);
            let workspace = self.prepare(Side::Discriminator, &real, &latents)?;
            drop(real);
            let (step, loss) = (self.steps + 1, self.preset.loss);
            let recorded = workspace.recorder.last();
            self.update(Side::Discriminator, workspace)?;
            self.measured = Some(Measured::discriminator(step, loss, recorded, before));
            self.attempt_measured();
            let outcome = self.settle_if_due()?;
            self.lap(Part::Optimizer);
            if outcome == Outcome::NonFinite {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Applied)
    }

    /// Makes one update of G, which completes the step.
    fn update_generator(&mut self) -> Result<Outcome, Error> {
        let latents = self.draw(Stream::LatentsG, self.adam_g.updates());
        self.lap(Part::Data);
        let workspace = self.prepare(Side::Generator, &[], &latents)?;
        let recorded = workspace.recorder.last();
        self.update(Side::Generator, workspace)?;
        if let Some(measured) = &mut self.measured {
            measured.add_generator(recorded);
        }
        self.attempt_measured();
        let outcome = self.settle_if_due();
        self.lap(Part::Optimizer);
        outcome
    }

    /// The latents of update `index`, (latent, batch) batch-last.
    fn draw(&self, stream: Stream, index: u64) -> Arc<[f32]> {
        let (latent, batch) = (self.preset.latent, self.preset.batch);
        self.draws.latents(self.seed, stream, index, latent, batch)
    }

    /// Adam's settings for the next update of a network.
    pub(super) fn adam_settings(&self, side: Side) -> AdamSettings {
        let spec = self.spec(side);
        AdamSettings {
            learning_rate: spec.learning_rate * self.preset.rate_factor(self.steps + 1),
            betas: spec.betas,
        }
    }

    /// The decay of the average of G at G's next update.
    pub(super) fn average_decay(&self) -> f32 {
        average_decay(self.preset.ema, self.adam_g.updates() + 1)
    }
}

/// The decay of the average of G at G's update t, counted from 1: min(`most`, (1 + t)/(10 + t)), as in TensorFlow's
/// `ExponentialMovingAverage` with `num_updates`. It lets the average forget the initial weights within a few updates
/// even if `most` is close to 1.
fn average_decay(most: f32, update: u64) -> f32 {
    let update = update as f32;
    most.min((1.0 + update) / (10.0 + update))
}
