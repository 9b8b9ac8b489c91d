//! Selecting the files of runs that may be removed, and removing them.

mod contents;
mod obstacle;
mod removal;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::FileType;

use super::{Run, State, lanes};
use crate::{files::folder::Folder, rundir::layout};
use contents::{Contents, EntryPath, contents, partial_files};
use obstacle::Obstacle;
pub(crate) use removal::remove;

/// What to remove of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// The whole run.
    WholeRun,
    /// Files that are no longer needed.
    Unneeded(Rules),
}

/// Which files are no longer needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Scheduled checkpoints that a finished run keeps.
    pub keep: usize,
    /// Minimum time since the run was last written.
    pub older_than: Option<Duration>,
}

/// A file or run that may be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The directory of the run.
    pub run: PathBuf,
    pub target: Target,
    /// The reason to show to the user.
    pub why: &'static str,
    pub bytes: u64,
}

/// The thing to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file of the run.
    File(EntryPath),
    /// The whole run.
    Run,
}

impl Item {
    /// Its path.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.target {
            Target::File(file) => self.run.join(file.path()),
            Target::Run => self.run.clone(),
        }
    }
}

/// A requested run that may not be removed.
#[derive(Debug)]
pub(crate) struct NotRemovable {
    pub run: PathBuf,
    /// The reason.
    pub why: Obstacle,
}

/// What may be removed of a run. Nothing of a run in progress, unless the whole run was requested.
///
/// # Errors
/// If the run cannot be read or is a link. If the whole run was requested: also if a process uses it, it has marks, or
/// it has files of other programs.
pub(crate) fn select(
    directory: &Path,
    scope: &Scope,
    now: SystemTime,
) -> Result<Vec<Item>, NotRemovable> {
    let kept = |run: &Path, why| NotRemovable {
        run: run.to_owned(),
        why,
    };
    let unreadable = |error| kept(directory, Obstacle::Unreadable(error));
    let path = without_trailing(directory).map_err(unreadable)?;
    if path.is_symlink() {
        return Err(kept(directory, Obstacle::Link));
    }
    let folder = Folder::open_no_follow(&path).map_err(unreadable)?;
    let run = Run::open(&path);
    match scope {
        Scope::WholeRun => match whole_run(&run, &folder) {
            Ok(item) => Ok(vec![item]),
            Err(why) => Err(kept(&path, why)),
        },
        Scope::Unneeded(rules) => Ok(unneeded(&run, &folder, rules, now)),
    }
}

/// The path without a trailing slash or dot. With one, the system would follow a link at its end.
fn without_trailing(directory: &Path) -> io::Result<PathBuf> {
    match directory.components().next_back() {
        Some(Component::Normal(_)) => Ok(directory.components().collect()),
        _ => directory.canonicalize(),
    }
}

/// The files that are no longer needed, or the whole run if it has neither checkpoints nor weights.
fn unneeded(run: &Run, folder: &Folder, rules: &Rules, now: SystemTime) -> Vec<Item> {
    let young = rules.older_than.is_some_and(|least| {
        let since = run
            .written
            .and_then(|written| now.duration_since(written).ok());
        since.is_none_or(|since| since < least)
    });
    if run.state.is_alive() || young {
        return Vec::new();
    }
    let worthless = matches!(run.state, State::Interrupted | State::Failed)
        && run.checkpoints.is_empty()
        && [layout::WEIGHTS, layout::GIFS, layout::SCREENS]
            .iter()
            .all(|name| run.directory.join(name).symlink_metadata().is_err());
    if let Some(item) = whole_run(run, folder).ok().filter(|_| worthless) {
        let why = "it ended with neither checkpoint nor weights";
        return vec![Item { why, ..item }];
    }
    let item = |file: EntryPath, bytes, why| Item {
        run: run.directory.clone(),
        target: Target::File(file),
        why,
        bytes,
    };
    let mut items: Vec<Item> = partial_files(folder, now)
        .into_iter()
        .map(|(file, bytes)| item(file, bytes, "partly written by a process that is gone"))
        .collect();
    // The files behind a link do not belong to the run.
    let checkpoints = folder.place(layout::CHECKPOINTS);
    if run.state == State::Finished && checkpoints.must_be(FileType::Directory).is_ok() {
        let scheduled = run.checkpoints.iter().filter(|file| !file.marked);
        let old = scheduled.rev().skip(rules.keep);
        items.extend(old.filter_map(|checkpoint| {
            let file = EntryPath {
                folder: Some(layout::CHECKPOINTS),
                name: checkpoint.path.file_name()?.to_owned(),
                is_folder: false,
            };
            let why = "a scheduled checkpoint of a finished run";
            Some(item(file, checkpoint.bytes, why))
        }));
    }
    items
}

/// The whole run.
///
/// # Errors
/// If a process uses it, it has marks, it has files of other programs, or it cannot be read.
fn whole_run(run: &Run, folder: &Folder) -> Result<Item, Obstacle> {
    if run.state.is_alive() {
        return Err(Obstacle::Alive(run.state));
    }
    if run.checkpoints.iter().any(|file| file.marked) {
        return Err(Obstacle::Marked);
    }
    if let Some(lane) = lanes(&run.directory).into_iter().next() {
        return Err(Obstacle::Lane(lane));
    }
    match contents(folder).map_err(Obstacle::Unreadable)? {
        Contents::Foreign(path) => Err(Obstacle::Foreign(run.directory.join(path))),
        Contents::Own(_) => Ok(Item {
            run: run.directory.clone(),
            target: Target::Run,
            why: "named",
            bytes: run.bytes,
        }),
    }
}
