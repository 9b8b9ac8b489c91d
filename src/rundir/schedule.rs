//! What is to happen before a step: changes decided beforehand (`--at`), and what a journal tells to be done again.

#[cfg(test)]
mod tests;

use std::{collections::VecDeque, io};

use super::journal::{Does, Part, Written};
use crate::{
    model::{Cause, Event, Updates},
    preset::Scheduled,
};

/// Something that happens before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// A change decided beforehand that never happened before.
    Decided { key: String, value: String },
    /// Changes that stand in the journal, keys with values, to be made together: of those that follow each other the
    /// last of each key.
    Again(Vec<(String, String)>),
    /// Steps of these networks, so many where a number was asked for.
    Go {
        updates: Updates,
        count: Option<u64>,
    },
    /// A step whose update is not finite.
    Attempt,
}

/// What still waits, by step; of one step the lines of the journal first, in the order in which they stand there.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    lines: Part,
    decided: VecDeque<Scheduled>,
    /// Changes decided beforehand that are done.
    done: usize,
}

impl Schedule {
    /// Changes decided beforehand of which `done` are done.
    pub fn new(at: &[Scheduled], done: usize) -> Self {
        let mut at = at.to_vec();
        at.sort_by_key(|change| change.step);
        Self {
            lines: Part::default(),
            decided: at.into_iter().skip(done).collect(),
            done,
        }
    }

    /// Changes decided beforehand of which `done` are done, and lines of a journal that are to be done again.
    ///
    /// # Errors
    /// The journal's.
    pub fn again(at: &[Scheduled], done: usize, mut lines: Part) -> io::Result<Self> {
        lines.lines.retain(|line| line.does != Does::Nothing);
        let mut schedule = Self::new(at, done);
        // The line of a change says when it happened among others of its step.
        let mut known = Vec::new();
        let decides = |line: &&Written| matches!(line.does, Does::Set | Does::Refuse);
        for line in lines.lines.iter().filter(decides) {
            let is_of = |change: &Scheduled| change.step == line.step;
            if schedule.decided.iter().any(is_of) {
                let entry = lines.entry(line)?;
                if let (Cause::At, Event::Set { key, .. } | Event::Refused { key, .. }) =
                    (entry.cause, entry.event)
                {
                    known.push((entry.step, key));
                }
            }
        }
        schedule.decided.retain(|change| {
            let same = |(step, key): &(u64, String)| (*step, key) == (change.step, &change.key);
            let found = known.iter().position(same);
            found.map(|found| known.remove(found)).is_none()
        });
        let ordered = lines.lines.make_contiguous();
        // In place: there may be millions.
        ordered.sort_unstable_by_key(|line| (line.step, line.number));
        schedule.lines = lines;
        Ok(schedule)
    }

    /// Takes the next thing that is due before `step`.
    ///
    /// # Errors
    /// The journal's.
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
        let decided = self.decided.pop_front_if(|change| change.step <= step);
        self.done += usize::from(decided.is_some());
        Ok(decided.map(|Scheduled { key, value, .. }| Planned::Decided { key, value }))
    }

    /// Whether something is due before `step`.
    pub fn is_due(&self, step: u64) -> bool {
        let line = self.lines.lines.front().map(|line| line.step);
        let decided = self.decided.front().map(|change| change.step);
        line.into_iter().chain(decided).any(|due| due <= step)
    }

    /// Takes what the journal tells to be done before `step`, as long as nothing else comes before it.
    ///
    /// # Errors
    /// The journal's.
    pub fn due_again(&mut self, step: u64) -> io::Result<Option<Planned>> {
        while let Some(line) = self.lines.lines.front().copied() {
            if line.step > step || line.does == Does::Attempt || !self.line_is_next() {
                break;
            }
            self.lines.lines.pop_front();
            if let Some(planned) = self.planned(&line)? {
                return Ok(Some(planned));
            }
        }
        Ok(None)
    }

    /// Whether a line comes before what was decided beforehand and has none.
    fn line_is_next(&self) -> bool {
        match (self.lines.lines.front(), self.decided.front()) {
            (Some(line), Some(decided)) => line.step <= decided.step,
            (line, _) => line.is_some(),
        }
    }

    /// What is to be done because of a line that was taken, if anything.
    fn planned(&mut self, line: &Written) -> io::Result<Option<Planned>> {
        let entry = self.lines.entry(line)?;
        self.done += usize::from(entry.cause == Cause::At);
        let begins = entry.event.begins();
        Ok(match entry.event {
            Event::Set { key, new, .. } => Some(Planned::Again(self.gather(line.step, key, new)?)),
            Event::NotApplied { .. } => Some(Planned::Attempt),
            _ => begins.map(|(updates, count)| Planned::Go { updates, count }),
        })
    }

    /// A change with those of the same step that follow it, as long as only their outcome counts.
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
            if next.step != step || next.does != Does::Set {
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

    /// Whether steps of some networks are to begin before `step`.
    pub fn goes_on(&self, step: u64) -> bool {
        let lines = self.lines.lines.iter();
        let mut due = lines.take_while(|line| line.step <= step);
        due.any(|line| line.does == Does::Go)
    }

    /// Whether steps of some networks are to begin at all.
    pub fn goes(&self) -> bool {
        self.goes_on(u64::MAX)
    }

    /// Lines of the journal that still wait to be done again.
    pub fn pending(&self) -> Vec<u64> {
        let lines = self.lines.lines.iter();
        lines.map(|line: &Written| line.number).collect()
    }

    /// Changes decided beforehand that are done.
    pub fn done(&self) -> usize {
        self.done
    }
}

/// Changes of one step of which only the outcome counts: a person who holds a key down leaves thousands of lines. The last
/// value of each key is kept.
#[derive(Debug, Default)]
struct Changes(Vec<(String, String)>);

impl Changes {
    /// Adds a later change. It takes the place of earlier ones of its setting and of settings within it.
    fn add(&mut self, key: String, value: String) {
        let is_overtaken = |earlier: &str| {
            let rest = earlier.strip_prefix(&key);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.0.retain(|(earlier, _)| !is_overtaken(earlier));
        self.0.push((key, value));
    }
}

/// Whether weights remember each single change of this setting: where normalization is switched off W becomes
/// layer_gain·W/σ, and where it is switched on u and v begin anew.
fn is_remembered(key: &str) -> bool {
    let normalization = ["spectral.enabled", "spectral.generator", "spectral.layers"];
    key == "spectral" || normalization.iter().any(|switch| key.starts_with(switch))
}
