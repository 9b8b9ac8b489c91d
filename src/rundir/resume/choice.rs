//! Which checkpoint a run goes on from.

use std::fmt::Display;

use super::refuse;
use crate::{
    files::folder::Place,
    rundir::{
        Error,
        about::{About, NUMERICS},
        checkpoint::{self, Checkpoint, Position},
        directory::RunDirectory,
        journal::Past,
        layout,
    },
};

/// Reads the last checkpoint made of a step.
///
/// # Errors
/// None of that step, or one that is not whole.
pub fn of_step(directory: &RunDirectory, step: u64) -> Result<Checkpoint, Error> {
    let folder = directory.checkpoints();
    let listed = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let is_of = |position: &Position| position.step == step;
    let of_it = listed
        .iter()
        .rev()
        .filter(|file| file.position.as_ref().is_ok_and(is_of));
    let mut problem = None;
    for file in of_it {
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
            let known = match steps.is_empty() {
                true => "there is none".to_owned(),
                false => format!("there are those of steps {}", steps.join(", ")),
            };
            let message = format!("no checkpoint of step {step}: {known}");
            Err(refuse(&folder, message))
        }
    }
}

/// The first state that was saved of step 0: what a run began with.
///
/// # Errors
/// None is there, or none that is whole.
pub fn first(directory: &RunDirectory) -> Result<Checkpoint, Error> {
    let folder = directory.checkpoints();
    let listed = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let is_first = |position: &Position| position.step == 0;
    let found = listed
        .iter()
        .find(|file| file.position.as_ref().is_ok_and(is_first));
    match found {
        Some(file) => file.read().map_err(|problem| refuse(&file.place, problem)),
        None => Err(refuse(
            &folder,
            "the weights that the run began with are not there",
        )),
    }
}

/// The newest checkpoint that is whole and led to where the journal ends. What is wrong with others is added to `warnings`.
///
/// # Errors
/// The folder's.
pub fn latest(
    directory: &RunDirectory,
    about: &About,
    journal: &Past,
    warnings: &mut Vec<String>,
) -> Result<Option<Checkpoint>, Error> {
    let folder = directory.checkpoints();
    let listed = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let mut left_out = |place: &Place, problem: &dyn Display| {
        warnings.push(format!("{place} is left out: {problem}"));
    };
    let mut wrong = false;
    // Heads that cannot be read say nothing of their age: they are told first.
    for file in &listed {
        if let Err(problem) = &file.position {
            left_out(&file.place, problem);
            wrong = true;
        }
    }
    for file in listed.iter().rev() {
        let Ok(position) = &file.position else {
            continue;
        };
        let fits = match unfit(position, about, journal.lines()) {
            Some(problem) => Err(problem),
            // What a rewind left behind is nothing to warn of.
            None if !journal.led_here(position.journal, position.step) => continue,
            None => file.read().map_err(|problem| problem.to_string()),
        };
        match fits {
            Ok(checkpoint) => return Ok(Some(checkpoint)),
            Err(problem) => left_out(&file.place, &problem),
        }
        wrong = true;
    }
    if wrong {
        warnings.push("no checkpoint is whole: the run begins again at step 0".to_owned());
    }
    Ok(None)
}

/// Why a checkpoint cannot be of this run, or not be gone on from.
pub(super) fn unfit(position: &Position, about: &About, lines: u64) -> Option<String> {
    if position.numerics != NUMERICS {
        let theirs = position.numerics;
        return Some(format!(
            "it is of numerics {theirs}, and this program's are {NUMERICS}"
        ));
    }
    if (position.seed, &*position.name) != (about.seed(), about.name()) {
        let Position { name, seed, .. } = position;
        return Some(format!("it is of another run: {name}, seed {seed}"));
    }
    (position.journal > lines).then(|| {
        format!(
            "{} has {lines} lines, and had {} when it was made: changes that led there are lost",
            layout::JOURNAL,
            position.journal
        )
    })
}
