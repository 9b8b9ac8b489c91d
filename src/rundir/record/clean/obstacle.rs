//! Why a run or a file of a run is kept.

use std::{io, path::PathBuf};

use crate::rundir::record::State;

/// What keeps a run, or a file of one, from being removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Obstacle {
    /// A folder of the run cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("it is a link: give its target instead")]
    Link,
    #[error("a process uses it ({})", .0.name())]
    Alive(State),
    #[error(
        "a person marked one of its states, or it began with one: remove checkpoints/mark-* first"
    )]
    Marked,
    #[error("{} is a run of its own: move or remove it first", .0.display())]
    Lane(PathBuf),
    /// A file of another program.
    #[error("{} is not one of sn-tui's files", .0.display())]
    Foreign(PathBuf),
    #[error("cannot open {}: {source}", run.display())]
    Open { run: PathBuf, source: io::Error },
    #[error("cannot lock {}: {source}", run.display())]
    LockFile { run: PathBuf, source: io::Error },
    /// A process has locked the run.
    #[error("a process uses {}", .0.display())]
    Locked(PathBuf),
    #[error("cannot lock {}, so a process may be using it: {source}", run.display())]
    Lock { run: PathBuf, source: io::Error },
    #[error("cannot remove {}: {source}", path.display())]
    Remove { path: PathBuf, source: io::Error },
}
