//! A file of weights that is read: a run's, a checkpoint, an export, or one that PyTorch wrote.
//!
//! Shapes are held against the file's header before anything of their size is allocated, and the header against the
//! file's length.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    Error, Part,
    about::About,
    error::TensorMisfit,
    find::{self, Source},
    hex,
    layers::{Kind, Layer, layers},
    network::{LayerWeights, NetworkWeights},
};
use crate::{
    preset::{self, Named, Preset, parse},
    run::checkpoint,
    spectral::audit::TensorFile,
};

/// How the newer form of PyTorch's keys is written in the older one, which is used here.
const FORMS: [(&str, &str); 3] = [
    ("parametrizations.weight.original", "weight_orig"),
    ("parametrizations.weight.0._u", "weight_u"),
    ("parametrizations.weight.0._v", "weight_v"),
];
/// What PyTorch counts and nothing depends on.
const COUNT: &str = "num_batches_tracked";

/// A file of weights.
#[derive(Debug)]
pub struct Stored {
    path: PathBuf,
    file: TensorFile,
    /// Keys in the older form, and as they stand in the file.
    keys: BTreeMap<String, String>,
    about: Option<About>,
    /// What stood before it in line and could not be read, "path: reason" each.
    pub passed_over: Vec<String>,
}

/// The run that weights are of.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Name of its preset.
    pub name: String,
    pub seed: u64,
    /// Steps made; none where that is not known.
    pub step: Option<u64>,
    /// The preset in force.
    pub preset: Preset,
}

impl Stored {
    /// Opens what `run` names: a file of weights, a run's folder, or a name or id under `runs/`; `step` picks a checkpoint. Of
    /// several files the first that can be read is taken.
    ///
    /// # Errors
    /// Nothing there; no file that can be read, of which the first is told.
    pub fn open(run: &str, step: Option<u64>) -> Result<Self, Error> {
        let (stored, passed_over) = find::first(run, step, Self::file)?;
        Ok(Self {
            passed_over,
            ..stored
        })
    }

