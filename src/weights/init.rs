//! Weights that a run starts from instead of fresh ones.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{Error, Part, Stored, network::NetworkWeights};
use crate::preset::{OnDisable, Preset};

/// Weights that a run starts from, fitted to its networks.
pub struct Init {
    path: PathBuf,
    sha256: String,
    /// What was done to the file's keys, and what could not be read before it, in words.
    notes: Vec<String>,
    tensors: BTreeMap<String, Vec<f32>>,
}

impl fmt::Debug for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Init")
            .field("path", &self.path)
            .field("sha256", &self.sha256)
            .finish_non_exhaustive()
    }
}

impl Init {
    /// Reads weights for the networks of `preset`, called `name`: what `run` names, as [`Stored::open`] has it. All of the
    /// networks in the file must fit; where it holds G and no average, or the average and no G, one starts from the other.
    /// Of a layer that is normalized in the file and not in the preset the weight becomes what
    /// `spectral.on_disable` says.
    ///
    /// # Errors
    /// A file that cannot be read; every tensor that does not fit; a single network without a name that fits both G and
    /// D; numbers that are not finite.
    pub fn read(run: &str, preset: &Preset, name: &str) -> Result<Self, Error> {
        let mut stored = Stored::open(run, None)?;
        let mut networks = BTreeMap::new();
        for part in parts(&mut stored, preset, name)? {
            let network = stored.network(part, preset, name)?;
            finite(stored.path(), part, &network)?;
            networks.insert(part.name(), started(&stored, part, network, preset));
        }
        for (of, like) in [("g", "ema"), ("ema", "g")] {
            if let (None, Some(network)) = (networks.get(of), networks.get(like)) {
                networks.insert(of, network.clone());
            }
        }
        let mut tensors = BTreeMap::new();
        for (part, network) in &networks {
            tensors.extend(network.named(&format!("{part}.")));
        }
        Ok(Self {
            path: stored.path().to_owned(),
            sha256: stored.sha256()?,
            notes: notes(&stored),
            tensors,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 over the file's tensors, as [`Weights::sha256`](super::Weights::sha256).
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What a person should know of how the file was read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What an engine starts from: `g.0.weight`, `d.0.weight_u`, …
    pub fn tensors(&self) -> &BTreeMap<String, Vec<f32>> {
        &self.tensors
    }
}

fn notes(stored: &Stored) -> Vec<String> {
    let passed_over = stored.passed_over.iter();
    let passed_over = passed_over.map(|file| format!("passed over: {file}"));
    let path = stored.path().display();
    let left_off = stored.left_off();
    let left_off = left_off.map(|words| format!("{path} is read {words}"));
    passed_over.chain(left_off).collect()
}

/// The networks in the file.
fn parts(stored: &mut Stored, preset: &Preset, name: &str) -> Result<Vec<Part>, Error> {
    if let Some(single) = stored.single() {
        return Ok(vec![single]);
    }
    let parts = stored.parts();
    if !parts.is_empty() {
        return Ok(parts);
    }
    if !stored.is_bare() {
        return Err(Error::NoNetwork {
            path: stored.path().to_owned(),
            what: "a network",
            there: Vec::new(),
        });
    }
    // Keys without a network's name, as PyTorch saves one alone: the network that they fit is meant.
    let g = stored.network(Part::G, preset, name);
    let d = stored.network(Part::D, preset, name);
    match (g, d) {
        (Ok(_), Err(_)) => Ok(vec![Part::G]),
        (Err(_), Ok(_)) => Ok(vec![Part::D]),
        (Ok(_), Ok(_)) => Err(Error::Unclear {
            path: stored.path().to_owned(),
            reason: "its tensors fit the generator and the discriminator: put `g.` or `d.` before \
                     their keys"
                .to_owned(),
        }),
        (Err(g), Err(d)) => Err(closer(g, d)),
    }
}

/// The error that names fewer tensors.
fn closer(a: Error, b: Error) -> Error {
    let count = |error: &Error| match error {
        Error::Misfit { misfits, .. } => misfits.len(),
        _ => 0,
    };
    match count(&b) < count(&a) {
        true => b,
        false => a,
    }
}

fn finite(path: &Path, part: Part, network: &NetworkWeights) -> Result<(), Error> {
    for layer in &network.layers {
        for (name, data) in &layer.tensors {
            if data.iter().any(|x| !x.is_finite()) {
                return Err(Error::NotFinite {
                    path: path.to_owned(),
                    key: format!("{}.{}.{name}", part.name(), layer.layer.name),
                });
            }
        }
    }
    Ok(())
}

/// The network as the preset's own has it: normalization that is switched off by the preset is switched off as in a run.
fn started(
    stored: &Stored,
    part: Part,
    mut network: NetworkWeights,
    preset: &Preset,
) -> NetworkWeights {
    for layer in &mut network.layers {
        let name = layer.layer.name.clone();
        let settings = preset.spectral.layer(&part.setting(&name));
        let switched_off = layer.normalized && !settings.enabled;
        if switched_off && preset.spectral.on_disable == OnDisable::Fold {
            let weight = layer.effective(stored.layer_gain(part, &name));
            layer.tensors.insert("weight", weight);
        }
        layer.normalized = settings.enabled;
    }
    network
}
