//! Why a run cannot start.

use std::{io, path::PathBuf};

use super::layout;
use crate::text::wording::unwritable;

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is not empty; a run wants a directory of its own", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} is not the folder of a run: there is no {} in it", .0.display(), layout::PRESET)]
    NotARun(PathBuf),
    #[error("{}: {problem}", path.display())]
    NotResumable { path: PathBuf, problem: String },
    #[error("{} belongs to a run that is going on in another process", .0.display())]
    Taken(PathBuf),
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    #[error("the name {} is no UTF-8 text, and no command could be given it later: choose another", .0.display())]
    NoText(PathBuf),
    #[error("{}", unwritable(path.display(), source))]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}
