//! The lanes of a stored run.

use crate::{
    run::{Options, worker::StoredLane},
    rundir::{Error, directory::RunDirectory, fork::going_lanes, resume},
};

/// The lanes of a stored run that were going when it stopped.
///
/// # Errors
/// If one cannot be resumed.
pub(super) fn stored_lanes(
    directory: &RunDirectory,
    options: &Options,
) -> Result<Vec<StoredLane>, Error> {
    let mut lanes = Vec::new();
    for (id, path) in going_lanes(directory)? {
        let mut stored = resume::lock_and_load(&path, None)?;
        let Some(lock) = stored.lock.take() else {
            continue;
        };
        // A lane that went on alone may be further.
        let made = stored.checkpoint.as_ref();
        let made = made.map_or(0, |saved| saved.position.step);
        let steps = options.preset.steps.max(made);
        lanes.push(StoredLane {
            id,
            options: Options {
                preset: stored.settings()?.until(steps),
                init: None,
                out: None,
                at: stored.about.at().to_vec(),
                forks: Vec::new(),
                ..options.clone()
            },
            directory: (stored.directory.clone(), lock),
            start: stored.start_state()?,
        });
    }
    Ok(lanes)
}
