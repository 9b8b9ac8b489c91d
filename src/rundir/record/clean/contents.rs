//! Which files in a run's directory this program wrote, by name and type.

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
        layout::{self, FILES, FOLDERS, IsOwn, partial_of},
        record::MAX_FILES,
    },
};

/// A younger partial file may still be in the process of being written.
const FRESH: Duration = Duration::from_secs(60);

/// A file or folder to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryPath {
    /// The folder that contains it. `None` for the run's directory.
    pub folder: Option<&'static str>,
    pub name: OsString,
    pub is_folder: bool,
}

impl EntryPath {
    /// The path relative to the run's directory.
    pub(crate) fn path(&self) -> PathBuf {
        Path::new(self.folder.unwrap_or("")).join(&self.name)
    }
}

/// A directory entry.
struct Entry {
    name: OsString,
    found: Found,
}

/// The contents of a run's directory.
pub(super) enum Contents {
    /// Only files of this program, in the order of removal. If removal stops early, the rest still counts as an
    /// interrupted run and can be removed again.
    Own(Vec<EntryPath>),
    /// There are other files; this is the first.
    Foreign(PathBuf),
}

/// Lists the contents of a run's directory.
///
/// # Errors
/// If a folder cannot be read.
pub(super) fn contents(run: &Folder) -> io::Result<Contents> {
    let (mut steps, mut last) = (Vec::new(), Vec::new());
    for entry in sorted(run.entries()?)? {
        let step = |folder, name, is_folder| EntryPath {
            folder,
            name,
            is_folder,
        };
        let text = entry.name.to_string_lossy();
        let known = FOLDERS.iter().find(|(name, _)| *name == text);
        let text = partial_of(&text).unwrap_or(&text);
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
                last.push(step(None, entry.name, false));
            }
            _ => return Ok(Contents::Foreign(entry.name.into())),
        }
    }
    last.sort_by_key(|step| removal_order(&step.name.to_string_lossy()));
    // The summary goes first: an incomplete run must not count as finished.
    let rest = last.split_off(last.partition_point(|step| step.name == layout::SUMMARY));
    Ok(Contents::Own(
        last.into_iter().chain(steps).chain(rest).collect(),
    ))
}

/// The position of a top-level file in the order of removal.
fn removal_order(name: &str) -> usize {
    match name {
        layout::SUMMARY => 0,
        layout::LOCK => 4,
        layout::PRESET => 3,
        layout::ABOUT => 2,
        _ => 1,
    }
}

/// Partial files with their sizes in bytes. Those that may still be written are left out.
pub(super) fn partial_files(run: &Folder, now: SystemTime) -> Vec<(EntryPath, u64)> {
    let mut found = Vec::new();
    let mut select = |folder: Option<&'static str>, entries: Vec<Entry>, is_own: IsOwn| {
        for entry in entries {
            let of = entry.name.to_str().and_then(partial_of);
            let age = now.duration_since(entry.found.written);
            let old = age.is_ok_and(|age| age > FRESH);
            if of.is_some_and(is_own) && entry.found.kind == FileType::RegularFile && old {
                let step = EntryPath {
                    folder,
                    name: entry.name,
                    is_folder: false,
                };
                found.push((step, entry.found.bytes));
            }
        }
    };
    let top = run.entries().and_then(sorted);
    select(None, top.unwrap_or_default(), |name| FILES.contains(&name));
    for (folder, is_own) in FOLDERS {
        let inside = run.place(folder).entries().and_then(sorted);
        select(Some(folder), inside.unwrap_or_default(), is_own);
    }
    found
}

/// Directory entries by name. Those removed meanwhile are left out.
fn sorted(places: impl Iterator<Item = io::Result<Place>>) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for place in places.take(MAX_FILES) {
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
    /// Whether it is a regular file with a name of this program, or a partial one.
    fn is_file_named(&self, is_own: &IsOwn) -> bool {
        let name = self.name.to_string_lossy();
        self.found.kind == FileType::RegularFile && is_own(partial_of(&name).unwrap_or(&name))
    }
}
