//! Initial weights of a run from a file.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use super::{Error, Part, WeightsFile, network::NetworkWeights};
use crate::preset::{OnDisable, Preset};

/// Initial weights of a run, checked against its networks.
pub struct Init {
    path: PathBuf,
    sha256: String,
    /// Notes for the user about skipped files and stripped prefixes of keys.
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
    /// Reads the weights that `run` names, see [`WeightsFile::open`], for the networks of `preset`, whose name is `name`.
    /// All networks in the file must fit. If the file has only one of G and its average, both start from it. If a layer is
    /// normalized in the file but not in the preset, `spectral.on_disable` says what its weight becomes.
    ///
    /// # Errors
    /// If the file cannot be read, a tensor does not fit, a number is not finite, or the file has one network without a
    /// name that fits both G and D.
    pub fn read(run: &str, preset: &Preset, name: &str) -> Result<Self, Error> {
        let mut file = WeightsFile::open(run, None)?;
        let mut networks = BTreeMap::new();
        for part in parts(&mut file, preset, name)? {
            let network = file.network(part, preset, name)?;
            check_finite(file.path(), part, &network)?;
            networks.insert(part.name(), for_preset(&file, part, network, preset));
        }
        for (missing, other) in [("g", "ema"), ("ema", "g")] {
            if let (None, Some(network)) = (networks.get(missing), networks.get(other)) {
                networks.insert(missing, network.clone());
            }
        }
        let mut tensors = BTreeMap::new();
        for (part, network) in &networks {
            tensors.extend(network.tensors(&format!("{part}.")));
        }
        Ok(Self {
            path: file.path().to_owned(),
            sha256: file.sha256()?,
            notes: notes(&file),
            tensors,
        })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the file's tensors, as [`Weights::sha256`](super::Weights::sha256).
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Notes for the user about how the file was read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// All tensors by key: `g.0.weight`, `d.0.weight_u`, …
    pub fn tensors(&self) -> &BTreeMap<String, Vec<f32>> {
        &self.tensors
    }
}

fn notes(file: &WeightsFile) -> Vec<String> {
    let skipped = file.skipped.iter();
    let skipped = skipped.map(|file| format!("passed over: {file}"));
    let path = file.path().display();
    let prefixes = file.without_prefixes();
    let prefixes = prefixes.map(|words| format!("{path} is read {words}"));
    skipped.chain(prefixes).collect()
}

/// The networks in the file. A network without a name is the one that it fits.
fn parts(file: &mut WeightsFile, preset: &Preset, name: &str) -> Result<Vec<Part>, Error> {
    if let Some(only) = file.only_network() {
        return Ok(vec![only]);
    }
    let parts = file.parts();
    if !parts.is_empty() {
        return Ok(parts);
    }
    if !file.has_bare_keys() {
        return Err(Error::NoNetwork {
            path: file.path().to_owned(),
            what: "a network",
            there: Vec::new(),
        });
    }
    // PyTorch saves a single network without a name in its keys.
    let g = file.network(Part::G, preset, name);
    let d = file.network(Part::D, preset, name);
    match (g, d) {
        (Ok(_), Err(_)) => Ok(vec![Part::G]),
        (Err(_), Ok(_)) => Ok(vec![Part::D]),
        (Ok(_), Ok(_)) => Err(Error::Ambiguous(file.path().to_owned())),
        (Err(g), Err(d)) => Err(fewer_misfits(g, d)),
    }
}

/// The error with fewer misfits.
fn fewer_misfits(a: Error, b: Error) -> Error {
    let count = |error: &Error| match error {
        Error::Misfit { misfits, .. } => misfits.len(),
        _ => 0,
    };
    if count(&b) < count(&a) { b } else { a }
}

fn check_finite(path: &Path, part: Part, network: &NetworkWeights) -> Result<(), Error> {
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

/// The network with the preset's normalization. A layer whose normalization the preset switches off is changed as in a run.
fn for_preset(
    file: &WeightsFile,
    part: Part,
    mut network: NetworkWeights,
    preset: &Preset,
) -> NetworkWeights {
    for layer in &mut network.layers {
        let name = layer.layer.name.clone();
        let settings = preset.spectral.layer(&part.settings_key(&name));
        let switched_off = layer.normalized && !settings.enabled;
        if switched_off && preset.spectral.on_disable == OnDisable::Fold {
            let weight = layer.effective(file.layer_gain(part, &name));
            layer.tensors.insert("weight", weight);
        }
        layer.normalized = settings.enabled;
    }
    network
}
