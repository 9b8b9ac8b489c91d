//! Where the worker of a run that goes on begins: what of its journal has happened, and what comes again.

use std::{collections::BTreeSet, io};

use super::{Stored, refuse};
use crate::{
    model::{Entry, Updates, snapshot::CHANGES},
    rundir::{
        Error,
        checkpoint::{Checkpoint, Position},
        journal::{Does, Past, Written, again::Again},
        schedule::Schedule,
    },
};

/// What a worker begins with: nothing, or what an earlier process left.
#[derive(Debug, Default)]
pub struct StartState {
    pub checkpoint: Option<Checkpoint>,
    pub schedule: Schedule,
    /// Lines of the journal so far.
    pub lines: u64,
    /// The last entries of the journal that led here.
    pub changes: Vec<Entry>,
    /// Lines that led here and come again.
    pub again: Again,
    /// Number of the last checkpoint that was made.
    pub number: u64,
    /// What the person should know.
    pub warnings: Vec<String>,
    /// Whether an earlier process began the run.
    pub resumed: bool,
    /// The device that the state was made on, if something went before.
    pub device: Option<String>,
    /// Steps to which it was last asked to go.
    pub total: Option<u64>,
    /// Where the run got to before it is taken back to an earlier checkpoint.
    pub rewound: Option<u64>,
    /// The networks whose steps had last been asked for at the checkpoint.
    pub asked: Updates,
}

impl Stored {
    /// What the worker that goes on with the run begins with.
    ///
    /// # Errors
    /// The journal's, which is read a second time.
    pub fn start_state(self) -> Result<StartState, Error> {
        let total = self.total().ok();
        let device = self.made_on().device;
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
        let by_itself =
            |line: &&Written| matches!(line.does, Does::Nothing | Does::Attempt) && again(line);
        for line in journal.written().iter().filter(by_itself) {
            lines.add(&journal.entry(line).map_err(wrong)?);
        }
        let led_here = |line: &&Written| lineage.contains(line.number);
        let last = journal.written().iter().rev().filter(led_here);
        let last = last.take(CHANGES).map(|line| journal.entry(line));
        let mut changes = last.collect::<io::Result<Vec<_>>>().map_err(wrong)?;
        changes.reverse();
        let asked = asked(journal, position, &pending).map_err(wrong)?;
        let (count, done) = (
            journal.lines(),
            position.map_or(0, |position| position.planned),
        );
        let schedule = Schedule::again(self.about.at(), done, self.journal.part(again));
        Ok(StartState {
            device,
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
    let begins = match last {
        Some(line) => journal.entry(line)?.event.begins(),
        None => None,
    };
    Ok(begins.map_or_else(Updates::default, |(updates, _)| updates))
}
