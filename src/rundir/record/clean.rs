//! What runs could do without, and how it goes.

mod contents;
mod removal;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Component, Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::FileType;

use super::{Run, State};
use crate::{files::folder::Folder, rundir::layout};
use contents::{Contents, Step, asides, contents};
pub(crate) use removal::remove;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked {
    /// The run as a whole.
    Whole,
    /// What it could do without.
    Beyond(Rules),
}

/// What may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Scheduled checkpoints that a finished run keeps.
    pub keep: usize,
    /// Only of runs that nothing was written to for so long.
    pub older_than: Option<Duration>,
}

/// Something that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The run that it belongs to.
    pub run: PathBuf,
    pub what: What,
    pub why: &'static str,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A file in the run.
    File(Step),
    /// The run as a whole.
    Run,
}

impl Item {
    pub(crate) fn path(&self) -> PathBuf {
        match &self.what {
            What::File(file) => self.run.join(file.path()),
            What::Run => self.run.clone(),
        }
    }
}

/// What is left alone although it was asked for, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub run: PathBuf,
    pub why: String,
}

/// What of a run may go; nothing of one that a process is at, where it was not named.
///
/// # Errors
/// Why a run that was named may not go: a process is at it, it has marks, it is a link, or there are files in it that
/// are none of this program's.
pub(crate) fn look(directory: &Path, asked: &Asked, now: SystemTime) -> Result<Vec<Item>, Kept> {
    let kept = |why: String| Kept {
        run: directory.to_owned(),
        why,
    };
    let run = itself(directory).map_err(|error| kept(format!("it cannot be read: {error}")))?;
    if run.is_symlink() {
        return Err(kept("it is a link: name what it leads to".to_owned()));
    }
    let folder = Folder::open_no_follow(&run);
    let folder = folder.map_err(|error| kept(format!("it cannot be read: {error}")))?;
    let run = Run::open(&run);
    match asked {
        Asked::Whole => whole(&run, &folder).map(|item| vec![item]),
        Asked::Beyond(rules) => Ok(beyond(&run, &folder, rules, now)),
    }
}

/// The path of a directory itself, with no slash or dot at its end: behind one a link would be followed.
fn itself(directory: &Path) -> io::Result<PathBuf> {
    match directory.components().next_back() {
        Some(Component::Normal(_)) => Ok(directory.components().collect()),
        _ => directory.canonicalize(),
    }
}

fn beyond(run: &Run, folder: &Folder, rules: &Rules, now: SystemTime) -> Vec<Item> {
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
    if let Some(item) = whole(run, folder).ok().filter(|_| worthless) {
        let why = "it ended with neither checkpoint nor weights";
        return vec![Item { why, ..item }];
    }
    let item = |file: Step, bytes, why| Item {
        run: run.directory.clone(),
        what: What::File(file),
        why,
        bytes,
    };
    let mut items: Vec<Item> = asides(folder, now)
        .into_iter()
        .map(|(file, bytes)| item(file, bytes, "half written by a process that is gone"))
        .collect();
    // Where the folder is a link, its files are another place's.
    let checkpoints = folder.place(layout::CHECKPOINTS);
    if run.state == State::Finished && checkpoints.must_be(FileType::Directory).is_ok() {
        let scheduled = run.checkpoints.iter().filter(|file| !file.marked);
        let old = scheduled.rev().skip(rules.keep);
        items.extend(old.filter_map(|checkpoint| {
            let file = Step {
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

fn whole(run: &Run, folder: &Folder) -> Result<Item, Kept> {
    let kept = |why: String| Kept {
        run: run.directory.clone(),
        why,
    };
    if run.state.is_alive() {
        return Err(kept(format!("a process is at it ({})", run.state.name())));
    }
    if run.checkpoints.iter().any(|file| file.marked) {
        return Err(kept(
            "a person marked a state of it: remove checkpoints/mark-* first".to_owned(),
        ));
    }
    match contents(folder) {
        Err(error) => Err(kept(format!("it cannot be read: {error}"))),
        Ok(Contents::Foreign(path)) => {
            let path = run.directory.join(path);
            Err(kept(format!(
                "{} is none of sn-tui's files",
                path.display()
            )))
        }
        Ok(Contents::Own(_)) => Ok(Item {
            run: run.directory.clone(),
            what: What::Run,
            why: "named",
            bytes: run.bytes,
        }),
    }
}
