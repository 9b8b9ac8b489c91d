//! The directory of a run, held open: the paths of its files, and checks of their types.

mod create;
mod unbegun;

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use rustix::fs::FileType;

use super::{
    Error,
    layout::{self, step_file_name},
};
use crate::{
    files::folder::{Folder, Place},
    preset::{self, Preset},
};

/// The directory of a run, held open.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    folder: Folder,
    /// The folders created for this run, the innermost first.
    created: Vec<PathBuf>,
}

impl RunDirectory {
    /// The path with which the directory was opened.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The open folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether a run was started in this folder: its run.json exists.
    pub fn is_started(path: &Path) -> bool {
        path.join(layout::ABOUT).symlink_metadata().is_ok()
    }

    /// Opens the directory of an existing run.
    ///
    /// # Errors
    /// If it is not a directory, cannot be opened or has no preset.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |path: PathBuf| {
            move |error: io::Error| Error::NotResumable {
                path,
                problem: error.to_string(),
            }
        };
        let not_a_run = || Error::NotARun(path.to_owned());
        let folder = Folder::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => not_a_run(),
            _ => wrong(path.to_owned())(error),
        })?;
        let directory = Self {
            folder,
            created: Vec::new(),
        };
        let preset = directory.preset();
        match preset.must_be(FileType::RegularFile) {
            Ok(()) => Ok(directory),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(not_a_run()),
            Err(error) => Err(wrong(preset.path())(error)),
        }
    }

    /// Checks the type of every existing file and folder of the run, before anything is written.
    ///
    /// # Errors
    /// If one is a link, a pipe, a device or otherwise of the wrong type.
    pub fn check(&self) -> Result<(), Error> {
        let files = layout::FILES.map(|name| (name, FileType::RegularFile));
        let folders = layout::FOLDERS.map(|(name, _)| (name, FileType::Directory));
        for (name, wanted) in files.into_iter().chain(folders) {
            let place = self.folder.place(name);
            match place.must_be(wanted) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::NotResumable {
                        path: place.path(),
                        problem: format!("{error}. Restore the original, or remove this"),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The path of run.json.
    pub fn about(&self) -> Place {
        self.folder.place(layout::ABOUT)
    }

    /// The path of metrics.jsonl.
    pub fn metrics(&self) -> Place {
        self.folder.place(layout::METRICS)
    }

    /// The path of summary.json.
    pub fn summary(&self) -> Place {
        self.folder.place(layout::SUMMARY)
    }

    /// The path of the folder of checkpoints.
    pub fn checkpoints(&self) -> Place {
        self.folder.place(layout::CHECKPOINTS)
    }

    /// The path of samples.safetensors.
    pub fn latest_samples(&self) -> Place {
        self.folder.place(layout::LATEST_SAMPLES)
    }

    /// The path of `samples/step-NNNNNN.png`.
    pub fn picture(&self, step: u64) -> Place {
        self.folder
            .place(layout::SAMPLES)
            .join(step_file_name(step, 1, "png"))
    }

    /// The path of `samples/final.png`.
    pub fn final_picture(&self) -> Place {
        self.folder
            .place(layout::SAMPLES)
            .join(layout::FINAL_PICTURE)
    }

    /// The path of journal.jsonl.
    pub fn journal(&self) -> Place {
        self.folder.place(layout::JOURNAL)
    }

    /// An unused path for a GIF: `gifs/step-NNNNNN.gif`, or the same with a number appended.
    pub fn gif(&self, step: u64) -> Place {
        unused(&self.folder.place(layout::GIFS), step, "gif")
    }

    /// An unused path for a screenshot: `screens/step-NNNNNN.svg`, or the same with a number appended.
    pub fn screen(&self, step: u64) -> Place {
        unused(&self.folder.place(layout::SCREENS), step, "svg")
    }

    /// Unused paths for a picture of a pane and its numbers: `screens/step-NNNNNN.svg` and `.csv`, or both with the same
    /// number appended.
    pub fn pane(&self, step: u64) -> [Place; 2] {
        let folder = self.folder.place(layout::SCREENS);
        let name = |number: u32| ["svg", "csv"].map(|of| step_file_name(step, number, of));
        let mut names = (1..).map(name);
        let free = names.find(|names| names.iter().all(|name| is_free(&folder, name)));
        free.unwrap_or_else(|| name(1))
            .map(|name| folder.join(name))
    }

    /// The path of weights.safetensors.
    pub fn weights(&self) -> Place {
        self.folder.place(layout::WEIGHTS)
    }

    /// The path of preset.ron.
    pub fn preset(&self) -> Place {
        self.folder.place(layout::PRESET)
    }

    /// The path of the log.
    pub fn log(&self) -> Place {
        self.folder.place(layout::LOG)
    }
}

/// A path in `folder` that neither exists nor is being written.
fn unused(folder: &Place, step: u64, extension: &str) -> Place {
    let name = |number: u32| step_file_name(step, number, extension);
    let mut names = (1..).map(name);
    let free = names.find(|name| is_free(folder, name));
    folder.join(free.unwrap_or_else(|| name(1)))
}

/// Whether a file neither exists nor is being written.
fn is_free(folder: &Place, name: &str) -> bool {
    !folder.join(name).exists() && !folder.join(format!(".{name}")).exists()
}

impl RunDirectory {
    /// Writes the effective preset.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_preset(&self, preset: &Preset, name: &str) -> Result<(), Error> {
        let place = self.preset();
        let text = preset::print(preset, name);
        place.write(text.as_bytes()).map_err(|source| Error::Write {
            path: place.path(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn files_of_the_wrong_type_are_named() {
        let home = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(Some(home.path()), "ring").unwrap();
        run.preset().write(b"()").unwrap();
        run.check().unwrap();
        let folders = layout::FOLDERS.map(|(name, _)| name);
        for name in layout::FILES.into_iter().chain(folders) {
            let (path, aside) = (home.path().join(name), home.path().join("aside"));
            let moved = fs::rename(&path, &aside).is_ok();
            symlink(&aside, &path).unwrap();
            let told = run.check().unwrap_err().to_string();
            assert!(told.contains(&format!("{name}: it is a link")), "{told}");
            fs::remove_file(&path).unwrap();
            if moved {
                fs::rename(&aside, &path).unwrap();
            }
        }
    }
}
