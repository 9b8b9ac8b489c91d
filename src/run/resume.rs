//! From the directory of a run to a run that goes on.

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Change, Error,
    about::{About, NUMERICS, SCHEMA},
    checkpoint::{self, Checkpoint, Position},
    directory::RunDirectory,
    engine::Updates,
    journal::{self, lineage},
    schedule::Schedule,
};
use crate::{
    data,
    preset::{self, Preset},
};

/// A run as its directory holds it.
#[derive(Debug)]
pub struct Stored {
    pub directory: PathBuf,
    pub about: About,
    /// The effective preset that it was begun with.
    pub preset: Preset,
    /// What it goes on from; none: from the beginning.
    pub checkpoint: Option<Checkpoint>,
    /// Its journal; none for a line that cannot be read.
    pub journal: Vec<Option<Change>>,
    /// Where the run got to before it is taken back to an earlier checkpoint; none where it goes on from the last one.
    pub rewound: Option<u64>,
    /// Number of the last checkpoint that was made.
    pub number: u64,
    /// What a person should know: newer checkpoints that are torn, lines that cannot be read.
    pub warnings: Vec<String>,
}

/// Where a worker begins.
#[derive(Debug, Default)]
pub struct Beginning {
    pub checkpoint: Option<Checkpoint>,
    pub schedule: Schedule,
    /// Lines of the journal so far.
    pub lines: u64,
    /// Those that led here.
    pub changes: Vec<Change>,
    /// Those among them that come again.
    pub again: Vec<Change>,
    /// Number of the last checkpoint that was made.
    pub number: u64,
    /// What the person should know.
    pub warnings: Vec<String>,
    /// Whether an earlier process began the run.
    pub resumed: bool,
    /// Where the run got to before it is taken back to an earlier checkpoint.
    pub rewound: Option<u64>,
}

/// Reads a run to go on from its last whole checkpoint, or with `step` from the last one made of that step.
///
/// # Errors
/// A directory that is not a run's, a run of another numerics, files that cannot be read, no such checkpoint, data that
/// are not those of the run.
pub fn stored(path: &Path, step: Option<u64>) -> Result<Stored, Error> {
    let directory = RunDirectory::open(path)?;
    let about = about(&directory)?;
    let preset_path = directory.preset();
    let text = read_text(&preset_path)?;
    let preset = preset::parse(&text, &preset_path.to_string_lossy())
        .map_err(|error| refuse(&preset_path, error))?;
    check_data(path, &about, &preset)?;
    let journal_path = directory.journal();
    let journal = journal::read(&journal_path).map_err(|error| refuse(&journal_path, error))?;
    let mut warnings = Vec::new();
    let unread = journal.iter().filter(|line| line.is_none()).count();
    if unread > 0 {
        let message = format!("{}: {unread} lines cannot be read", journal_path.display());
        warnings.push(message);
    }
    let last = latest(&directory, &mut warnings)?;
    let number = last.as_ref().map_or(0, |last| last.position.number);
    let (checkpoint, rewound) = match step {
        None => (last, None),
        Some(step) => {
            let wanted = of_step(&directory, step)?;
            let newer = last.filter(|last| last.position.number > wanted.position.number);
            (Some(wanted), newer.map(|last| last.position.step))
        }
    };
    if checkpoint.is_none() && about.init.is_some() {
        let message = "no checkpoint is there, and the run did not begin with fresh weights (--init): \
                       it can be begun anew, not gone on with";
        return Err(refuse(&directory.checkpoints(), message));
    }
    if let Some(checkpoint) = &checkpoint {
        check_position(path, &checkpoint.position, journal.len())?;
    }
    Ok(Stored {
        directory: path.to_owned(),
        about,
        preset,
        checkpoint,
        journal,
        rewound,
        number,
        warnings,
    })
}

