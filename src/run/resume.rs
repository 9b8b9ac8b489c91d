//! From the directory of a run to a run that goes on.

use std::{collections::BTreeSet, fmt::Display, io, path::Path};

use super::{
    Change, Error,
    about::{self, About, NUMERICS, SCHEMA},
    checkpoint::{self, Checkpoint, Position},
    directory::RunDirectory,
    engine::Updates,
    folder::Place,
    journal::{Does, Past, Written, again::Again, lineage::Action},
    lock::Lock,
    publisher::CHANGES,
    schedule::Schedule,
};
use crate::{
    data,
    preset::{self, Preset},
};

/// A run as its directory holds it.
#[derive(Debug)]
pub struct Stored {
    pub directory: RunDirectory,
    pub about: About,
    /// The effective preset that it was begun with.
    pub preset: Preset,
    /// What it goes on from; none: from the beginning.
    pub checkpoint: Option<Checkpoint>,
    /// Its journal.
    pub journal: Past,
    /// Where the run got to before it is taken back to an earlier checkpoint; none where it goes on from the last one.
    pub rewound: Option<u64>,
    /// Number of the last checkpoint that was made.
    pub number: u64,
    /// What a person should know: newer checkpoints that are torn, lines that cannot be read.
    pub warnings: Vec<String>,
    /// The right to write into the directory, where it was taken.
    pub lock: Option<Lock>,
}

/// Where a worker begins.
#[derive(Debug, Default)]
pub struct Beginning {
    pub checkpoint: Option<Checkpoint>,
    pub schedule: Schedule,
    /// Lines of the journal so far.
    pub lines: u64,
    /// The last of those that led here.
    pub changes: Vec<Change>,
    /// Those of all that led here that come again.
    pub again: Again,
    /// Number of the last checkpoint that was made.
    pub number: u64,
    /// What the person should know.
    pub warnings: Vec<String>,
    /// Whether an earlier process began the run.
    pub resumed: bool,
    /// Steps to which it was last asked to go.
    pub total: Option<u64>,
    /// Where the run got to before it is taken back to an earlier checkpoint.
    pub rewound: Option<u64>,
    /// The networks whose steps had last been asked for at the checkpoint.
    pub asked: Updates,
}

/// The same for a process that is to go on with the run: another one is kept from it first, so that nothing changes
/// after it was read.
///
/// # Errors
/// Those of [`stored`]; another process has the run.
pub fn owned(path: &Path, step: Option<u64>) -> Result<Stored, Error> {
    let directory = RunDirectory::open(path)?;
    directory.check()?;
    let lock = Lock::take(directory.folder())?;
    let stored = read(directory, step)?;
    Ok(Stored {
        lock: Some(lock),
        ..stored
    })
}

/// Reads a run to go on from its last whole checkpoint, or with `step` from the last one made of that step.
///
/// # Errors
/// A directory that is not a run's, a run of another numerics, files that cannot be read, no such checkpoint, data that
/// are not those of the run.
pub fn stored(path: &Path, step: Option<u64>) -> Result<Stored, Error> {
    read(RunDirectory::open(path)?, step)
}

