//! The updates of D and of G: the device work, which repeats and can be recorded, and the host's bookkeeping.

use super::{Error, Trainer, side::Side, workspace::Workspace};
use crate::{
    engine::nn::{Backend, Failure, backend::Result},
    preset::{Checkpoints, NetworkSpec, Preset, Samples, Scoring, SpectraSchedule},
};

/// Identifies a recorded update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RecordingKey {
    side: Side,
    /// Whether the next pass of the network that is not updated has to recompute σ and ‖W‖F first.
    other_is_stale: bool,
}

/// Whether the recordings made under preset `a` remain valid under preset `b`. Settings that reach the device as numbers,
/// and settings of what happens between updates, may differ; all others must be equal.
pub(super) fn keep_recordings(a: &Preset, b: &Preset) -> bool {
    recorded_settings(a) == recorded_settings(b)
}

/// The preset with a constant in place of every setting that may change without a new recording.
fn recorded_settings(preset: &Preset) -> Preset {
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
    /// Updates a network with the inputs in its workspace, and puts the workspace back.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn update(
        &mut self,
        side: Side,
        mut workspace: Workspace<B>,
    ) -> std::result::Result<(), Error> {
        let other_is_stale = self.network(side.other()).is_stale();
        let key = RecordingKey {
            side,
            other_is_stale,
        };
        self.repeat(key, |trainer| {
            trainer.compute_gradient(side, &mut workspace)?;
            trainer.apply_gradient(side, &workspace.inputs)
        })?;
        self.workspaces[side as usize] = Some(workspace);
        self.network(side.other()).mark_fresh();
        self.count_update(side);
        Ok(())
    }

    /// Attempts an update: records it on its first call, replays the recording later.
    fn repeat(
        &mut self,
        key: RecordingKey,
        call: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.attempt();
        let backend = self.backend.clone();
        let mut recording = self.recordings.remove(&key).unwrap_or_default();
        let done = backend.replay(&mut recording, || call(self));
        self.recordings.insert(key, recording);
        if done.is_err() {
            // The guard did not count this update.
            self.attempts.pop();
        }
        done
    }

    /// Drops all recordings and workspaces.
    pub(super) fn forget_recordings(&mut self) {
        self.recordings.clear();
        self.workspaces = [None, None];
        self.backend.release_idle();
    }

    /// Applies the gradient of [`Trainer::discriminator_gradient`]: Adam, then weight clipping of weights and biases if
    /// the preset sets `clip` (WGAN). Running statistics are updated.
    ///
    /// # Errors
    /// If there is no gradient or the device fails.
    pub fn apply_to_discriminator(&mut self) -> std::result::Result<(), Error> {
        self.apply(Side::Discriminator)
    }

    /// Applies the gradient of [`Trainer::generator_gradient`] and completes the step: Adam, running statistics, then the
    /// average of G.
    ///
    /// # Errors
    /// If there is no gradient or the device fails.
    pub fn apply_to_generator(&mut self) -> std::result::Result<(), Error> {
        self.apply(Side::Generator)
    }

    fn apply(&mut self, side: Side) -> std::result::Result<(), Error> {
        let workspace = self.workspaces[side as usize]
            .take()
            .ok_or_else(no_gradient)?;
        self.apply_gradient(side, &workspace.inputs)?;
        self.workspaces[side as usize] = Some(workspace);
        self.count_update(side);
        Ok(())
    }

    /// The device's part of applying a gradient.
    fn apply_gradient(&mut self, side: Side, knobs: &B::Buffer) -> Result<()> {
        let adam = match side {
            Side::Discriminator => &mut self.adam_d,
            Side::Generator => &mut self.adam_g,
        };
        let network = match side {
            Side::Discriminator => &self.d,
            Side::Generator => &self.g,
        };
        adam.apply(network, knobs, &self.guard)?;
        // The gradient of either network passes through both in training mode.
        self.g.update_running_statistics(knobs, &self.guard)?;
        self.d.update_running_statistics(knobs, &self.guard)?;
        match side {
            Side::Discriminator => Ok(()),
            Side::Generator => self.average.update_average(&self.g, knobs, &self.guard),
        }
    }

    /// The host's part of applying a gradient: counts the update, and with one of G the step.
    fn count_update(&mut self, side: Side) {
        match side {
            Side::Discriminator => self.adam_d.count_update(&self.d),
            Side::Generator => {
                self.adam_g.count_update(&self.g);
                self.average.weights_changed();
                self.steps += 1;
            }
        }
    }
}

fn no_gradient() -> Failure {
    Failure("there is no gradient to update with".to_owned())
}
