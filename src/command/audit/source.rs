//! What is audited: a file, a run or a model, with what is known of its layers.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    warn,
    weights::{Known, places, places_of},
};
use crate::{
    command::Error,
    preset::{self, Preset},
    rundir::{layout, record},
    tensors::{TensorFile, Tensors, model},
    weights::{self, about::About, file::open_verified, find},
};

/// Tensors, and what is known of their layers besides.
pub struct Source {
    pub tensors: Tensors,
    pub known: BTreeMap<String, Known>,
    /// What the names of layers lack of those in the file of a whole run.
    pub network: String,
}

impl Source {
    /// Opens what an argument names: a run as everywhere, a file, a model's folder.
    ///
    /// # Errors
    /// Nothing of that name, or nothing that can be read.
    pub fn open(argument: &Path) -> Result<Self, weights::Error> {
        if let Some(path) = model_in(argument) {
            return Ok(Self::plain(model::open(&path)?));
        }
        let Some(run) = argument.to_str() else {
            let file = TensorFile::open(argument)?;
            return Ok(Self::of(argument, file));
        };
        let read = |source: &find::Source| Ok((source.path(), open_verified(source)?));
        let ((path, file), passed_over) = find::first(run, None, read)?;
        for file in passed_over {
            warn(&format!("passed over: {file}"));
        }
        if path != argument {
            super::say(&format!("audited: {}", path.display()));
        }
        Ok(Self::of(&path, file))
    }

    fn plain(tensors: Tensors) -> Self {
        Self {
            tensors,
            known: BTreeMap::new(),
            network: String::new(),
        }
    }

    fn of(path: &Path, file: TensorFile) -> Self {
        let (known, network) = match known(path, &file) {
            Ok(found) => found,
            Err(why) => {
                warn(&format!(
                    "{why}: strides, padding and image sizes are not known"
                ));
                Default::default()
            }
        };
        Self {
            known,
            network,
            ..Self::plain(file.into())
        }
    }
}

/// The file or index of a model where a folder holds one and is no run's.
fn model_in(folder: &Path) -> Option<PathBuf> {
    let model = folder.is_dir() && !record::is_run(folder);
    model.then(|| model::find(folder)).flatten()
}

/// What a file of this program says of its layers, and what the names of these lack; nothing of other files.
fn known(path: &Path, file: &TensorFile) -> Result<(BTreeMap<String, Known>, String), Error> {
    let of = |reason: String| format!("what {} says of itself: {reason}", path.display());
    match About::find(|name| file.metadata(name)).map_err(|error| of(error.to_string()))? {
        Some(about) => {
            let settings = preset::parse(&about.settings, "its settings");
            let preset = settings.map_err(|wrong| of(wrong.to_string()))?;
            Ok(match about.network {
                Some(network) => (places_of(&preset, &network), format!("{network}.")),
                None => whole_run(&preset),
            })
        }
        None => match of_its_run(path) {
            None => Ok(Default::default()),
            Some(directory) => Ok(whole_run(&record::preset_of(directory)?.preset)),
        },
    }
}

fn whole_run(preset: &Preset) -> (BTreeMap<String, Known>, String) {
    (places(preset), String::new())
}

/// The run whose weights or checkpoint this is by its place; none of another file.
fn of_its_run(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    let directory = match (path.file_name()?.to_str()?, folder.file_name()) {
        (layout::WEIGHTS, _) => folder,
        (_, Some(name)) if name == layout::CHECKPOINTS => folder.parent()?,
        _ => return None,
    };
    record::is_run(directory).then_some(directory)
}
