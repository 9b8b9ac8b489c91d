//! The source of an audit: a file, a run or a model, with information about its layers.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    warn,
    weights::{LayerInfo, layers_of_network, layers_of_run},
};
use crate::{
    command::Error,
    files::tensors::{TensorFile, Tensors, model},
    preset::{self, Preset},
    rundir::{layout, record},
    weights::{self, about::About, file::open_verified, find},
};

/// Tensors with information about their layers.
pub(super) struct Source {
    pub tensors: Tensors,
    /// Information by layer.
    pub layers: BTreeMap<String, LayerInfo>,
    /// The prefix that a file of the whole run has before the names of these layers: `g.` for an export of G.
    pub network: String,
}

impl Source {
    /// Opens what an argument names: a run, a file, or the folder of a model.
    ///
    /// # Errors
    /// It does not exist or cannot be read.
    pub(super) fn open(argument: &Path) -> Result<Self, weights::Error> {
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
            warn(&format!("skipped: {file}"));
        }
        if path != argument {
            super::say(&format!("audited: {}", path.display()));
        }
        Ok(Self::of(&path, file))
    }

    /// Tensors without information about their layers.
    fn plain(tensors: Tensors) -> Self {
        Self {
            tensors,
            layers: BTreeMap::new(),
            network: String::new(),
        }
    }

    /// The tensors of a file, with the information that the file or its run has.
    fn of(path: &Path, file: TensorFile) -> Self {
        let (layers, network) = match layers(path, &file) {
            Ok(found) => found,
            Err(why) => {
                warn(&format!(
                    "{why}: strides, padding and image sizes are not known"
                ));
                Default::default()
            }
        };
        Self {
            layers,
            network,
            ..Self::plain(file.into())
        }
    }
}

/// Returns the file or index of a model in a folder that is not a run.
fn model_in(folder: &Path) -> Option<PathBuf> {
    let model = folder.is_dir() && !record::is_run(folder);
    model.then(|| model::find(folder)).flatten()
}

/// Returns the information that a file of this program has about its layers, and the prefix of their names. Other files
/// have none.
fn layers(path: &Path, file: &TensorFile) -> Result<(BTreeMap<String, LayerInfo>, String), Error> {
    let unreadable =
        |reason: String| Error::failed(format!("the metadata of {}: {reason}", path.display()));
    match About::find(|name| file.metadata(name)).map_err(|error| unreadable(error.to_string()))? {
        Some(about) => {
            let settings = preset::parse(&about.settings, "its settings");
            let preset = settings.map_err(|wrong| unreadable(wrong.to_string()))?;
            Ok(match about.network {
                Some(network) => (layers_of_network(&preset, &network), format!("{network}.")),
                None => whole_run(&preset),
            })
        }
        None => match run_of(path) {
            None => Ok(Default::default()),
            Some(directory) => {
                let named = record::preset_of(directory);
                let named = named.map_err(|error| Error::failed(error.to_string()))?;
                Ok(whole_run(&named.preset))
            }
        },
    }
}

fn whole_run(preset: &Preset) -> (BTreeMap<String, LayerInfo>, String) {
    (layers_of_run(preset), String::new())
}

/// Returns the run to which a file of weights or a checkpoint belongs by its path, if any.
fn run_of(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    let directory = match (path.file_name()?.to_str()?, folder.file_name()) {
        (layout::WEIGHTS, _) => folder,
        (_, Some(name)) if name == layout::CHECKPOINTS => folder.parent()?,
        _ => return None,
    };
    record::is_run(directory).then_some(directory)
}
