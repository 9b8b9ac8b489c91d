//! The lanes of a stored run.

use std::path::Path;

use crate::{
    model::LaneId,
    run::{Options, worker::StoredLane},
    rundir::{Error, directory::RunDirectory, fork::going_lanes, lock::Lock, resume},
};

/// The lanes of a stored run that were going when it stopped.
///
/// # Errors
/// If one cannot be resumed.
pub(super) fn stored_lanes(
    directory: &RunDirectory,
    options: &Options,
) -> Result<Vec<StoredLane>, Error> {
    let lanes = going_lanes(directory)?.into_iter();
    lanes
        .map(|(id, path)| stored_lane(id, &path, options))
        .collect()
}

/// The stored lane `id` in the directory `path`, with these options of its run.
///
/// # Errors
/// If it cannot be resumed.
pub(in crate::run) fn stored_lane(
    id: LaneId,
    path: &Path,
    options: &Options,
) -> Result<StoredLane, Error> {
    let mut stored = resume::lock_and_load_lane(path, None)?;
    let directory = stored.directory.clone();
    let lock = match stored.lock.take() {
        Some(lock) => lock,
        None => Lock::take(directory.folder())?,
    };
    // A lane that went on alone may be further.
    let made = stored.checkpoint.as_ref();
    let made = made.map_or(0, |saved| saved.position.step);
    let steps = options.preset.steps.max(made);
    Ok(StoredLane {
        id,
        options: Options {
            preset: stored.settings()?.until(steps),
            init: None,
            out: None,
            at: stored.about.at().to_vec(),
            forks: Vec::new(),
            ..options.clone()
        },
        directory: (directory, lock),
        start: stored.start_state()?,
    })
}
