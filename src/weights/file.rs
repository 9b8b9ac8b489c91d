//! Reading weights files: those of a run, checkpoints, exports, and files of PyTorch.
//!
//! Shapes are checked against the file's header, and the header against the file's length, before memory is allocated.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    Error, Part,
    about::About,
    error::TensorMisfit,
    find::{self, Source},
    layers::layers,
    matching::{MatchedLayer, Matcher},
    network::{LayerWeights, NetworkWeights},
    prefix::{Stripped, strip_prefixes},
};
use crate::{
    files::tensors::TensorFile,
    preset::{Preset, parse},
    rundir::checkpoint,
};

/// Endings of keys of `torch.nn.utils.parametrizations.spectral_norm`, and of `torch.nn.utils.spectral_norm`, which this
/// program uses.
const KEY_FORMS: [(&str, &str); 3] = [
    ("parametrizations.weight.original", "weight_orig"),
    ("parametrizations.weight.0._u", "weight_u"),
    ("parametrizations.weight.0._v", "weight_v"),
];
/// Ending of the key of PyTorch's batch counter, which this program ignores.
const BATCHES_TRACKED: &str = "num_batches_tracked";

/// An open weights file.
#[derive(Debug)]
pub struct WeightsFile {
    pub(super) path: PathBuf,
    file: TensorFile,
    /// Keys in the form of this program, without the prefixes of wrappers, and the keys in the file.
    keys: BTreeMap<String, String>,
    pub(super) about: Option<About>,
    /// The only network in the file, if a stripped prefix names one.
    from_prefix: Option<Part>,
    /// Prefixes that were stripped from keys.
    prefixes: BTreeSet<String>,
    /// Warnings "path: reason" about preferred files that could not be read.
    pub skipped: Vec<String>,
}

impl WeightsFile {
    /// Opens the weights that `run` names: a weights file, a run's folder, or a run's name or id under `runs/`. `step`
    /// selects a checkpoint. Of several files the first readable one is opened.
    ///
    /// # Errors
    /// If nothing has this name, or no file can be read; the error is that of the first file.
    pub fn open(run: &str, step: Option<u64>) -> Result<Self, Error> {
        let (opened, skipped) = find::first(run, step, Self::from_source)?;
        Ok(Self { skipped, ..opened })
    }

    fn from_source(source: &Source) -> Result<Self, Error> {
        let path = source.path();
        let file = open_verified(source)?;
        let about = About::find(|name| file.metadata(name));
        let about = about.map_err(|source| Error::About {
            path: path.clone(),
            source,
        })?;
        let mut keys = file.keys();
        keys.sort();
        let keys = keys.into_iter().map(|key| (old_form(&key), key)).collect();
        let Stripped {
            keys,
            network,
            prefixes,
        } = strip_prefixes(keys);
        Ok(Self {
            path,
            file,
            keys,
            about,
            from_prefix: network,
            prefixes,
            skipped: Vec::new(),
        })
    }

    /// The path that it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The only network in the file, if its metadata or a prefix of its keys name one.
    pub fn only_network(&self) -> Option<Part> {
        let network = self
            .about
            .as_ref()
            .and_then(|about| about.network.as_deref());
        network.and_then(Part::from_name).or(self.from_prefix)
    }

    /// ``without the prefix `module.` ``, for messages; `None` if no prefix was stripped.
    pub fn without_prefixes(&self) -> Option<String> {
        let prefixes = self.prefixes.iter().map(|prefix| format!("`{prefix}`"));
        let prefixes: Vec<String> = prefixes.collect();
        let noun = match prefixes.len() {
            0 => return None,
            1 => "prefix",
            _ => "prefixes",
        };
        Some(format!("without the {noun} {}", prefixes.join(" and ")))
    }

    /// The networks whose names (`g`, `d`, `ema`) precede keys.
    pub fn parts(&self) -> Vec<Part> {
        let held = |part: &Part| {
            let prefix = format!("{}.", part.name());
            self.keys.keys().any(|key| key.starts_with(&prefix))
        };
        Part::ALL.into_iter().filter(held).collect()
    }

    /// Whether no key starts with a network's name.
    pub fn has_bare_keys(&self) -> bool {
        self.parts().is_empty() && !self.keys.is_empty()
    }

    /// The first keys of the file, for an error message.
    pub fn first_keys(&self) -> Vec<String> {
        self.keys.values().take(7).cloned().collect()
    }

