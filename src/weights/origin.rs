//! The run that weights come from.

use std::path::Path;

use super::{Error, WeightsFile};
use crate::{
    preset::{self, Named, Preset, parse},
    rundir::layout,
};

/// The run that weights come from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Name of the preset.
    pub name: String,
    /// Seed of the run.
    pub seed: u64,
    /// Completed steps; `None` if unknown.
    pub step: Option<u64>,
    /// The settings in force at the step.
    pub preset: Preset,
}

impl WeightsFile {
    /// The run that the weights come from, by the file's metadata, or else by a `preset.ron` in its folder or the folder
    /// above.
    ///
    /// # Errors
    /// If there is neither, or the preset cannot be read.
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
        let folders = [folder.to_owned(), folder.join("..")];
        let is_run = |folder: &&std::path::PathBuf| folder.join(layout::PRESET).is_file();
        let Some(folder) = folders.iter().find(is_run) else {
            return Err(Error::NoPreset(self.path.clone()));
        };
        // The preset is loaded by its folder, which also gives its name. The slash at the end marks a path, not a name.
        let folder = if folder.as_os_str().is_empty() {
            "./".to_owned()
        } else {
            folder.join("").to_string_lossy().into_owned()
        };
        let Named { name, preset } = preset::load(&folder).map_err(wrong)?;
        Ok(Origin {
            name,
            seed: 0,
            step: None,
            preset,
        })
    }
}
