//! Which lines of a journal led to the current state. A rewind abandons the lines of its branch.

use std::ops::Range;

use crate::model::{Entry, Event};

/// A line with which a run goes back to an earlier step.
#[derive(Clone, Debug)]
pub struct Rewind {
    /// Its line number, from 0.
    pub line: u64,
    /// Number of lines that stay in force. `None` if the journal has fewer lines.
    lines_kept: Option<u64>,
    /// Lines among them that had not led to the state, as ranges in ascending order.
    without: Vec<Range<u64>>,
    /// The step to which the run goes back.
    step: u64,
}

impl Rewind {
    /// The rewind in line number `line`. `None` if the entry is not a rewind.
    pub fn of(line: u64, entry: &Entry) -> Option<Self> {
        let Event::Rewind {
            lines, to, without, ..
        } = &entry.event
        else {
            return None;
        };
        // A run cannot go back to a line that comes later.
        let lines_kept = Some(*lines).filter(|&back| back <= line);
        let ends = without.iter();
        Some(Self {
            line,
            lines_kept,
            without: ends
                .map(|&[first, last]| first..last.saturating_add(1))
                .collect(),
            step: *to,
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
        let mut without = Vec::new();
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
                    let among = last.without.iter();
                    without.extend(among.map(|cut| cut.start..cut.end.min(end)));
                    before = earlier;
                }
            }
        }
        ranges.reverse();
        Self { ranges }.without(without)
    }

    /// The lineage without these lines.
    fn without(self, mut lines: Vec<Range<u64>>) -> Self {
        lines.retain(|cut| !cut.is_empty());
        lines.sort_by_key(|cut| cut.start);
        let mut ranges = Vec::with_capacity(self.ranges.len() + lines.len());
        let mut cuts = lines.into_iter().peekable();
        for Range { mut start, end } in self.ranges {
            while let Some(cut) = cuts.peek()
                && cut.start < end
            {
                if start < cut.start {
                    ranges.push(start..cut.start);
                }
                start = start.max(cut.end);
                if cut.end > end {
                    break;
                }
                cuts.next();
            }
            if start < end {
                ranges.push(start..end);
            }
        }
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

/// The ranges of numbers, which are in ascending order: first and last number of each.
pub(crate) fn ranges(numbers: &[u64]) -> Vec<[u64; 2]> {
    let runs = numbers.chunk_by(|&before, &next| before.checked_add(1) == Some(next));
    runs.filter_map(|run| Some([*run.first()?, *run.last()?]))
        .collect()
}

/// A state of a run, by what had led to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SavedAt<'a> {
    /// Number of lines in the journal.
    pub lines: u64,
    /// Numbers of those among them that a resumed run had yet to repeat.
    pub pending: &'a [u64],
    /// Steps made.
    pub steps: u64,
}

/// Whether a state led to the end of a journal with `all` lines, and was not abandoned by a rewind.
pub(crate) fn led_here(rewinds: &[Rewind], all: u64, state: &SavedAt) -> bool {
    let SavedAt { lines, steps, .. } = *state;
    if lines > all {
        return false;
    }
    let kept = Lineage::new(rewinds, all);
    let mut later = rewinds
        .iter()
        .filter(|rewind| rewind.line >= lines && kept.contains(rewind.line));
    // Whether the others came at all does not tell the state from another one.
    let pending: Vec<_> = (state.pending.iter())
        .map(|&line| line..line.saturating_add(1))
        .collect();
    kept.until(lines).without(pending.clone()) == Lineage::new(rewinds, lines).without(pending)
        && later.all(|rewind| steps <= rewind.step)
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
            let state = SavedAt {
                lines,
                pending: &[],
                steps,
            };
            led_here(&rewinds(journal), journal.len() as u64, &state)
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

    fn back_without(lines: u64, to: u64, without: &[[u64; 2]]) -> Entry {
        let mut entry = back(lines, to);
        if let Event::Rewind { without: none, .. } = &mut entry.event {
            *none = without.to_vec();
        }
        entry
    }

    #[test]
    fn a_rewind_abandons_lines_that_were_still_to_be_repeated() {
        // Lines 1 and 2 were to be repeated when the state after lines 0 and 3 was saved.
        let journal = [
            set(),
            set(),
            set(),
            set(),
            back_without(4, 10, &[[1, 2]]),
            set(),
        ];
        assert_eq!(lineage(&journal), [0, 3, 4, 5]);
        let led = |pending: &[u64]| {
            let state = SavedAt {
                lines: 4,
                pending,
                steps: 10,
            };
            led_here(&rewinds(&journal), 6, &state)
        };
        assert!(led(&[1, 2]) && !led(&[]));
        // From this branch to a state before.
        let later = [&journal[..], &[back(1, 0)]].concat();
        assert_eq!(lineage(&later), [0, 6]);
        // Ranges of a damaged line.
        let damaged = [[3, 1], [0, 1], [1, 1], [2, u64::MAX]];
        let journal = [set(), set(), set(), back_without(2, 0, &damaged), set()];
        assert_eq!(lineage(&journal), [3, 4]);
    }

    #[test]
    fn numbers_in_a_row_are_a_range() {
        assert_eq!(ranges(&[0, 3, 4, 5, 9]), [[0, 0], [3, 5], [9, 9]]);
        assert!(ranges(&[]).is_empty());
        assert_eq!(ranges(&[u64::MAX]), [[u64::MAX; 2]]);
    }

    proptest! {
        #[test]
        fn lines_taken_out_are_not_contained(
            backs in prop::collection::vec(prop::option::of(0usize..14), 0..20),
            cuts in prop::collection::vec((0u64..22, 0u64..4), 0..6),
        ) {
            let of = |(number, back_to): (usize, &Option<usize>)| match back_to {
                Some(to) if *to <= number => back(*to as u64, 0),
                _ => set(),
            };
            let lines: Vec<_> = backs.iter().enumerate().map(of).collect();
            let cuts: Vec<_> = cuts.iter().map(|&(start, length)| start..start + length).collect();
            let all = lines.len() as u64;
            let whole = Lineage::new(&rewinds(&lines), all);
            let less = whole.clone().without(cuts.clone());
            for line in 0..all {
                let is_out = cuts.iter().any(|cut| cut.contains(&line));
                prop_assert_eq!(less.contains(line), whole.contains(line) && !is_out);
            }
        }

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