    /// Whether the file has this network, or a network without a name.
    pub fn holds(&self, part: Part) -> bool {
        match self.only_network() {
            Some(only) => only == part,
            None => self.has_bare_keys() || self.parts().contains(&part),
        }
    }

    /// The layer gain (the factor on W/σ) that a layer was trained with; 1 if the file does not say.
    pub fn layer_gain(&self, part: Part, layer: &str) -> f32 {
        let settings = self.about.as_ref().map(|about| &about.settings);
        let preset = settings.and_then(|text| parse(text, "settings").ok());
        let spectral = preset.map(|preset| preset.spectral).unwrap_or_default();
        spectral.layer(&part.settings_key(layer)).layer_gain
    }

    /// Reads a network with the layers of `preset`, whose name is `name`. The file's keys say which layers are normalized,
    /// not the preset. u and v are optional.
    ///
    /// # Errors
    /// If reading fails, a tensor is missing, has another shape or an unsupported type, or a tensor belongs to no layer.
    /// The error lists all such tensors.
    pub fn network(
        &mut self,
        part: Part,
        preset: &Preset,
        name: &str,
    ) -> Result<NetworkWeights, Error> {
        let prefix = if self.has_bare_keys() {
            String::new()
        } else {
            format!("{}.", part.name())
        };
        let layers = layers(part, preset).map_err(|misfit| Error::Layers {
            path: self.path.clone(),
            misfit: Box::new(misfit),
        })?;
        let mut matcher = Matcher::new(&self.keys, &self.file);
        let matched: Vec<_> = layers
            .into_iter()
            .map(|layer| matcher.layer(&prefix, layer))
            .collect();
        let Matcher {
            mut misfits, used, ..
        } = matcher;
        let own = self.keys.iter().filter(|(key, _)| key.starts_with(&prefix));
        misfits.extend(
            own.filter(|(key, _)| !used.contains(*key) && !key.ends_with(BATCHES_TRACKED))
                .map(|(_, key)| TensorMisfit::Unexpected { key: key.clone() }),
        );
        if !misfits.is_empty() {
            let network = match part {
                Part::G | Part::Ema => "generator",
                Part::D => "discriminator",
            };
            return Err(Error::Misfit {
                path: self.path.clone(),
                network: match self.without_prefixes() {
                    None => format!("the {network} of {name}"),
                    Some(words) => format!("the {network} of {name}, read {words}"),
                },
                misfits,
            });
        }
        let mut layers = Vec::with_capacity(matched.len());
        for MatchedLayer {
            layer,
            normalized,
            tensors,
        } in matched
        {
            let mut read = BTreeMap::new();
            for (name, key) in tensors {
                let data = self.file.read(&key)?.unwrap_or_default();
                read.insert(name, data.iter().map(|&x| x as f32).collect());
            }
            layers.push(LayerWeights {
                layer,
                normalized,
                tensors: read,
            });
        }
        Ok(NetworkWeights { layers })
    }

    /// SHA-256 of the bytes of all tensors, sorted by key, as [`Weights::sha256`](super::Weights::sha256).
    ///
    /// # Errors
    /// If reading fails.
    pub fn sha256(&mut self) -> Result<String, Error> {
        let keys = self.keys.values().map(String::as_str);
        Ok(self.file.sha256(keys.collect())?)
    }
}

/// Opens a weights file. The checksum of a checkpoint is verified.
///
/// # Errors
/// If the file cannot be read, or a checkpoint is damaged or of a newer program.
pub(crate) fn open_verified(source: &Source) -> Result<TensorFile, Error> {
    let path = source.path();
    let open = || {
        source.open().map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })
    };
    let file = TensorFile::from_reader(open()?, &path)?;
    if file.metadata(checkpoint::POSITION).is_some() {
        match checkpoint::read(open()?) {
            // Foreign: another program uses the same name in its metadata.
            Ok(_) | Err(checkpoint::Error::Foreign) => {}
            Err(problem) => return Err(Error::Checkpoint { path, problem }),
        }
    }
    Ok(file)
}

/// A key in the form of `torch.nn.utils.spectral_norm`.
fn old_form(key: &str) -> String {
    KEY_FORMS
        .iter()
        .find_map(|(new, old)| Some(format!("{}{old}", key.strip_suffix(new)?)))
        .unwrap_or_else(|| key.to_owned())
}
