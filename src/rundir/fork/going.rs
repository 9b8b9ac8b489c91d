//! The lanes of a stored run that go on with it.

use std::path::PathBuf;

use crate::{
    model::{Event, LaneId},
    rundir::{
        Error, about::About, directory::RunDirectory, journal::JournalIndex, layout, record,
        resume::refuse,
    },
};

/// The directories of the lanes that were going when the run stopped, by name. What a process that was killed left of a
/// lane that had not begun is removed.
///
/// # Errors
/// If the journal cannot be read, or a lane that did not begin cannot be removed.
pub fn going_lanes(directory: &RunDirectory) -> Result<Vec<(LaneId, PathBuf)>, Error> {
    let mut lanes = Vec::new();
    for path in record::lanes(&directory.folder().current_path()) {
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(id) = name.and_then(|name| name.parse::<LaneId>().ok()) else {
            continue;
        };
        if path.join(layout::ABOUT).is_file() {
            let about = About::read_lenient(&path).ok().flatten();
            if about.is_some_and(|about| about.parent.is_some()) {
                lanes.push((id, path));
            }
        } else {
            RunDirectory::clear_unbegun(&path)?;
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
