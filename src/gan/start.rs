//! A training that starts from weights made elsewhere.

use std::collections::BTreeMap;

use super::{Error, Trainer};
use crate::nn::{Backend, Network};

impl<B: Backend> Trainer<B> {
    /// Takes over weights, biases, vectors and running statistics under the names of [`Network::start_from`] behind `g.`,
    /// `d.` and `ema.`; a network of which nothing is there keeps its own. Adam's moments stay what they are, zero before
    /// the first step.
    ///
    /// # Errors
    /// Tensors that are lacking in a network of which some are there; those of the device.
    pub fn start_from(&mut self, weights: &BTreeMap<String, Vec<f32>>) -> Result<(), Error> {
        let seed = self.seed;
        for (prefix, network) in [
            ("g.", &mut self.g),
            ("d.", &mut self.d),
            ("ema.", &mut self.average),
        ] {
            if weights.keys().any(|key| key.starts_with(prefix)) {
                begin(network, prefix, weights, seed)?;
            }
        }
        Ok(())
    }
}

/// Overwrites a network with the tensors behind `prefix`.
pub(super) fn begin<B: Backend>(
    network: &mut Network<B>,
    prefix: &str,
    weights: &BTreeMap<String, Vec<f32>>,
    seed: u64,
) -> Result<(), Error> {
    let find = |name: &str| weights.get(&format!("{prefix}{name}")).map(Vec::as_slice);
    let lacking = network.start_from(find, seed)?;
    match lacking.is_empty() {
        true => Ok(()),
        false => Err(Error::Lacking(
            lacking
                .iter()
                .map(|name| format!("{prefix}{name}"))
                .collect(),
        )),
    }
}
