//! Which files of a run's directory are this program's, by name and kind.

use std::{
    ffi::OsString,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::FileType;

use crate::{
    files::folder::{Folder, Found, Place},
    rundir::{
        layout::{self, FILES, FOLDERS, IsOwn, aside_of},
        record::MOST_FILES,
    },
};

/// A half-written file younger than this may be somebody's who just writes it.
const FRESH: Duration = Duration::from_secs(60);

/// Something to remove, by its way from the run's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// None: the directory itself.
    pub folder: Option<&'static str>,
    pub name: OsString,
    pub is_folder: bool,
}

impl Step {
    pub(crate) fn path(&self) -> PathBuf {
        Path::new(self.folder.unwrap_or("")).join(&self.name)
    }
}

/// Something that stands under a name of its own.
struct Entry {
    name: OsString,
    found: Found,
}

/// What a run's directory holds.
pub(super) enum Contents {
    /// This program's files alone, in the order in which they are to be removed: whenever that ends, what is left is
    /// known as a run that was interrupted, and can be removed again.
    Own(Vec<Step>),
    /// Something else as well, of which this is the first.
    Foreign(PathBuf),
}

/// # Errors
/// The disk's.
pub(super) fn contents(run: &Folder) -> io::Result<Contents> {
    let (mut steps, mut last) = (Vec::new(), Vec::new());
    for entry in sorted(run.entries()?)? {
        let step = |folder, name, is_folder| Step {
            folder,
            name,
            is_folder,
        };
        let text = entry.name.to_string_lossy();
        let known = FOLDERS.iter().find(|(name, _)| *name == text);
        let text = aside_of(&text).unwrap_or(&text);
        match (entry.found.kind, known) {
            (FileType::Directory, Some((folder, is_own))) => {
                for inside in sorted(run.place(*folder).entries()?)? {
                    if !inside.is_file_named(is_own) {
                        return Ok(Contents::Foreign(Path::new(folder).join(inside.name)));
                    }
                    steps.push(step(Some(*folder), inside.name, false));
                }
                last.push(step(None, entry.name, true));
            }
            (FileType::RegularFile, _) if FILES.contains(&text) => {
                last.push(step(None, entry.name, false));
            }
            (FileType::Socket, _) if text == layout::SOCKET => {
                last.push(step(None, entry.name, false))
            }
            _ => return Ok(Contents::Foreign(entry.name.into())),
        }
    }
    last.sort_by_key(|step| turn(&step.name.to_string_lossy()));
    // How it ended is not said any more as soon as something is gone.
    let rest = last.split_off(last.partition_point(|step| step.name == layout::SUMMARY));
    Ok(Contents::Own(
        last.into_iter().chain(steps).chain(rest).collect(),
    ))
}

/// The turn of a file of the directory itself.
fn turn(name: &str) -> usize {
    match name {
        layout::SUMMARY => 0,
        layout::LOCK => 4,
        layout::PRESET => 3,
        layout::ABOUT => 2,
        _ => 1,
    }
}

/// Half-written files with their sizes; those that may still be written are left out.
pub(super) fn asides(run: &Folder, now: SystemTime) -> Vec<(Step, u64)> {
    let mut found = Vec::new();
    let mut look = |folder: Option<&'static str>, entries: Vec<Entry>, is_own: IsOwn| {
        for entry in entries {
            let of = entry.name.to_str().and_then(aside_of);
            let age = now.duration_since(entry.found.written);
            let old = age.is_ok_and(|age| age > FRESH);
            if of.is_some_and(is_own) && entry.found.kind == FileType::RegularFile && old {
                let step = Step {
                    folder,
                    name: entry.name,
                    is_folder: false,
                };
                found.push((step, entry.found.bytes));
            }
        }
    };
    let top = run.entries().and_then(sorted);
    look(None, top.unwrap_or_default(), |name| FILES.contains(&name));
    for (folder, is_own) in FOLDERS {
        let inside = run.place(folder).entries().and_then(sorted);
        look(Some(folder), inside.unwrap_or_default(), is_own);
    }
    found
}

/// Entries in the order of their names; what went meanwhile is left out.
fn sorted(places: impl Iterator<Item = io::Result<Place>>) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for place in places.take(MOST_FILES) {
        let place = place?;
        let found = match place.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            found => found?,
        };
        let name = place.name().to_owned();
        entries.push(Entry { name, found });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

impl Entry {
    /// Whether it is a regular file of such a name, or half of one.
    fn is_file_named(&self, is_own: &IsOwn) -> bool {
        let name = self.name.to_string_lossy();
        self.found.kind == FileType::RegularFile && is_own(aside_of(&name).unwrap_or(&name))
    }
}
