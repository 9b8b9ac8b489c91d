//! Actions that are due before a step: scheduled changes (`--at`), and actions of a journal that are replayed.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, io};

use super::{
    checkpoint::Position,
    journal::{IndexedLine, ReplayAction, ReplayLines},
};
use crate::{
    model::{Assignment, Cause, Event, Updates},
    preset::Scheduled,
};

/// An action that is due before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// A scheduled change that is made for the first time.
    Scheduled(Assignment),
    /// Replayed changes of settings, as keys and values, to be made together. Of consecutive changes to a key only the
    /// last is left.
    Replayed(Vec<(String, String)>),
    /// Start steps of these networks: `count` of them, or any number for `None`.
    Start {
        updates: Updates,
        count: Option<u64>,
    },
    /// A step whose update was not applied because it was not finite.
    FailedStep,
}

/// The actions that are still to come, by step. Those of the journal come before the scheduled changes of the same
/// step, in the order of their lines.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    lines: ReplayLines,
    scheduled: VecDeque<Scheduled>,
    /// Scheduled changes made so far.
    done: usize,
}

impl Schedule {
    /// A schedule of the changes `at`, of which the first `done` by step were made already.
    pub fn new(at: &[Scheduled], done: usize) -> Self {
        let mut at = at.to_vec();
        at.sort_by_key(|change| change.step);
        Self {
            lines: ReplayLines::default(),
            scheduled: at.into_iter().skip(done).collect(),
            done,
        }
    }