/// Reads the last checkpoint made of a step.
///
/// # Errors
/// None of that step, or one that is not whole.
pub fn of_step(directory: &RunDirectory, step: u64) -> Result<Checkpoint, Error> {
    let folder = directory.checkpoints();
    let listed = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let is_of = |position: &Position| position.step == step;
    let of_it = |file: &&checkpoint::Listed| file.position.as_ref().is_ok_and(is_of);
    match listed.iter().rfind(of_it) {
        Some(file) => checkpoint::read(&file.path).map_err(|problem| refuse(&file.path, problem)),
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

fn latest(
    directory: &RunDirectory,
    warnings: &mut Vec<String>,
) -> Result<Option<Checkpoint>, Error> {
    let folder = directory.checkpoints();
    let (found, wrong) = checkpoint::newest(&folder).map_err(|error| refuse(&folder, error))?;
    for (path, problem) in &wrong {
        warnings.push(format!("{} is left out: {problem}", path.display()));
    }
    if found.is_none() && !wrong.is_empty() {
        warnings.push("no checkpoint is whole: the run begins again at step 0".to_owned());
    }
    Ok(found.map(|(_, checkpoint)| checkpoint))
}

fn about(directory: &RunDirectory) -> Result<About, Error> {
    let path = directory.about();
    if !path.is_file() {
        let message = "there is no such file: the run was made by a program that kept none, and \
                       cannot be resumed; `sn-tui run` with its folder begins the same run anew";
        return Err(refuse(&path, message));
    }
    let about = About::read(&path).map_err(|error| refuse(&path, error))?;
    if about.schema > SCHEMA {
        let message = format!("it is of a newer program, sn-tui {}", about.version);
        return Err(refuse(&path, message));
    }
    if about.numerics != NUMERICS {
        let message = format!(
            "the run was made by sn-tui {} with numerics {}, and this program's are {NUMERICS}: it \
             would not go on as it began. `sn-tui run` with its folder begins the same run anew, \
             `--init` takes its weights along",
            about.version, about.numerics
        );
        return Err(refuse(&path, message));
    }
    Ok(about)
}

/// A checkpoint that belongs to another run, or to a longer journal than there is.
fn check_position(path: &Path, position: &Position, lines: usize) -> Result<(), Error> {
    if position.numerics != NUMERICS {
        let message = format!(
            "the checkpoint of step {} is of numerics {}, and this program's are {NUMERICS}",
            position.step, position.numerics
        );
        return Err(refuse(path, message));
    }
    if position.journal > lines as u64 {
        let message = format!(
            "journal.jsonl has {lines} lines, and had {} when the checkpoint of step {} was made: \
             changes that led there are lost",
            position.journal, position.step
        );
        return Err(refuse(path, message));
    }
    Ok(())
}

fn check_data(path: &Path, about: &About, preset: &Preset) -> Result<(), Error> {
    let Some(known) = &about.data else {
        return Ok(());
    };
    match data::fingerprint(&preset.data) {
        Ok(Some(now)) if now == *known => Ok(()),
        Ok(_) => Err(refuse(
            path,
            "the data are not those that the run was begun with: files were added, removed or changed",
        )),
        Err(error) => Err(refuse(path, error)),
    }
}

fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|error| refuse(path, error))
}

fn refuse(path: &Path, problem: impl Display) -> Error {
    Error::NotResumable {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

impl Stored {
    /// The settings in force where it goes on.
    ///
    /// # Errors
    /// Settings of a checkpoint that this program refuses.
    pub fn settings(&self) -> Result<Preset, Error> {
        let Some(checkpoint) = &self.checkpoint else {
            return Ok(self.preset.clone());
        };
        settings(&checkpoint.position).map_err(|error| refuse(&self.directory, error))
    }

    /// Where the worker begins.
    pub fn beginning(self) -> Beginning {
        let lineage = lineage::lineage(&self.journal);
        let of = |&number: &usize| Some((number as u64, self.journal[number].clone()?));
        let lines: Vec<(u64, Change)> = lineage.iter().filter_map(of).collect();
        let position = self
            .checkpoint
            .as_ref()
            .map(|checkpoint| &checkpoint.position);
        let still_to_come = |number: u64| {
            self.rewound.is_none()
                && position.is_none_or(|position| {
                    number >= position.journal || position.pending.contains(&number)
                })
        };
        let again: Vec<(u64, Change)> = lines
            .iter()
            .filter(|(number, _)| still_to_come(*number))
            .cloned()
            .collect();
        let done = position.map_or(0, |position| position.planned);
        Beginning {
            schedule: Schedule::again(&self.about.at, done, &again),
            lines: self.journal.len() as u64,
            changes: lines.into_iter().map(|(_, line)| line).collect(),
            again: again.into_iter().map(|(_, line)| line).collect(),
            number: self.number,
            rewound: self.rewound,
            warnings: self.warnings,
            resumed: true,
            checkpoint: self.checkpoint,
        }
    }
}

/// The settings in force at a checkpoint.
///
/// # Errors
/// Settings that this program refuses.
pub fn settings(position: &Position) -> Result<Preset, preset::Diagnostic> {
    let origin = format!("the settings of the checkpoint of step {}", position.step);
    preset::parse(&position.settings, &origin)
}

/// The networks whose steps the run was making, and how many were left of a number that was asked for.
pub fn going(position: &Position) -> (Updates, Option<u64>) {
    (position.updates, position.left)
}
