//! Errors of a run's directory.

use std::{io, path::PathBuf};

use super::layout;
use crate::{
    files::{folder::Place, tensors},
    text::wording::{unreadable, unwritable},
};

/// An error of starting or resuming a run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The output directory has entries.
    #[error("{} is not empty; a run needs a directory of its own", .0.display())]
    NotEmpty(PathBuf),
    /// The directory has no preset.
    #[error("{} is not the folder of a run: there is no {} in it", .0.display(), layout::PRESET)]
    NotARun(PathBuf),
    /// A file of the run prevents resuming it.
    #[error("{}: {problem}", path.display())]
    NotResumable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Another process holds the lock of the directory.
    #[error("{} belongs to a run that is going on in another process", .0.display())]
    Locked(PathBuf),
    /// Another process trains the run of which the directory is a lane.
    #[error(
        "{} is a lane of {}, which is going on in another process: end that first, or bring the lane back there \
         (`:fork --from LANE`)",
        lane.display(), run.display()
    )]
    LaneOfLocked {
        /// The directory of the lane.
        lane: PathBuf,
        /// The directory of its run.
        run: PathBuf,
    },
    /// The output path is a file.
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    /// The output path is not valid UTF-8.
    #[error("the name {} is not UTF-8, so no later command could refer to it: choose another", .0.display())]
    NotUtf8(PathBuf),
    /// A file or folder cannot be written.
    #[error("{}", unwritable(path.display(), source))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The operating system cannot start a thread.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// An error of reading a file of a run.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("{}", unreadable(name, source))]
    Read {
        /// Name of the file.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The contents are not valid.
    #[error("{name} is not valid: {source}")]
    Invalid {
        /// Name of the file.
        name: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// The file of the latest samples is not valid.
    #[error("{}", unreadable(layout::LATEST_SAMPLES, .0))]
    Samples(#[from] SamplesError),
}

/// Why bytes are not a file of samples.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum SamplesError {
    #[error("it is too long")]
    TooLong,
    #[error("its header is cut off or too long")]
    Header,
    #[error(transparent)]
    Tensors(#[from] tensors::Error),
    #[error("its step is missing")]
    NoStep,
    #[error("`{0}` is missing")]
    NoTensor(&'static str),
    #[error("samples cannot have the type {dtype} and the shape {shape:?}")]
    Form { dtype: String, shape: Vec<usize> },
    #[error("images cannot be {height}×{width}×{channels}")]
    ImageSize {
        height: usize,
        width: usize,
        channels: usize,
    },
    /// Generated and real samples, which are named here, have different forms.
    #[error("its {0} have different shapes")]
    Unequal(&'static str),
}

/// Why a file of a run was not written, or lacks lines.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum WriteError {
    /// A file that is written as a whole. An earlier file of this name is unchanged.
    #[error("cannot save {place}: {source}")]
    Save { place: Place, source: io::Error },
    /// The lines are kept.
    #[error("{}; it is tried again", unwritable(place, source))]
    Waiting { place: Place, source: io::Error },
    #[error("{place} can be written again; {lines} lines are lost")]
    Gap { place: Place, lines: u64 },
    /// The last lines could not be written.
    #[error("{}; {lines} lines are lost", unwritable(place, source))]
    CutOff {
        place: Place,
        lines: u64,
        source: io::Error,
    },
    /// The lines of a state's branch could not be read to repeat them.
    #[error("{place} cannot be read, so it may show steps of another branch: {source}")]
    Unread { place: Place, source: io::Error },
    #[error("{lines} lines of {place} are lost")]
    Lost { place: Place, lines: u64 },
    /// A line that cannot be encoded.
    #[error(transparent)]
    Encode(#[from] serde_json::Error),
}

impl WriteError {
    /// Makes the error of a file that could not be saved at `place`.
    pub(crate) fn saving(place: &Place) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Save {
            place: place.clone(),
            source,
        }
    }
}
