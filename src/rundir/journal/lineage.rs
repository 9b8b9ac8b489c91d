//! Which lines of a journal led to the current state. A rewind abandons the lines of its branch.

use std::ops::Range;

use crate::model::{Entry, Event};

/// A line with which a run goes back to an earlier step.
#[derive(Clone, Copy, Debug)]
pub struct Rewind {
    /// Its line number, from 0.
    pub line: u64,
    /// Number of lines that stay in force. `None` if the journal has fewer lines.
    lines_kept: Option<u64>,
    /// The step to which the run goes back.
    step: u64,
}

impl Rewind {
    /// The rewind in line number `line`. `None` if the entry is not a rewind.
    pub fn of(line: u64, entry: &Entry) -> Option<Self> {
        let Event::Rewind { lines, to, .. } = entry.event else {
            return None;
        };
        // A run cannot go back to a line that comes later.
        let lines_kept = Some(lines).filter(|&back| back <= line);
        Some(Self {
            line,
            lines_kept,
            step: to,
        })
    }

    /// Whether it abandons a branch.
    pub fn branches(&self) -> bool {
        self.lines_kept.is_some()
    }
}

/// The line numbers, from 0, that led to a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// In ascending order, with gaps between them.
    ranges: Vec<Range<u64>>,
}

impl Lineage {
    /// The lines that led to the state of a journal with `lines` lines.
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
                    end = last.lines_kept.unwrap_or(last.line);
                    before = earlier;
                }
            }
        }
        ranges.reverse();
        Self { ranges }
    }

    /// Whether a line led to the state.
    pub fn contains(&self, line: u64) -> bool {
        let next = self.ranges.partition_point(|range| range.end <= line);
        self.ranges
            .get(next)
            .is_some_and(|range| range.contains(&line))
    }

    /// The part of the lineage among the first `lines` lines.
    fn until(&self, lines: u64) -> Self {
        let ranges = self.ranges.iter().filter(|range| range.start < lines);
        let ranges = ranges.map(|range| range.start..range.end.min(lines));
        Self {
            ranges: ranges.collect(),
        }
    }
}

/// Whether a state after `steps` steps and `lines` lines led to the end of a journal with `all` lines, and was not
/// abandoned by a rewind.
pub(crate) fn led_here(rewinds: &[Rewind], all: u64, lines: u64, steps: u64) -> bool {
    if lines > all {
        return false;
    }
    let kept = Lineage::new(rewinds, all);
    let mut later = rewinds
        .iter()
        .filter(|rewind| rewind.line >= lines && kept.contains(rewind.line));
    kept.until(lines) == Lineage::new(rewinds, lines) && later.all(|rewind| steps <= rewind.step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rundir::journal::tests::entry;

    fn set() -> Entry {
        entry(1, "set", "gain", "", "key")
    }

    fn back(lines: u64, to: u64) -> Entry {
        let key = format!("journal:{lines}");
        entry(1, "rewind", &key, &to.to_string(), "key")
    }

    fn rewinds(lines: &[Entry]) -> Vec<Rewind> {
        let numbered = (0..).zip(lines);
        numbered
            .filter_map(|(number, line)| Rewind::of(number, line))
            .collect()
    }

    fn lineage(lines: &[Entry]) -> Vec<u64> {
        let all = lines.len() as u64;
        let kept = Lineage::new(&rewinds(lines), all);
        (0..all).filter(|&line| kept.contains(line)).collect()
    }

    #[test]
    fn a_rewind_abandons_its_branch() {
        assert_eq!(lineage(&[set(), set(), set()]), [0, 1, 2]);
        // 0 1 [2 3] 4: back to after two lines.
        assert_eq!(
            lineage(&[set(), set(), set(), set(), back(2, 0)]),
            [0, 1, 4]
        );
        // Back into the abandoned branch.
        let lines = [set(), set(), back(1, 0), set(), back(2, 0), set()];
        assert_eq!(lineage(&lines), [0, 1, 4, 5]);
        assert_eq!(lineage(&[set(), back(0, 0), set()]), [1, 2]);
        // A run cannot go back to a line that comes later.
        assert_eq!(lineage(&[set(), back(7, 0), set()]), [0, 1, 2]);
        assert!(lineage(&[]).is_empty());
    }

    #[test]
    fn states_of_an_abandoned_branch_did_not_lead_here() {
        let led = |journal: &[Entry], lines, steps| {
            led_here(&rewinds(journal), journal.len() as u64, lines, steps)
        };
        // Saved at step 100 after one line and at step 500 after two; then back to step 100.
        let journal = [set(), set(), back(1, 100), set()];
        assert!(led(&journal, 1, 100));
        assert!(!led(&journal, 2, 500));
        assert!(led(&journal, 3, 120) && led(&journal, 4, 300));
        assert!(!led(&journal, 5, 100), "lines that are not there");
        // No line between the two.
        let journal = [back(0, 100)];
        assert!(led(&journal, 0, 100) && !led(&journal, 0, 500));
        assert!(led(&[], 0, 7));
    }

    proptest! {
        #[test]
        fn the_lineage_is_what_the_run_went_through(backs in prop::collection::vec(prop::option::of(0usize..14), 0..20)) {
            let mut lines = Vec::new();
            // The lines that had led to each line, including itself.
            let mut seen: Vec<Vec<u64>> = Vec::new();
            let mut now: Vec<u64> = Vec::new();
            for (number, to) in backs.iter().enumerate() {
                if let Some(to) = *to && to <= number {
                    now = if to == 0 { Vec::new() } else { seen[to - 1].clone() };
                }
                lines.push(to.map_or_else(set, |to| back(to as u64, 0)));
                now.push(number as u64);
                seen.push(now.clone());
                prop_assert_eq!(lineage(&lines), now.clone());
            }
        }
    }
}
