//! The lanes of a stored run that go on with it.

use std::{fs, path::PathBuf};

use crate::{
    model::{Event, LaneId},
    rundir::{
        Error, about::About, directory::RunDirectory, journal::JournalIndex, layout, resume::refuse,
    },
};

/// The directories of the lanes that were going when the run stopped, by name. What a process that was killed left of a
/// lane that had not begun is removed.
///
/// # Errors
/// If the journal or the run.json of a lane cannot be read, or a lane that did not begin cannot be removed.
pub fn going_lanes(directory: &RunDirectory) -> Result<Vec<(LaneId, PathBuf)>, Error> {
    let mut lanes = Vec::new();
    let folder = directory.folder().current_path().join(layout::LANES);
    // What is behind a link does not belong to the run.
    let entries = match fs::read_dir(&folder) {
        Ok(entries) if !folder.is_symlink() => Some(entries),
        _ => None,
    };
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<LaneId>().ok()) else {
            continue;
        };
        let path = entry.path();
        match About::read_lenient(&path) {
            Ok(Some(about)) if about.parent.is_some() => lanes.push((id, path)),
            Ok(Some(_)) => {}
            Ok(None) => RunDirectory::clear_unbegun(&path)?,
            Err(error) => {
                return Err(Error::NotResumable {
                    path,
                    problem: error.to_string(),
                });
            }
        }
    }
    if !lanes.is_empty() {
        let ended = ended_lanes(directory)?;
        lanes.retain(|(id, _)| !ended.contains(&id.to_string()));
    }
    lanes.sort();
    Ok(lanes)
}

/// The lanes that a person ended, by the journal of their run.
fn ended_lanes(directory: &RunDirectory) -> Result<Vec<String>, Error> {
    let place = directory.journal();
    let wrong = |error: std::io::Error| refuse(&place, error);
    let journal = JournalIndex::read(&place).map_err(wrong)?;
    let mut ended = Vec::new();
    for line in journal.readable() {
        match journal.entry(line).map_err(wrong)?.event {
            Event::Join { lane } => ended.push(lane),
            // It was brought back.
            Event::Fork {
                lane: Some(lane), ..
            } => ended.retain(|other| *other != lane),
            _ => {}
        }
    }
    Ok(ended)
}