    /// A schedule of the changes `at`, of which `done` were made already, and of the journal lines to be replayed.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn replay(at: &[Scheduled], done: usize, mut lines: ReplayLines) -> io::Result<Self> {
        lines
            .lines
            .retain(|line| line.action != ReplayAction::Nothing);
        let mut schedule = Self::new(at, done);
        // A change with a journal line comes in the order of that line.
        let mut known = Vec::new();
        let decides =
            |line: &&IndexedLine| matches!(line.action, ReplayAction::Set | ReplayAction::Skip);
        for line in lines.lines.iter().filter(decides) {
            let is_of = |change: &Scheduled| change.step == line.step;
            if schedule.scheduled.iter().any(is_of) {
                let entry = lines.entry(line)?;
                if let (Cause::At, Event::Set { key, .. } | Event::Refused { key, .. }) =
                    (entry.cause, entry.event)
                {
                    known.push((entry.step, key));
                }
            }
        }
        schedule.scheduled.retain(|change| {
            let same = |(step, key): &(u64, String)| (*step, key) == (change.step, &change.key);
            let found = known.iter().position(same);
            found.map(|found| known.remove(found)).is_none()
        });
        let ordered = lines.lines.make_contiguous();
        // Sorted in place: there may be millions of lines.
        ordered.sort_unstable_by_key(|line| (line.step, line.number));
        schedule.lines = lines;
        Ok(schedule)
    }

    /// Removes and returns the next action that is due before `step`.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn due(&mut self, step: u64) -> io::Result<Option<Planned>> {
        while self.line_is_next() {
            let lines = &mut self.lines.lines;
            let Some(line) = lines.pop_front_if(|line| line.step <= step) else {
                return Ok(None);
            };
            if let Some(planned) = self.planned(&line)? {
                return Ok(Some(planned));
            }
        }
        let scheduled = self.scheduled.pop_front_if(|change| change.step <= step);
        self.done += usize::from(scheduled.is_some());
        let change = |Scheduled { key, value, .. }| Assignment { key, value };
        Ok(scheduled.map(change).map(Planned::Scheduled))
    }

    /// Whether an action is due before `step`.
    pub fn is_due(&self, step: u64) -> bool {
        let line = self.lines.lines.front().map(|line| line.step);
        let scheduled = self.scheduled.front().map(|change| change.step);
        line.into_iter().chain(scheduled).any(|due| due <= step)
    }

    /// Removes and returns the next replayed action that is due before `step`. `None` if a scheduled change or a step
    /// without an update comes first.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn due_replayed(&mut self, step: u64) -> io::Result<Option<Planned>> {
        while let Some(line) = self.lines.lines.front().copied() {
            if line.step > step || line.action == ReplayAction::FailedStep || !self.line_is_next() {
                break;
            }
            self.lines.lines.pop_front();
            if let Some(planned) = self.planned(&line)? {
                return Ok(Some(planned));
            }
        }
        Ok(None)
    }

    /// Removes and returns the next replayed action before the next step of a saved state that was part of it.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn due_before_state(&mut self, saved: &Position) -> io::Result<Option<Planned>> {
        let led_to = |line: &IndexedLine| {
            line.number < saved.journal && !saved.pending.contains(&line.number)
        };
        match self.lines.lines.front() {
            Some(line) if led_to(line) => self.due_replayed(saved.step + 1),
            _ => Ok(None),
        }
    }

    /// Whether the next journal line comes before the next scheduled change.
    fn line_is_next(&self) -> bool {
        match (self.lines.lines.front(), self.scheduled.front()) {
            (Some(line), Some(scheduled)) => line.step <= scheduled.step,
            (line, _) => line.is_some(),
        }
    }

    /// The action of a journal line, if it has one.
    fn planned(&mut self, line: &IndexedLine) -> io::Result<Option<Planned>> {
        let entry = self.lines.entry(line)?;
        self.done += usize::from(entry.cause == Cause::At);
        let begins = entry.event.begins();
        Ok(match entry.event {
            Event::Set { key, new, .. } => {
                Some(Planned::Replayed(self.gather(line.step, key, new)?))
            }
            Event::NotApplied { .. } => Some(Planned::FailedStep),
            _ => begins.map(|(updates, count)| Planned::Start { updates, count }),
        })
    }

    /// A change together with the changes of the same step that follow it, as long as only their outcome matters.
    fn gather(
        &mut self,
        step: u64,
        key: String,
        value: String,
    ) -> io::Result<Vec<(String, String)>> {
        let outcome_counts = !is_remembered(&key);
        let mut changes = Changes::default();
        changes.add(key, value);
        while outcome_counts && let Some(next) = self.lines.lines.front().copied() {
            if next.step != step || next.action != ReplayAction::Set {
                break;
            }
            let entry = self.lines.entry(&next)?;
            let Event::Set { key, new, .. } = entry.event else {
                break;
            };
            if is_remembered(&key) {
                break;
            }
            self.lines.lines.pop_front();
            self.done += usize::from(entry.cause == Cause::At);
            changes.add(key, new);
        }
        Ok(changes.0)
    }

    /// Whether the journal starts steps before `step`.
    pub fn starts_before(&self, step: u64) -> bool {
        let lines = self.lines.lines.iter();
        let mut due = lines.take_while(|line| line.step <= step);
        due.any(|line| line.action == ReplayAction::Start)
    }

    /// Whether the journal starts steps at any later time.
    pub fn has_start(&self) -> bool {
        self.starts_before(u64::MAX)
    }

    /// Numbers of the journal lines that are still to be replayed.
    pub fn pending(&self) -> Vec<u64> {
        let lines = self.lines.lines.iter();
        lines.map(|line: &IndexedLine| line.number).collect()
    }

    /// Scheduled changes made so far.
    pub fn done(&self) -> usize {
        self.done
    }
}

/// Changes of one step of which only the outcome matters: holding a key down leaves thousands of lines. The last value
/// of each key is kept.
#[derive(Debug, Default)]
struct Changes(Vec<(String, String)>);

impl Changes {
    /// Adds a change. It replaces earlier changes of the same setting and of settings inside it.
    fn add(&mut self, key: String, value: String) {
        let is_overtaken = |earlier: &str| {
            let rest = earlier.strip_prefix(&key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.0.retain(|(earlier, _)| !is_overtaken(earlier));
        self.0.push((key, value));
    }
}

/// Whether the weights depend on every single change of this setting. Switching normalization off replaces W by
/// layer_gain·W/σ. Switching it on draws new u and v.
fn is_remembered(key: &str) -> bool {
    let normalization = ["spectral.enabled", "spectral.generator", "spectral.layers"];
    key == "spectral" || normalization.iter().any(|switch| key.starts_with(switch))
}
