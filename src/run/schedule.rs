//! What is to happen before a step: changes decided beforehand (`--at`), and what a journal tells to be done again.

use std::{collections::VecDeque, io};

use super::{
    engine::Updates,
    journal::{Does, Part, Written, lineage::Action},
};
use crate::preset::Scheduled;

/// Something that happens before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// A change decided beforehand that never happened before.
    Decided { key: String, value: String },
    /// Changes that stand in the journal, keys with values, to be made together; see [`Changes`].
    Again(Vec<(String, String)>),
    /// As [`Action::Go`].
    Go {
        updates: Updates,
        count: Option<u64>,
    },
    /// As [`Action::Attempt`].
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

    /// The same, and lines of a journal that are to be done again.
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
                let change = lines.change(line)?;
                known.extend((change.cause == AT).then_some((change.step, change.key)));
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

    /// What a line that was taken tells; none where that changes nothing now.
    fn planned(&mut self, line: &Written) -> io::Result<Option<Planned>> {
        let change = self.lines.change(line)?;
        self.done += usize::from(change.cause == AT);
        Ok(match Action::of(&change) {
            None | Some(Action::Refuse { .. }) => None,
            Some(Action::Go { updates, count }) => Some(Planned::Go { updates, count }),
            Some(Action::Attempt) => Some(Planned::Attempt),
            Some(Action::Set { key, value }) => {
                Some(Planned::Again(self.gather(line.step, key, value)?))
            }
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
            let change = self.lines.change(&next)?;
            if is_remembered(&change.key) {
                break;
            }
            self.lines.lines.pop_front();
            self.done += usize::from(change.cause == AT);
            changes.add(change.key, change.new);
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
    /// Adds a later change. It takes the place of those of the same setting, and of settings within it.
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

/// Cause of changes decided beforehand.
const AT: &str = "at";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Change, fake::at, folder::Folder, journal::Past};

    fn decided(key: &str, value: &str) -> Planned {
        let (key, value) = (key.to_owned(), value.to_owned());
        Planned::Decided { key, value }
    }

    fn again(changes: &[(&str, &str)]) -> Planned {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Planned::Again(changes.iter().map(owned).collect())
    }

    fn due(schedule: &mut Schedule, step: u64) -> Vec<Planned> {
        std::iter::from_fn(|| schedule.due(step).unwrap()).collect()
    }

    fn line(step: u64, kind: &str, key: &str, new: &str, cause: &str) -> Change {
        Change {
            step,
            kind: kind.into(),
            key: key.into(),
            old: String::new(),
            new: new.into(),
            cause: cause.into(),
        }
    }

    /// The lines of a journal, to be done again.
    fn part(lines: &[Change]) -> Part {
        let text = |line: &Change| serde_json::to_string(line).unwrap() + "\n";
        let text: String = lines.iter().map(text).collect();
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("journal.jsonl");
        place.write(text.as_bytes()).unwrap();
        Past::read(&place).unwrap().part(|_| true)
    }

    #[test]
    fn scheduled_changes_come_due_by_step_in_the_order_given() {
        let planned = [
            at(9, "gain", "1.0"),
            at(2, "gain", "2.0"),
            at(2, "gain", "3.0"),
        ];
        let mut schedule = Schedule::new(&planned, 0);
        assert!(due(&mut schedule, 1).is_empty());
        let two = [decided("gain", "2.0"), decided("gain", "3.0")];
        assert_eq!(due(&mut schedule, 2), two);
        assert_eq!(schedule.done(), 2);
        assert!(due(&mut schedule, 8).is_empty());
        assert_eq!(due(&mut schedule, 9), [decided("gain", "1.0")]);
    }

    #[test]
    fn what_happened_is_done_again_in_its_order_and_once() {
        let lines = [
            line(5, "set", "gain", "2.0", "at"),
            line(5, "not_applied", "", "", ""),
            line(5, "set", "gain", "1.0", "key"),
            line(5, "resume", "", "", "key"),
            line(7, "pause", "", "", "key"),
            line(8, "refused", "batch", "64", "at"),
        ];
        let planned = [
            at(3, "n_dis", "2"),
            at(5, "gain", "2.0"),
            at(5, "batch", "8"),
            at(8, "batch", "64"),
            at(9, "gain", "4.0"),
        ];
        let mut schedule = Schedule::again(&planned, 1, part(&lines)).unwrap();
        assert!(schedule.goes_on(5) && !schedule.goes_on(4));
        assert_eq!(schedule.pending(), [0, 1, 2, 3, 5]);
        let go = Planned::Go {
            updates: Updates::Both,
            count: None,
        };
        let five = [
            again(&[("gain", "2.0")]),
            Planned::Attempt,
            again(&[("gain", "1.0")]),
            go,
            decided("batch", "8"),
        ];
        assert_eq!(due(&mut schedule, 5), five);
        assert_eq!((schedule.done(), schedule.pending().len()), (3, 1));
        assert_eq!(
            due(&mut schedule, 8),
            [],
            "it was refused, and is not tried"
        );
        assert_eq!((schedule.done(), schedule.pending().len()), (4, 0));
        assert_eq!(due(&mut schedule, 9), [decided("gain", "4.0")]);
    }

    #[test]
    fn of_changes_that_follow_each_other_the_outcome_is_made_again() {
        let set = |key, new| line(5, "set", key, new, "key");
        let lines = [
            set("gain", "2.0"),
            set("data.noise", "0.1"),
            set("spectral.iterations", "2"),
            line(5, "set", "gain", "4.0", "at"),
            set("data", "Mixture(…)"),
            set("data.sigma", "0.2"),
            set("spectral.enabled", "false"),
            set("spectral.enabled", "true"),
            set("gain", "1.0"),
            line(6, "set", "gain", "3.0", "key"),
        ];
        let mut schedule = Schedule::again(&[], 0, part(&lines)).unwrap();
        let five = [
            again(&[
                ("spectral.iterations", "2"),
                ("gain", "4.0"),
                ("data", "Mixture(…)"),
                ("data.sigma", "0.2"),
            ]),
            again(&[("spectral.enabled", "false")]),
            again(&[("spectral.enabled", "true")]),
            again(&[("gain", "1.0")]),
        ];
        assert_eq!(schedule.due_again(5).unwrap().as_ref(), Some(&five[0]));
        assert_eq!(schedule.pending(), [6, 7, 8, 9]);
        assert_eq!(due(&mut schedule, 5), five[1..]);
        assert_eq!(schedule.done(), 1);
        assert_eq!(due(&mut schedule, 6), [again(&[("gain", "3.0")])]);
    }
}
