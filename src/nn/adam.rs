//! Adam (Kingma & Ba 2015) with its moments in the open, so that a run can be saved whole.

use super::{
    Failure, Knobs, Network,
    backend::{Backend, Result},
    knobs,
    memory::Memory,
};
use crate::tensors::StateTensor;

/// Adam's settings for one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    pub learning_rate: f32,
    pub betas: (f32, f32),
}

/// The optimizer of one network. Moments stand as what they are of does in the network's memory.
pub struct Adam<B: Backend> {
    backend: B,
    updates: u64,
    /// The moving averages of the gradient and of its square.
    moments: [B::Buffer; 2],
}

impl<B: Backend> Adam<B> {
    /// Zero moments for a network.
    ///
    /// # Errors
    /// Those of the device.
    pub fn new(network: &Network<B>) -> Result<Self> {
        let zeros = || network.backend.zeros(network.sections.learned);
        Ok(Self {
            backend: network.backend.clone(),
            updates: 0,
            moments: [zeros()?, zeros()?],
        })
    }

    /// Updates made.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Sets the count of updates back to what it was before updates that were not applied.
    pub fn rewind(&mut self, updates: u64) {
        self.updates = updates;
    }

    /// The numbers of the next update.
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

    /// One update with the gradient of the network's last backward pass, where the guard lets it through.
    ///
    /// # Errors
    /// Those of the device.
    pub fn update(
        &mut self,
        network: &Network<B>,
        knobs: &B::Buffer,
        guard: &B::Buffer,
    ) -> Result<()> {
        self.apply(network, knobs, guard)?;
        self.applied(network);
        Ok(())
    }

    /// The device's part of an update.
    ///
    /// # Errors
    /// Those of the device.
    pub fn apply(
        &mut self,
        network: &Network<B>,
        knobs: &B::Buffer,
        guard: &B::Buffer,
    ) -> Result<()> {
        network.moved();
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

    /// The host's part of an update, which a device may have made on its own.
    pub fn applied(&mut self, network: &Network<B>) {
        network.moved();
        self.updates += 1;
    }

    /// The moments on the host, under the names of PyTorch's optimizer state: `prefix.state.N.exp_avg` and
    /// `prefix.state.N.exp_avg_sq` of the N-th parameter, each (rows, columns).
    ///
    /// # Errors
    /// Those of the device.
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

    /// Takes over a count of updates and what [`Adam::state`] gave; gives back the keys that `find` lacks, or has not as
    /// many numbers of as needed.
    ///
    /// # Errors
    /// Those of the device.
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
