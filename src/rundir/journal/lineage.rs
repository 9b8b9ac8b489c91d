//! Which lines of a journal led to the present state: a rewind leaves the lines of the branch behind.

use std::ops::Range;

use crate::model::{Change, Updates};

/// What a line of the journal does to training when it is done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Set {
        key: String,
        value: String,
    },
    /// A planned change was refused.
    Refuse {
        key: String,
        value: String,
    },
    /// Steps of these networks from here on, so many where a number was asked for.
    Go {
        updates: Updates,
        count: Option<u64>,
    },
    /// A step was begun whose update was not finite: what it had done before that stays done.
    Attempt,
}

/// Begins the key of a line after which a run goes on as it stood after so many lines.
const MARK: &str = "journal:";

/// The kind of a line that moves the end of a run: `new` steps are to be made in all.
pub const STEPS: &str = "steps";

/// The kind of a line from which on a run is made on another device: `new`, in place of `old`.
pub const DEVICE: &str = "device";

/// The key of a line after which a run goes on as it stood after `lines` lines.
pub fn key(lines: u64) -> String {
    format!("{MARK}{lines}")
}

/// A line after which a run goes on at an earlier step.
#[derive(Clone, Copy, Debug)]
pub struct Rewind {
    line: u64,
    /// So many lines stand before where it goes on; none where it does not say.
    back: Option<u64>,
    /// The step that it goes back to.
    step: Option<u64>,
}

impl Rewind {
    /// What a line of this number says of that.
    pub fn of(line: u64, change: &Change) -> Option<Self> {
        let back = || change.key.strip_prefix(MARK)?.parse().ok();
        (change.kind == "rewind").then(|| Self {
            line,
            // A line of the future is none to go back to.
            back: back().filter(|&back| back <= line),
            step: change.new.parse().ok(),
        })
    }
}

/// Numbers of lines, from 0, that led to somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// In their order, none touching the next.
    ranges: Vec<Range<u64>>,
}

impl Lineage {
    /// The lines that led to where a journal stood after `lines` of them.
    pub fn new(rewinds: &[Rewind], lines: u64) -> Self {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut add = |range: Range<u64>| match ranges.last_mut() {
            Some(next) if next.start == range.end => next.start = range.start,
            _ => ranges.push(range),
        };
        let (mut end, mut before) = (lines, rewinds);
        while end > 0 {
            let among = before.partition_point(|rewind| rewind.line < end);
            match before[..among].split_last() {
                None => {
                    add(0..end);
                    end = 0;
                }
                Some((last, earlier)) => {
                    add(last.line..end);
                    end = last.back.unwrap_or(last.line);
                    before = earlier;
                }
            }
        }
        ranges.reverse();
        Self { ranges }
    }

    pub fn contains(&self, line: u64) -> bool {
        let next = self.ranges.partition_point(|range| range.end <= line);
        self.ranges
            .get(next)
            .is_some_and(|range| range.contains(&line))
    }

    /// Those among the first `lines`.
    fn until(&self, lines: u64) -> Self {
        let ranges = self.ranges.iter().filter(|range| range.start < lines);
        let ranges = ranges.map(|range| range.start..range.end.min(lines));
        Self {
            ranges: ranges.collect(),
        }
    }
}

/// Whether a state after so many `steps` and so many `lines` of a journal led to where the journal ends, after `all` lines,
/// and was not left behind by a rewind.
pub fn led_here(rewinds: &[Rewind], all: u64, lines: u64, steps: u64) -> bool {
    if lines > all {
        return false;
    }
    let kept = Lineage::new(rewinds, all);
    let mut later = rewinds
        .iter()
        .filter(|rewind| rewind.line >= lines && kept.contains(rewind.line));
    kept.until(lines) == Lineage::new(rewinds, lines)
        && later.all(|rewind| rewind.step.is_none_or(|back| steps <= back))
}

/// Steps to which the run was asked to go by this line; none where it says nothing of that.
pub fn total(line: &Change) -> Option<u64> {
    (line.kind == STEPS)
        .then(|| line.new.parse().ok())
        .flatten()
}

