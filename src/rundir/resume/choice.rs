//! Selecting the checkpoint from which a run resumes.

use std::fmt::Display;

use super::refuse;
use crate::{
    files::folder::Place,
    model::Parent,
    rundir::{
        Error,
        about::About,
        checkpoint::{self, Checkpoint, ListedCheckpoint, Position},
        directory::RunDirectory,
        journal::JournalIndex,
        layout,
    },
};

/// Reads the newest valid checkpoint of a step.
///
/// # Errors
/// If there is no checkpoint of that step, or none of them is valid.
pub fn checkpoint_of_step(directory: &RunDirectory, step: u64) -> Result<Checkpoint, Error> {
    let folder = directory.checkpoints();
    let listed = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let is_of_step = |position: &Position| position.step == step;
    let of_step = listed
        .iter()
        .rev()
        .filter(|file| file.position.as_ref().is_ok_and(is_of_step));
    let mut problem = None;
    for file in of_step {
        match file.read() {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(wrong) => problem = problem.or(Some(refuse(&file.place, wrong))),
        }
    }
    match problem {
        Some(problem) => Err(problem),
        None => {
            let positions = listed.iter().filter_map(|file| file.position.as_ref().ok());
            let mut steps: Vec<u64> = positions.map(|position| position.step).collect();
            steps.sort_unstable();
            steps.dedup();
            let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
            let known = if steps.is_empty() {
                "there is none".to_owned()
            } else {
                format!("there are those of steps {}", steps.join(", "))
            };
            let about = About::read_lenient(directory.path()).ok().flatten();
            let parent = about.and_then(|about| about.parent);
            let began = match parent.filter(|parent| step < parent.step) {
                Some(Parent { step, run, .. }) => {
                    format!("this run begins at step {step}, where it was forked from {run}; ")
                }
                None => String::new(),
            };
            let message = format!("no checkpoint of step {step}: {began}{known}");
            Err(refuse(&folder, message))
        }
    }
}

/// Reads the first checkpoint of a step with which the run began: 0 for given weights, or that of a fork.
///
/// # Errors
/// If there is none, or it is not valid.
pub fn first_checkpoint(directory: &RunDirectory, step: u64) -> Result<Checkpoint, Error> {
    let folder = directory.checkpoints();
    match first(directory, step)? {
        Some(file) => file.read().map_err(|problem| refuse(&file.place, problem)),
        None => Err(refuse(
            &folder,
            format!("the state of step {step}, with which the run began, is missing"),
        )),
    }
}

/// The first checkpoint of a step.
///
/// # Errors
/// If the folder cannot be read.
pub(super) fn first(
    directory: &RunDirectory,
    step: u64,
) -> Result<Option<ListedCheckpoint>, Error> {
    let folder = directory.checkpoints();
    let listed = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let is_of_step = |position: &Position| position.step == step;
    let mut listed = listed.into_iter();
    Ok(listed.find(|file| file.position.as_ref().is_ok_and(is_of_step)))
}

/// The newest valid checkpoint that led to the end of the journal. Adds a warning for each invalid one.
///
/// # Errors
/// If the folder cannot be read, or no checkpoint of a forked run is valid: it cannot start again at step 0.
pub fn newest_checkpoint(
    directory: &RunDirectory,
    about: &About,
    journal: &JournalIndex,
    warnings: &mut Vec<String>,
) -> Result<Option<Checkpoint>, Error> {
    let folder = directory.checkpoints();
    let listed = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let mut skip = |place: &Place, problem: &dyn Display| {
        warnings.push(format!("{place} is skipped: {problem}"));
    };
    let mut wrong = false;
    // A file whose header cannot be read has no known age, so it is reported first.
    for file in &listed {
        if let Err(problem) = &file.position {
            skip(&file.place, problem);
            wrong = true;
        }
    }
    for file in listed.iter().rev() {
        let Ok(position) = &file.position else {
            continue;
        };
        let fits = match incompatibility(position, about, journal.lines()) {
            Some(problem) => Err(problem),
            // A checkpoint that a rewind abandoned is normal.
            None if !journal.led_here(position) => continue,
            None => file.read().map_err(|problem| problem.to_string()),
        };
        match fits {
            Ok(checkpoint) => return Ok(Some(checkpoint)),
            Err(problem) => skip(&file.place, &problem),
        }
        wrong = true;
    }
    if let Some(Parent { run, step, .. }) = &about.parent {
        let why = warnings
            .last()
            .map_or_else(String::new, |why| format!(" ({why})"));
        let message = format!(
            "no state of it can be read{why}, and it did not begin at step 0: it was forked from {run} at step {step}. \
             Fork that run again"
        );
        return Err(refuse(&folder, message));
    }
    if wrong {
        warnings.push("no checkpoint is valid: the run restarts at step 0".to_owned());
    }
    Ok(None)
}

/// Why a checkpoint does not belong to this run, or cannot be resumed from.
pub(super) fn incompatibility(position: &Position, about: &About, lines: u64) -> Option<String> {
    if let Some(numerics) = about.numerics.filter(|&own| own != position.numerics) {
        let theirs = position.numerics;
        return Some(format!(
            "it has numerics {theirs}, and the run's are {numerics}"
        ));
    }
    if (position.seed, &*position.name) != (about.seed(), about.name()) {
        let Position { name, seed, .. } = position;
        return Some(format!("it belongs to another run: {name}, seed {seed}"));
    }
    (position.journal > lines).then(|| {
        format!(
            "{} has {lines} lines, and had {} when it was made: changes before it are lost",
            layout::JOURNAL,
            position.journal
        )
    })
}
