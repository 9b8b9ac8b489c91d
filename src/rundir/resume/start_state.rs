//! The state with which the worker of a resumed run starts.

use std::{collections::BTreeSet, io};

use super::{StoredRun, choice, refuse};
use crate::{
    model::{Entry, Updates, snapshot::CHANGES},
    rundir::{
        Error,
        checkpoint::{Checkpoint, Position},
        journal::{IndexedLine, JournalIndex, ReplayAction, expected::ExpectedLines},
        schedule::Schedule,
    },
};

/// The state with which a worker starts. The default is that of a new run.
#[derive(Debug, Default)]
pub struct StartState {
    /// The checkpoint to resume from.
    pub checkpoint: Option<Checkpoint>,
    /// The actions that are still to come.
    pub schedule: Schedule,
    /// Number of lines in the journal.
    pub lines: u64,
    /// The last journal entries that led to the current state.
    pub changes: Vec<Entry>,
    /// Journal lines that the resumed run will produce again.
    pub expected_lines: ExpectedLines,
    /// Number of the newest checkpoint.
    pub number: u64,
    /// Warnings for the user.
    pub warnings: Vec<String>,
    /// Whether an earlier process started the run.
    pub resumed: bool,
    /// The device on which the state was computed.
    pub device: Option<String>,
    /// Steps to which the run was last extended.
    pub total: Option<u64>,
    /// The step that the run had reached, if it is now rewound to an earlier checkpoint.
    pub rewound_from: Option<u64>,
    /// The networks whose steps had last been requested at the checkpoint.
    pub requested: Updates,
}

impl StoredRun {
    /// The state with which the worker of the resumed run starts.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn start_state(self) -> Result<StartState, Error> {
        let total = self.total().ok();
        let device = self.computed_on().device;
        let place = self.directory.journal();
        let wrong = |error: io::Error| refuse(&place, error);
        let journal = &self.journal;
        let position = self.checkpoint.as_ref().map(|it| &it.position);
        let pending = position.map_or(&[][..], |position| &position.pending);
        let pending: BTreeSet<u64> = pending.iter().copied().collect();
        let lineage = journal.lineage(journal.lines());
        let is_to_come = |line: &IndexedLine| {
            let made = |position: &Position| {
                line.number < position.journal && !pending.contains(&line.number)
            };
            self.rewound_from.is_none()
                && lineage.contains(line.number)
                && !position.is_some_and(made)
        };
        let mut expected_lines = ExpectedLines::default();
        // The schedule replays changes. Training itself produces the other lines again.
        let comes_again = |line: &&IndexedLine| {
            matches!(
                line.action,
                ReplayAction::Nothing | ReplayAction::FailedStep
            ) && is_to_come(line)
        };
        for line in journal.readable().iter().filter(comes_again) {
            expected_lines.add(line.number, &journal.entry(line).map_err(wrong)?);
        }
        let led_here = |line: &&IndexedLine| lineage.contains(line.number);
        let last = journal.readable().iter().rev().filter(led_here);
        let last = last.take(CHANGES).map(|line| journal.entry(line));
        let mut changes = last.collect::<io::Result<Vec<_>>>().map_err(wrong)?;
        changes.reverse();
        let requested = requested_updates(journal, position, &pending).map_err(wrong)?;
        let requested = match (requested, &self.about.parent) {
            (Some(requested), _) => requested,
            (None, None) => Updates::default(),
            (None, Some(parent)) => {
                let first = choice::first(&self.directory, parent.step)?;
                let position = first.and_then(|file| file.position.ok());
                position.map_or_else(Updates::default, |position| position.updates)
            }
        };
        let (count, done) = (
            journal.lines(),
            position.map_or(0, |position| position.planned),
        );
        let schedule =
            Schedule::replay(self.about.at(), done, self.journal.replay_lines(is_to_come));
        Ok(StartState {
            device,
            total,
            requested,
            schedule: schedule.map_err(wrong)?,
            lines: count,
            changes,
            expected_lines,
            number: self.number,
            rewound_from: self.rewound_from,
            warnings: self.warnings,
            resumed: true,
            checkpoint: self.checkpoint,
        })
    }
}

/// The networks whose steps had last been requested at a checkpoint. `None` if there was no request.
fn requested_updates(
    journal: &JournalIndex,
    position: Option<&Position>,
    pending: &BTreeSet<u64>,
) -> io::Result<Option<Updates>> {
    let Some(position) = position else {
        return Ok(None);
    };
    let lineage = journal.lineage(position.journal);
    let mut lines = journal.readable().iter().rev();
    let last = lines.find(|line| {
        line.action == ReplayAction::Start
            && lineage.contains(line.number)
            && !pending.contains(&line.number)
    });
    let begins = match last {
        Some(line) => journal.entry(line)?.event.begins(),
        None => None,
    };
    Ok(begins.map(|(updates, _)| updates))
}
