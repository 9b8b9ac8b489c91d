//! Adam (Kingma & Ba 2015). Its moments are accessible, so that a checkpoint can hold the whole optimizer state.

use super::{
    Failure, Knobs, Network,
    backend::{Backend, Result},
    knobs,
    memory::Memory,
};
use crate::files::tensors::StateTensor;

/// Adam's settings for one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    /// The step size α.
    pub learning_rate: f32,
    /// (β₁, β₂): decay of the means of gradients and of their squares.
    pub betas: (f32, f32),
}

/// The optimizer of one network. The moments have the layout of the network's parameters.
pub struct Adam<B: Backend> {
    backend: B,
    updates: u64,
    /// The moving averages of the gradient and of its square.
    moments: [B::Buffer; 2],
}

impl<B: Backend> Adam<B> {
    /// An optimizer with zero moments.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn new(network: &Network<B>) -> Result<Self> {
        let zeros = || network.backend.zeros(network.sections.learned);
        Ok(Self {
            backend: network.backend.clone(),
            updates: 0,
            moments: [zeros()?, zeros()?],
        })
    }

    /// Number of updates.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Resets the number of updates to its value before updates that the guard rejected.
    pub fn rewind(&mut self, updates: u64) {
        self.updates = updates;
    }

    /// Sets β1, β2, step size and bias correction of the next update.
    pub fn knobs(&self, knobs: Knobs, settings: AdamSettings) -> Knobs {
        let (beta1, beta2) = settings.betas;
        let update = (self.updates + 1) as f64;
        let correction = |beta: f32| 1.0 - f64::from(beta).powf(update);
        let step_size = f64::from(settings.learning_rate) / correction(beta1);
        knobs
            .with(knobs::BETA1, beta1)
            .with(knobs::BETA2, beta2)
            .with(knobs::STEP_SIZE, step_size as f32)
            .with(knobs::ROOT_CORRECTION, correction(beta2).sqrt() as f32)
    }

    /// Applies one update with the gradient of the network's last backward pass. The guard can reject it.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn update(
        &mut self,
        network: &Network<B>,
        knobs: &B::Buffer,
        guard: &B::Buffer,
    ) -> Result<()> {
        self.apply(network, knobs, guard)?;
        self.count_update(network);
        Ok(())
    }

    /// Runs the update on the device only; [`Adam::count_update`] is the host's part.
    ///
    /// # Errors
    /// Returns `Failure` if there is no gradient or the device fails.
    pub fn apply(
        &mut self,
        network: &Network<B>,
        knobs: &B::Buffer,
        guard: &B::Buffer,
    ) -> Result<()> {
        network.weights_changed();
        let Memory {
            numbers, gradients, ..
        } = &mut *network.memory.borrow_mut();
        let Some(gradients) = gradients else {
            let message = "there is no gradient to update with";
            return Err(Failure(message.to_owned()));
        };
        let [first, second] = &mut self.moments;
        self.backend
            .adam(numbers, gradients, [first, second], knobs, guard)
    }

    /// Counts an update that the device has made in [`Adam::apply`] or in a replayed recording.
    pub fn count_update(&mut self, network: &Network<B>) {
        network.weights_changed();
        self.updates += 1;
    }

    /// Downloads the moments, named as in PyTorch's optimizer state: `prefix.state.N.exp_avg` and
    /// `prefix.state.N.exp_avg_sq` for parameter N, each (rows, columns).
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn state(&self, prefix: &str, network: &Network<B>) -> Result<Vec<StateTensor>> {
        let mut state = Vec::new();
        let [first, second] = &self.moments;
        let read = |moments| self.backend.read(moments, 0..network.sections.learned);
        let moments = [read(first)?, read(second)?];
        for (index, parameter) in network.parameters().into_iter().enumerate() {
            let (rows, columns) = parameter.shape;
            for (key, moments) in keys(prefix, index).into_iter().zip(&moments) {
                state.push(StateTensor {
                    key,
                    shape: vec![rows, columns],
                    data: moments[parameter.place.clone()].to_vec(),
                });
            }
        }
        Ok(state)
    }

    /// Restores the number of updates and the moments that [`Adam::state`] returned. Returns the keys that `find` lacks
    /// or has with another length.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn load<'a>(
        &mut self,
        prefix: &str,
        network: &Network<B>,
        updates: u64,
        find: impl Fn(&str) -> Option<&'a [f32]>,
    ) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        self.updates = updates;
        for (index, parameter) in network.parameters().into_iter().enumerate() {
            let place = parameter.place;
            for (key, moments) in keys(prefix, index).into_iter().zip(&mut self.moments) {
                match find(&key).filter(|data| data.len() == place.len()) {
                    Some(data) => self.backend.write(moments, place.start, data)?,
                    None => missing.push(key),
                }
            }
        }
        Ok(missing)
    }
}

fn keys(prefix: &str, index: usize) -> [String; 2] {
    ["exp_avg", "exp_avg_sq"].map(|name| format!("{prefix}.state.{index}.{name}"))
}
