//! Starting a training from given weights.

use std::collections::BTreeMap;

use super::{Error, Trainer};
use crate::engine::nn::{Backend, Network};

impl<B: Backend> Trainer<B> {
    /// Replaces weights, biases, u and v, and running statistics by `weights`. Keys are those of [`Network::start_from`]
    /// prefixed with `g.`, `d.` or `ema.`. A network without any key keeps its tensors. Adam's moments do not change.
    ///
    /// # Errors
    /// If a network has some of its tensors in `weights` but not all, or if the device fails.
    pub fn start_from(&mut self, weights: &BTreeMap<String, Vec<f32>>) -> Result<(), Error> {
        let seed = self.seed;
        for (prefix, network) in [
            ("g.", &mut self.g),
            ("d.", &mut self.d),
            ("ema.", &mut self.average),
        ] {
            if weights.keys().any(|key| key.starts_with(prefix)) {
                start_network(network, prefix, weights, seed)?;
            }
        }
        Ok(())
    }
}

/// Overwrites a network's tensors with those whose keys start with `prefix`.
///
/// # Errors
/// If a tensor is missing or the device fails.
pub(super) fn start_network<B: Backend>(
    network: &mut Network<B>,
    prefix: &str,
    weights: &BTreeMap<String, Vec<f32>>,
    seed: u64,
) -> Result<(), Error> {
    let find = |name: &str| weights.get(&format!("{prefix}{name}")).map(Vec::as_slice);
    let missing = network.start_from(find, seed)?;
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::Lacking(
            missing
                .iter()
                .map(|name| format!("{prefix}{name}"))
                .collect(),
        ))
    }
}
