//! The directory of a run: its places by name, and what must stand there.

mod begin;

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use rustix::fs::FileType;

use super::{
    Error,
    layout::{self, of_step},
};
use crate::{
    files::folder::{Folder, Place},
    preset::{self, Preset},
};

/// A directory that belongs to one run, held open.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    folder: Folder,
    /// The folders that were made for this run, itself and those above it, the innermost first.
    made: Vec<PathBuf>,
}

impl RunDirectory {
    /// Where it was when it was opened.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether a run was begun in this folder, of which something is known.
    pub fn is_begun(path: &Path) -> bool {
        path.join(layout::ABOUT).symlink_metadata().is_ok()
    }

    /// The directory of a run that is there already.
    ///
    /// # Errors
    /// No directory, or one in which no run was begun.
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
            made: Vec::new(),
        };
        let preset = directory.preset();
        match preset.must_be(FileType::RegularFile) {
            Ok(()) => Ok(directory),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(not_a_run()),
            Err(error) => Err(wrong(preset.path())(error)),
        }
    }

    /// Looks whether every file and folder of a run, where there is one, is what it should be, before anything is
    /// written.
    ///
    /// # Errors
    /// A link, a pipe, a device or a folder under the name of a file; anything but a folder under the name of one.
    pub fn check(&self) -> Result<(), Error> {
        let files = layout::FILES.map(|name| (name, FileType::RegularFile));
        let folders = layout::FOLDERS.map(|(name, _)| (name, FileType::Directory));
        for (name, wanted) in files.into_iter().chain(folders) {
            let place = self.folder.place(name);
            match place.must_be(wanted) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::NotResumable {
                        path: place.path(),
                        problem: format!("{error}. Put the run's own back, or take this away"),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// `run.json`.
    pub fn about(&self) -> Place {
        self.folder.place(layout::ABOUT)
    }

    /// `metrics.jsonl`.
    pub fn metrics(&self) -> Place {
        self.folder.place(layout::METRICS)
    }

    /// `summary.json`.
    pub fn summary(&self) -> Place {
        self.folder.place(layout::SUMMARY)
    }

    /// The folder of the checkpoints.
    pub fn checkpoints(&self) -> Place {
        self.folder.place(layout::CHECKPOINTS)
    }

    /// `samples.safetensors`.
    pub fn latest_samples(&self) -> Place {
        self.folder.place(layout::LATEST_SAMPLES)
    }

    /// `samples/step-NNNNNN.png`.
    pub fn picture(&self, step: u64) -> Place {
        self.folder
            .place(layout::SAMPLES)
            .join(of_step(step, 1, "png"))
    }

    /// `samples/final.png`.
    pub fn final_picture(&self) -> Place {
        self.folder
            .place(layout::SAMPLES)
            .join(layout::FINAL_PICTURE)
    }

    /// `journal.jsonl`.
    pub fn journal(&self) -> Place {
        self.folder.place(layout::JOURNAL)
    }

    /// `gifs/step-NNNNNN.gif`, or with a number behind it where there is one already.
    pub fn gif(&self, step: u64) -> Place {
        unused(&self.folder.place(layout::GIFS), step, "gif")
    }

    /// `screens/step-NNNNNN.svg`, or with a number behind it where there is one already.
    pub fn screen(&self, step: u64) -> Place {
        unused(&self.folder.place(layout::SCREENS), step, "svg")
    }

    pub fn weights(&self) -> Place {
        self.folder.place(layout::WEIGHTS)
    }

    pub fn preset(&self) -> Place {
        self.folder.place(layout::PRESET)
    }

    pub fn log(&self) -> Place {
        self.folder.place(layout::LOG)
    }
}

/// A name in this folder that nothing has, nor is being written under.
fn unused(folder: &Place, step: u64, extension: &str) -> Place {
    let name = |number: u32| of_step(step, number, extension);
    let free = |name: &String| {
        let taken = |name: &str| folder.join(name).exists();
        !taken(name) && !taken(&format!(".{name}"))
    };
    let mut names = (1..).map(name);
    folder.join(names.find(free).unwrap_or_else(|| name(1)))
}

impl RunDirectory {
    /// Writes the effective preset.
    ///
    /// # Errors
    /// The disk's.
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
    fn what_is_no_file_of_a_run_is_named_before_anything_is_written() {
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
