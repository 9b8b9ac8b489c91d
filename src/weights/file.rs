//! A file of weights that is read: a run's, a checkpoint, an export, or one that PyTorch wrote.
//!
//! Shapes are held against the file's header before anything of their size is allocated, and the header against the
//! file's length.

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
    network::{LayerWeights, NetworkWeights},
    prefix::{Unwrapped, unwrapped},
    wanted::Wanted,
};
use crate::{
    preset::{self, Named, Preset, parse},
    rundir::{checkpoint, layout},
    tensors::TensorFile,
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
    /// Keys in the older form, without what wrappers put before them, and as they stand in the file.
    keys: BTreeMap<String, String>,
    about: Option<About>,
    /// The only network in the file, as far as what stood before its keys says it.
    named: Option<Part>,
    /// What stood before keys and was left off.
    left_off: BTreeSet<String>,
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
        let about = About::find(|name| file.metadata(name)).map_err(|reason| Error::About {
            path: path.clone(),
            reason: format!("its metadata cannot be read: {reason}"),
        })?;
        let mut keys = file.keys();
        keys.sort();
        let keys = keys.into_iter().map(|key| (older(&key), key)).collect();
        let Unwrapped {
            keys,
            single,
            left_off,
        } = unwrapped(keys);
        Ok(Self {
            path,
            file,
            keys,
            about,
            named: single,
            left_off,
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
        let beside = [Path::new(""), Path::new("..")];
        let mut beside = beside
            .iter()
            .map(|way| folder.join(way).join(layout::PRESET));
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

    /// The only network in the file, where the file says which.
    pub fn single(&self) -> Option<Part> {
        let network = self
            .about
            .as_ref()
            .and_then(|about| about.network.as_deref());
        network.and_then(Part::named).or(self.named)
    }

    /// That something before the keys was left off, in words; none where all keys were taken as they stand.
    pub fn left_off(&self) -> Option<String> {
        let prefixes: Vec<String> = self
            .left_off
            .iter()
            .map(|text| format!("`{text}`"))
            .collect();
        let words = || format!("with {} left off its keys", prefixes.join(" and "));
        (!prefixes.is_empty()).then(words)
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
        let mut wanted = Wanted::of(&self.keys, &self.file);
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
                of: match self.left_off() {
                    None => format!("the {network} of {name}"),
                    Some(left_off) => format!("the {network} of {name}, {left_off}"),
                },
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
        let keys = self.keys.values().map(String::as_str);
        Ok(self.file.sha256(keys.collect())?)
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
    let file = TensorFile::from_reader(open()?, &path)?;
    if file.metadata(checkpoint::POSITION).is_some() {
        match checkpoint::read(open()?) {
            // Another program's words happen to have the same name.
            Ok(_) | Err(checkpoint::Problem::Foreign) => {}
            Err(problem) => {
                let reason = problem.to_string();
                return Err(Error::About { path, reason });
            }
        }
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