    fn file(source: &Source) -> Result<Self, Error> {
        let path = source.path();
        let file = whole(source)?;
        let about = About::find(|name| file.about(name)).map_err(|reason| Error::About {
            path: path.clone(),
            reason: format!("its metadata cannot be read: {reason}"),
        })?;
        let mut keys = file.keys();
        keys.sort();
        let keys = keys.into_iter().map(|key| (older(&key), key)).collect();
        Ok(Self {
            path,
            file,
            keys,
            about,
            passed_over: Vec::new(),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run that the weights are of: as the file says, else by the `preset.ron` in its folder.
    ///
    /// # Errors
    /// Nothing that says so; a preset that cannot be read.
    pub fn origin(&self) -> Result<Origin, Error> {
        let wrong = |source: preset::Diagnostic| Error::Preset {
            path: self.path.clone(),
            source: Box::new(source),
        };
        if let Some(about) = &self.about {
            return Ok(Origin {
                name: about.name.clone(),
                seed: about.seed,
                step: Some(about.step),
                preset: parse(&about.settings, "its settings").map_err(wrong)?,
            });
        }
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let beside = [Path::new("preset.ron"), Path::new("../preset.ron")];
        let mut beside = beside.iter().map(|name| folder.join(name));
        let Some(path) = beside.find(|path| path.is_file()) else {
            return Err(Error::NoPreset(self.path.clone()));
        };
        // The folder holds the preset, and the preset's name.
        let folder = path.parent().unwrap_or(Path::new("")).join("");
        let folder = match folder.as_os_str().is_empty() {
            true => "./".to_owned(),
            false => folder.to_string_lossy().into_owned(),
        };
        let Named { name, preset } = preset::load(&folder).map_err(wrong)?;
        Ok(Origin {
            name,
            seed: 0,
            step: None,
            preset,
        })
    }

    /// The only network in the file, where it is an export of ours.
    pub fn single(&self) -> Option<Part> {
        Part::named(self.about.as_ref()?.network.as_deref()?)
    }

    /// The networks whose keys begin with their names.
    pub fn parts(&self) -> Vec<Part> {
        let held = |part: &Part| {
            let prefix = format!("{}.", part.name());
            self.keys.keys().any(|key| key.starts_with(&prefix))
        };
        Part::ALL.into_iter().filter(held).collect()
    }

    /// Whether keys have no network's name before them.
    pub fn is_bare(&self) -> bool {
        self.parts().is_empty() && !self.keys.is_empty()
    }

    /// The first keys as they stand in the file, for an error.
    pub fn some_keys(&self) -> Vec<String> {
        self.keys.values().take(7).cloned().collect()
    }

    /// Whether the file holds this network, alone or among others, or one that it does not name.
    pub fn holds(&self, part: Part) -> bool {
        match self.single() {
            Some(single) => single == part,
            None => self.is_bare() || self.parts().contains(&part),
        }
    }

    /// The factor on W/σ that the weights were trained with, 1 where the file does not say.
    pub fn layer_gain(&self, part: Part, layer: &str) -> f32 {
        let settings = self.about.as_ref().map(|about| &about.settings);
        let preset = settings.and_then(|text| parse(text, "settings").ok());
        let spectral = preset.map(|preset| preset.spectral).unwrap_or_default();
        spectral.layer(&part.setting(layer)).layer_gain
    }

    /// Reads a network of `preset`, called `name`. Layers may be normalized or not, whatever the preset says: their keys
    /// do. u and v need not be there.
    ///
    /// # Errors
    /// Every tensor that is missing, has another shape, is of another type, or is of no layer; the disk's.
    pub fn network(
        &mut self,
        part: Part,
        preset: &Preset,
        name: &str,
    ) -> Result<NetworkWeights, Error> {
        let prefix = match self.is_bare() {
            true => String::new(),
            false => format!("{}.", part.name()),
        };
        let planned = layers(part, preset).map_err(|misfit| Error::About {
            path: self.path.clone(),
            reason: misfit.to_string(),
        })?;
        let mut wanted = Wanted {
            stored: self,
            misfits: Vec::new(),
            used: BTreeSet::new(),
        };
        let plan: Vec<_> = planned
            .into_iter()
            .map(|layer| wanted.layer(&prefix, layer))
            .collect();
        let Wanted {
            mut misfits, used, ..
        } = wanted;
        let own = self.keys.iter().filter(|(key, _)| key.starts_with(&prefix));
        misfits.extend(
            own.filter(|(key, _)| !used.contains(*key) && !key.ends_with(COUNT))
                .map(|(_, key)| TensorMisfit::Unexpected { key: key.clone() }),
        );
        if !misfits.is_empty() {
            let network = match part {
                Part::G | Part::Ema => "generator",
                Part::D => "discriminator",
            };
            return Err(Error::Misfit {
                path: self.path.clone(),
                of: format!("the {network} of {name}"),
                misfits,
            });
        }
        let mut layers = Vec::with_capacity(plan.len());
        for (layer, normalized, tensors) in plan {
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

    /// SHA-256 over all tensors' bytes in byte order of their keys, as of a run's weights.
    ///
    /// # Errors
    /// The disk's.
    pub fn sha256(&mut self) -> Result<String, Error> {
        let mut keys: Vec<String> = self.keys.values().cloned().collect();
        keys.sort();
        let mut hash = Sha256::new();
        for key in keys {
            hash.update(self.file.bytes(&key)?.unwrap_or_default());
        }
        Ok(hex(hash))
    }
}

/// What a network wants of a file, and what is wrong with what is there.
struct Wanted<'a> {
    stored: &'a Stored,
    misfits: Vec<TensorMisfit>,
    used: BTreeSet<String>,
}

/// A layer, whether it is normalized, and its tensors with their keys in the file.
type Planned = (Layer, bool, Vec<(&'static str, String)>);

impl Wanted<'_> {
    fn layer(&mut self, prefix: &str, layer: Layer) -> Planned {
        let place = format!("{prefix}{}", layer.name);
        let orig = format!("{place}.weight_orig");
        let matrix = matches!(layer.kind, Kind::Matrix { .. });
        let normalized = matrix && self.stored.keys.contains_key(&orig);
        let mut tensors = Vec::new();
        for (name, shape) in layer.tensors() {
            let key = match (name, normalized) {
                ("weight", true) => orig.clone(),
                _ => format!("{place}.{name}"),
            };
            tensors.extend(self.tensor(&key, shape).map(|key| (name, key)));
        }
        if let Some((rows, columns)) = layer.matrix() {
            for (name, length) in [("weight_u", rows), ("weight_v", columns)] {
                let key = format!("{place}.{name}");
                if self.stored.keys.contains_key(&key) {
                    tensors.extend(self.tensor(&key, vec![length]).map(|key| (name, key)));
                }
            }
        }
        (layer, normalized, tensors)
    }

    /// The key in the file of a tensor that is as it must be.
    fn tensor(&mut self, key: &str, shape: Vec<usize>) -> Option<String> {
        self.used.insert(key.to_owned());
        let Some(stands) = self.stored.keys.get(key) else {
            let key = key.to_owned();
            self.misfits.push(TensorMisfit::Missing { key, shape });
            return None;
        };
        let file = &self.stored.file;
        let (held, dtype) = file.info(stands)?;
        let key = stands.clone();
        if held != shape {
            let (needed, held) = (shape, held.to_vec());
            self.misfits.push(TensorMisfit::Shape { key, needed, held });
        } else if file.shape(stands).is_none() {
            self.misfits.push(TensorMisfit::Type { key, held: dtype });
        } else {
            return Some(key);
        }
        None
    }
}

/// Opens a file of weights; of a checkpoint all of it is held against its checksum.
///
/// # Errors
/// A file that cannot be read, a checkpoint that is damaged or of a newer program.
pub fn whole(source: &Source) -> Result<TensorFile, Error> {
    let path = source.path();
    let open = || {
        source.open().map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })
    };
    let file = TensorFile::of(open()?, &path)?;
    if file.about(checkpoint::POSITION).is_some() {
        checkpoint::read(open()?).map_err(|problem| Error::About {
            path: path.clone(),
            reason: problem.to_string(),
        })?;
    }
    Ok(file)
}

/// A key in the older form.
fn older(key: &str) -> String {
    FORMS
        .iter()
        .find_map(|(newer, older)| Some(format!("{}{older}", key.strip_suffix(newer)?)))
        .unwrap_or_else(|| key.to_owned())
}
