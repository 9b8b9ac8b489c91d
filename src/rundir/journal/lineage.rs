//! Which lines of a journal led to the current state. A rewind abandons the lines of its branch.

#[cfg(test)]
mod tests;

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
