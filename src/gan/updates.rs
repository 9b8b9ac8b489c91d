//! The updates of D and of G: work that is the same each time, so that a device may repeat it, and what is left to the host.

use super::{Error, Trainer, desk::Desk};
use crate::{
    nn::{Backend, Failure, backend::Result},
    preset::{Checkpoints, NetworkSpec, Preset, Samples, Scoring, SpectraSchedule},
};

/// An update that is recorded. What a forward pass has to do first depends on whether the network that is not updated has
/// moved since its last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    Discriminator { g_is_stale: bool },
    Generator { d_is_stale: bool },
}

/// Whether updates under two settings are the same work. What reaches the device as a number may differ, and what happens
/// between updates; everything else must be equal.
pub fn same_work(a: &Preset, b: &Preset) -> bool {
    work(a) == work(b)
}

fn work(preset: &Preset) -> Preset {
    let network = |spec: &NetworkSpec| NetworkSpec {
        learning_rate: 0.0,
        betas: (0.0, 0.0),
        ..spec.clone()
    };
    let mut spectral = preset.spectral.clone();
    spectral.layer_gain = 1.0;
    for layer in spectral.layers.values_mut() {
        layer.layer_gain = None;
    }
    Preset {
        about: String::new(),
        generator: network(&preset.generator),
        discriminator: network(&preset.discriminator),
        spectral,
        gain: 1.0,
        n_dis: 1,
        clip: None,
        ema: 0.0,
        decay: false,
        decay_steps: None,
        samples: Samples::default(),
        scores: Scoring::default(),
        spectra: SpectraSchedule::default(),
        checkpoints: Checkpoints::default(),
        ..preset.clone()
    }
}

impl<B: Backend> Trainer<B> {
    /// An update of D with what lies on its desk.
    pub(super) fn update_d(&mut self, mut desk: Desk<B>) -> std::result::Result<(), Error> {
        let g_is_stale = self.g.is_stale();
        self.repeat(Work::Discriminator { g_is_stale }, |trainer| {
            trainer.gradient_of_d(&mut desk)?;
            trainer.move_d(&desk.inputs)
        })?;
        self.of_d = Some(desk);
        self.g.mark_fresh();
        self.adam_d.count_update(&self.d);
        Ok(())
    }

    /// An update of G with what lies on its desk.
    pub(super) fn update_g(&mut self, mut desk: Desk<B>) -> std::result::Result<(), Error> {
        let d_is_stale = self.d.is_stale();
        self.repeat(Work::Generator { d_is_stale }, |trainer| {
            trainer.gradient_of_g(&mut desk)?;
            trainer.move_g(&desk.inputs)
        })?;
        self.of_g = Some(desk);
        self.d.mark_fresh();
        self.moved_g();
        Ok(())
    }

    /// Attempts an update.
    fn repeat(&mut self, work: Work, call: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.attempt();
        let backend = self.backend.clone();
        let mut recording = self.recordings.remove(&work).unwrap_or_default();
        let done = backend.replay(&mut recording, || call(self));
        self.recordings.insert(work, recording);
        if done.is_err() {
            // The guard has not counted it.
            self.attempts.pop();
        }
        done
    }

    /// Nothing that was recorded is the work of the next update.
    pub(super) fn forget(&mut self) {
        self.recordings.clear();
        (self.of_d, self.of_g) = (None, None);
        self.backend.release_idle();
    }

    /// The second half of a D update, with the gradient that stands in its memory: Adam, then weight clipping where it is
    /// on, as WGAN does with weights and biases; running statistics move.
    ///
    /// # Errors
    /// Those of the device.
    pub fn apply_to_discriminator(&mut self) -> std::result::Result<(), Error> {
        let desk = self.of_d.take().ok_or_else(nothing)?;
        self.move_d(&desk.inputs)?;
        self.of_d = Some(desk);
        self.adam_d.count_update(&self.d);
        Ok(())
    }

    /// The second half of a G update, with which a step is made: Adam, running statistics, then the average.
    ///
    /// # Errors
    /// Those of the device.
    pub fn apply_to_generator(&mut self) -> std::result::Result<(), Error> {
        let desk = self.of_g.take().ok_or_else(nothing)?;
        self.move_g(&desk.inputs)?;
        self.of_g = Some(desk);
        self.moved_g();
        Ok(())
    }

    fn move_d(&mut self, knobs: &B::Buffer) -> Result<()> {
        self.adam_d.apply(&self.d, knobs, &self.guard)?;
        self.move_statistics(knobs)
    }

    fn move_g(&mut self, knobs: &B::Buffer) -> Result<()> {
        self.adam_g.apply(&self.g, knobs, &self.guard)?;
        self.move_statistics(knobs)?;
        self.average.update_average(&self.g, knobs, &self.guard)
    }

    /// The host's part of the second half of a G update.
    fn moved_g(&mut self) {
        self.adam_g.count_update(&self.g);
        self.average.weights_changed();
        self.steps += 1;
    }

    /// A gradient passes both networks in training.
    fn move_statistics(&self, knobs: &B::Buffer) -> Result<()> {
        self.g.update_running_statistics(knobs, &self.guard)?;
        self.d.update_running_statistics(knobs, &self.guard)
    }
}

/// Nothing was handed over.
fn nothing() -> Failure {
    Failure("there is no gradient to update with".to_owned())
}