fn read(directory: RunDirectory, step: Option<u64>) -> Result<Stored, Error> {
    let about = read_about(&directory)?;
    let preset_place = directory.preset();
    let text = read_text(&preset_place)?;
    if about
        .preset
        .as_ref()
        .is_some_and(|known| *known != about::hash(text.as_bytes()))
    {
        let message = "it is not what the run was begun with: it was changed since. Put it back to go on; to train \
                       with the change, begin another run with it, with --init to take the weights along";
        return Err(refuse(&preset_place, message));
    }
    let preset = preset::parse(&text, &preset_place.path().to_string_lossy())
        .map_err(|error| refuse(&preset_place, error))?;
    check_data(directory.path(), &about, &preset)?;
    let journal_place = directory.journal();
    let journal = Past::read(&journal_place).map_err(|error| refuse(&journal_place, error))?;
    let mut warnings = Vec::new();
    let unread = journal.unread();
    if unread > 0 {
        warnings.push(format!("{journal_place}: {unread} lines cannot be read"));
    }
    let last = latest(&directory, &about, &journal, &mut warnings)?;
    let folder = directory.checkpoints();
    let all = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let numbers = all
        .iter()
        .filter_map(|file| Some(file.position.as_ref().ok()?.number));
    let number = numbers.max().unwrap_or(0);
    let (checkpoint, rewound) = match step {
        None => (last, None),
        Some(step) => {
            let wanted = of_step(&directory, step)?;
            if let Some(problem) = unfit(&wanted.position, &about, journal.lines()) {
                return Err(refuse(&directory.checkpoints(), problem));
            }
            let newer = last.filter(|last| last.position.number > wanted.position.number);
            (Some(wanted), newer.map(|last| last.position.step))
        }
    };
    Ok(Stored {
        directory,
        about,
        preset,
        checkpoint,
        journal,
        rewound,
        number,
        warnings,
        lock: None,
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
fn unfit(position: &Position, about: &About, lines: u64) -> Option<String> {
    if position.numerics != NUMERICS {
        let theirs = position.numerics;
        return Some(format!(
            "it is of numerics {theirs}, and this program's are {NUMERICS}"
        ));
    }
    if (position.seed, &position.name) != (about.seed, &about.name) {
        let Position { name, seed, .. } = position;
        return Some(format!("it is of another run: {name}, seed {seed}"));
    }
    (position.journal > lines).then(|| {
        format!(
            "journal.jsonl has {lines} lines, and had {} when it was made: changes that led there are lost",
            position.journal
        )
    })
}

fn read_about(directory: &RunDirectory) -> Result<About, Error> {
    let place = directory.about();
    if !place.is_taken() {
        let message = "there is no such file: the run was made by a program that kept none, and \
                       cannot be resumed; `sn-tui run` with its folder begins the same run anew";
        return Err(refuse(&place, message));
    }
    let about = About::read(&place).map_err(|error| refuse(&place, error))?;
    if about.schema > SCHEMA {
        let message = format!("it is of a newer program, sn-tui {}", about.version);
        return Err(refuse(&place, message));
    }
    if about.numerics != NUMERICS {
        let message = format!(
            "the run was made by sn-tui {} with numerics {}, and this program's are {NUMERICS}: it \
             would not go on as it began. `sn-tui run` with its folder begins the same run anew, \
             `--init` takes its weights along",
            about.version, about.numerics
        );
        return Err(refuse(&place, message));
    }
    Ok(about)
}

fn check_data(path: &Path, about: &About, preset: &Preset) -> Result<(), Error> {
    let Some(known) = &about.data else {
        return Ok(());
    };
    match data::fingerprint(&preset.data) {
        Ok(Some(now)) if now == *known => Ok(()),
        Ok(_) => Err(refuse_path(
            path,
            "the data are not those that the run was begun with: files were added, removed or changed",
        )),
        Err(error) => Err(refuse_path(path, error)),
    }
}

fn read_text(place: &Place) -> Result<String, Error> {
    let bytes = place.read(preset::MAX_BYTES);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    text.map_err(|error| refuse(place, error))
}

fn refuse(place: &Place, problem: impl Display) -> Error {
    refuse_path(&place.path(), problem)
}

fn refuse_path(path: &Path, problem: impl Display) -> Error {
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
        settings(&checkpoint.position).map_err(|error| refuse_path(self.directory.path(), error))
    }

    /// Steps to which the run was last asked to go: the journal says so where that was changed.
    ///
    /// # Errors
    /// Those of [`Stored::settings`].
    pub fn total(&self) -> Result<u64, Error> {
        match self.journal.total() {
            Some(asked) => Ok(asked),
            // An older program did not say.
            None => Ok(self.settings()?.steps),
        }
    }

    /// Where the worker begins.
    ///
    /// # Errors
    /// The journal's, which is read a second time.
    pub fn beginning(self) -> Result<Beginning, Error> {
        let total = self.total().ok();
        let place = self.directory.journal();
        let wrong = |error: io::Error| refuse(&place, error);
        let journal = &self.journal;
        let position = self.checkpoint.as_ref().map(|it| &it.position);
        let pending = position.map_or(&[][..], |position| &position.pending);
        let pending: BTreeSet<u64> = pending.iter().copied().collect();
        let lineage = journal.lineage(journal.lines());
        let again = |line: &Written| {
            let made = |position: &Position| {
                line.number < position.journal && !pending.contains(&line.number)
            };
            self.rewound.is_none() && lineage.contains(line.number) && !position.is_some_and(made)
        };
        let mut lines = Again::default();
        // Changes stand in the schedule; other lines come by themselves.
        let by_itself = |line: &&Written| matches!(line.does, Does::Nothing | Does::Attempt);
        for line in journal
            .written()
            .iter()
            .filter(by_itself)
            .filter(|line| again(line))
        {
            lines.add(&journal.change(line).map_err(wrong)?);
        }
        let led_here = |line: &&Written| lineage.contains(line.number);
        let last = journal.written().iter().rev().filter(led_here);
        let last = last.take(CHANGES).map(|line| journal.change(line));
        let mut changes = last.collect::<io::Result<Vec<_>>>().map_err(wrong)?;
        changes.reverse();
        let asked = asked(journal, position, &pending).map_err(wrong)?;
        let (count, done) = (
            journal.lines(),
            position.map_or(0, |position| position.planned),
        );
        let schedule = Schedule::again(&self.about.at, done, self.journal.part(again));
        Ok(Beginning {
            total,
            asked,
            schedule: schedule.map_err(wrong)?,
            lines: count,
            changes,
            again: lines,
            number: self.number,
            rewound: self.rewound,
            warnings: self.warnings,
            resumed: true,
            checkpoint: self.checkpoint,
        })
    }
}

/// The networks whose steps had last been asked for at a checkpoint.
fn asked(
    journal: &Past,
    position: Option<&Position>,
    pending: &BTreeSet<u64>,
) -> io::Result<Updates> {
    let Some(position) = position else {
        return Ok(Updates::default());
    };
    let lineage = journal.lineage(position.journal);
    let mut lines = journal.written().iter().rev();
    let last = lines.find(|line| {
        line.does == Does::Go && lineage.contains(line.number) && !pending.contains(&line.number)
    });
    let action = match last {
        Some(line) => Action::of(&journal.change(line)?),
        None => None,
    };
    Ok(match action {
        Some(Action::Go { updates, .. }) => updates,
        _ => Updates::default(),
    })
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