impl Action {
    /// What this line did to training; none where it was something to read.
    pub fn of(line: &Change) -> Option<Self> {
        let go = |updates| Self::Go {
            updates,
            count: line.new.parse().ok(),
        };
        Some(match line.kind.as_str() {
            "set" => Self::Set {
                key: line.key.clone(),
                value: line.new.clone(),
            },
            "refused" => Self::Refuse {
                key: line.key.clone(),
                value: line.new.clone(),
            },
            "step_d" => go(Updates::Discriminator),
            "step_g" => go(Updates::Generator),
            "step" => go(Updates::Both),
            "resume" => Self::Go {
                updates: Updates::Both,
                count: None,
            },
            "not_applied" => Self::Attempt,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(kind: &str, key: &str) -> Change {
        Change {
            step: 1,
            kind: kind.into(),
            key: key.into(),
            old: String::new(),
            new: String::new(),
            cause: "key".into(),
        }
    }

    fn set() -> Change {
        line("set", "gain")
    }

    fn back(lines: u64) -> Change {
        line("rewind", &key(lines))
    }

    fn rewinds(lines: &[Change]) -> Vec<Rewind> {
        let numbered = (0..).zip(lines);
        numbered
            .filter_map(|(number, line)| Rewind::of(number, line))
            .collect()
    }

    fn lineage(lines: &[Change]) -> Vec<u64> {
        let all = lines.len() as u64;
        let kept = Lineage::new(&rewinds(lines), all);
        (0..all).filter(|&line| kept.contains(line)).collect()
    }

    #[test]
    fn a_rewind_leaves_its_branch_behind() {
        assert_eq!(lineage(&[set(), set(), set()]), [0, 1, 2]);
        // 0 1 [2 3] 4: back to after two lines.
        assert_eq!(lineage(&[set(), set(), set(), set(), back(2)]), [0, 1, 4]);
        // Back into the branch that was left.
        let lines = [set(), set(), back(1), set(), back(2), set()];
        assert_eq!(lineage(&lines), [0, 1, 4, 5]);
        assert_eq!(lineage(&[set(), back(0), set()]), [1, 2]);
        // A line of the future is none to go back to.
        assert_eq!(lineage(&[set(), back(7), set()]), [0, 1, 2]);
        assert!(lineage(&[]).is_empty());
    }

    #[test]
    fn states_of_a_branch_that_was_left_led_nowhere() {
        let rewind = |lines, step: &str| Change {
            new: step.into(),
            ..back(lines)
        };
        let led = |journal: &[Change], lines, steps| {
            led_here(&rewinds(journal), journal.len() as u64, lines, steps)
        };
        // Saved at step 100 after one line and at step 500 after two; then back to step 100.
        let journal = [set(), set(), rewind(1, "100"), set()];
        assert!(led(&journal, 1, 100));
        assert!(!led(&journal, 2, 500));
        assert!(led(&journal, 3, 120) && led(&journal, 4, 300));
        assert!(!led(&journal, 5, 100), "lines that are not there");
        // No line between the two.
        let journal = [rewind(0, "100")];
        assert!(led(&journal, 0, 100) && !led(&journal, 0, 500));
        assert!(led(&[], 0, 7));
    }

    #[test]
    fn lines_say_what_they_did() {
        let step = Change {
            new: "5".into(),
            ..line("step_d", "")
        };
        let five = Action::Go {
            updates: Updates::Discriminator,
            count: Some(5),
        };
        assert_eq!(Action::of(&step), Some(five));
        assert_eq!(Action::of(&line("alarm", "x")), None);
        assert_eq!(Action::of(&line("not_applied", "")), Some(Action::Attempt));
    }

    proptest! {
        #[test]
        fn what_led_here_is_what_a_run_saw(backs in prop::collection::vec(prop::option::of(0usize..14), 0..20)) {
            let mut lines = Vec::new();
            // What each line's run had seen, itself included.
            let mut seen: Vec<Vec<u64>> = Vec::new();
            let mut now: Vec<u64> = Vec::new();
            for (number, to) in backs.iter().enumerate() {
                if let Some(to) = *to && to <= number {
                    now = if to == 0 { Vec::new() } else { seen[to - 1].clone() };
                }
                lines.push(to.map_or_else(set, |to| back(to as u64)));
                now.push(number as u64);
                seen.push(now.clone());
                prop_assert_eq!(lineage(&lines), now.clone());
            }
        }
    }
}
