//! journal.jsonl, read.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use super::lines::Lines;
use crate::{model::Change, rundir::journal::lineage};

/// Lines kept, the latest.
const MOST: usize = 10_000;
/// Bytes of a field; texts of alarms and values of settings are the longest.
const LONGEST: usize = 64 << 10;
/// Begins the key of a rewind: the run goes on as it stood after so many lines of the journal.
const BACK_TO: &str = "journal:";

/// What a journal holds.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// The latest last; the first ones of very many are left out.
    lines: VecDeque<Line>,
    /// Lines left out.
    left_out: usize,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Times that the run went back.
    pub branches: u64,
}

#[derive(Clone, Debug)]
struct Line {
    /// None where it says nothing.
    entry: Option<Entry>,
    /// Number of the line that led to it, from 0.
    before: Option<usize>,
}

/// A change, alarm or other event.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub change: Change,
    /// Number of the branch that it was written on, from 0.
    pub branch: u64,
    /// Whether the run went back to before it, and on from there.
    pub abandoned: bool,
}

impl Journal {
    /// Reads all whole lines that there are; gives their number.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&mut self, lines: &mut Lines<impl Read>) -> io::Result<usize> {
        let mut count = 0;
        while let Some(line) = lines.next_line()? {
            let change = line.text.and_then(parse);
            // An empty line ended a torn one.
            self.unreadable += u64::from(change.is_none() && line.text != Some(b""));
            self.push(change);
            count += 1;
        }
        if count > 0 {
            self.abandon();
        }
        Ok(count)
    }

    fn push(&mut self, change: Option<Change>) {
        let number = self.left_out + self.lines.len();
        let back = change.as_ref().and_then(goes_back);
        let back = back.filter(|&lines| lines <= number);
        self.branches += u64::from(back.is_some());
        let entry = change.map(|change| Entry {
            change,
            branch: self.branches,
            abandoned: false,
        });
        if self.lines.len() == MOST {
            self.lines.pop_front();
            self.left_out += 1;
        }
        let before = back.unwrap_or(number).checked_sub(1);
        self.lines.push_back(Line { entry, before });
    }

    /// Finds out which lines led to where the run is.
    fn abandon(&mut self) {
        let last = self.left_out + self.lines.len();
        let mut next = last.checked_sub(1);
        for (position, line) in self.lines.iter_mut().enumerate().rev() {
            let led = next == Some(self.left_out + position);
            if let Some(entry) = &mut line.entry {
                entry.abandoned = !led;
            }
            if led {
                next = line.before;
            }
        }
    }

    /// Everything that can be read, the latest last.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.lines.iter().filter_map(|line| line.entry.as_ref())
    }

    /// What led to where the run is, the latest last.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &Change> {
        let live = self.entries().filter(|entry| !entry.abandoned);
        live.map(|entry| &entry.change)
    }

    /// Steps to which the run was last asked to go, where that is not what it was begun with.
    pub fn total(&self) -> Option<u64> {
        self.entries()
            .rev()
            .find_map(|entry| lineage::total(&entry.change))
    }

    /// Whether there were too many lines to keep the first ones.
    pub fn is_cut(&self) -> bool {
        self.left_out > 0
    }

    /// Whether the last word on it is that the run rests.
    pub fn is_paused(&self) -> bool {
        let kinds = self.live().rev().map(|change| &*change.kind);
        // Steps that were asked for one by one end in a pause.
        let mut rests = kinds.filter_map(|kind| match kind {
            "pause" | "step" | "step_d" | "step_g" => Some(true),
            "resume" | "continue" | "stop" => Some(false),
            _ => None,
        });
        rests.next().unwrap_or(false)
    }
}

/// The number of lines after which a run goes on at this one.
fn goes_back(change: &Change) -> Option<usize> {
    let lines = change.key.strip_prefix(BACK_TO)?.parse().ok()?;
    (change.kind == "rewind").then_some(lines)
}

/// A line; none where it is none of this program's.
fn parse(line: &[u8]) -> Option<Change> {
    let change: Change = serde_json::from_slice(line).ok()?;
    let texts = [
        &change.kind,
        &change.key,
        &change.old,
        &change.new,
        &change.cause,
    ];
    let short = texts.iter().all(|text| text.len() <= LONGEST);
    short.then_some(change)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(step: u64, kind: &str, key: &str) -> String {
        format!(
            r#"{{"step":{step},"kind":"{kind}","key":"{key}","old":"","new":"","cause":"key"}}"#
        )
    }

    fn read(lines: &[String]) -> Journal {
        let text = lines.iter().map(|line| format!("{line}\n"));
        let text = text.collect::<String>();
        let mut journal = Journal::default();
        let count = journal.read(&mut Lines::new(text.as_bytes())).unwrap();
        assert_eq!(count, lines.len());
        journal
    }

    fn live(lines: &[String]) -> Vec<u64> {
        read(lines).live().map(|change| change.step).collect()
    }

    #[test]
    fn a_rewind_leaves_its_branch_behind() {
        let set = |step| line(step, "set", "gain");
        let back = |step, lines| line(step, "rewind", &format!("journal:{lines}"));
        let torn = || "{\"step\":".to_owned();
        assert_eq!(live(&[set(1), torn(), set(2)]), [1, 2]);
        assert_eq!(
            live(&[set(1), set(2), set(3), set(4), back(5, 2)]),
            [1, 2, 5]
        );
        // Back into the branch that was left.
        let lines = [set(1), set(2), back(3, 1), set(4), back(5, 2), set(6)];
        assert_eq!(live(&lines), [1, 2, 5, 6]);
        let journal = read(&lines);
        let branches: Vec<u64> = journal.entries().map(|entry| entry.branch).collect();
        assert_eq!((branches, journal.branches), (vec![0, 0, 1, 1, 2, 2], 2));
        // The line that cannot be read counts as one; one of the future is none to go back to.
        assert_eq!(
            live(&[set(1), torn(), set(2), back(3, 2), set(4)]),
            [1, 3, 4]
        );
        assert_eq!(live(&[set(1), back(2, 7), set(3)]), [1, 2, 3]);
        assert_eq!(read(&[torn(), String::new()]).unreadable, 1);
    }

    #[test]
    fn the_last_word_says_whether_it_rests() {
        let of = |kinds: &[&str]| {
            let lines: Vec<String> = kinds.iter().map(|kind| line(1, kind, "")).collect();
            read(&lines).is_paused()
        };
        assert!(!of(&[]) && of(&["pause"]) && of(&["pause", "set", "alarm"]));
        assert!(!of(&["pause", "resume"]) && !of(&["pause", "stop"]) && of(&["step_d"]));
    }

    #[test]
    fn of_very_many_the_latest_are_kept() {
        let lines: Vec<String> = (0..MOST as u64 + 5)
            .map(|step| line(step, "set", "gain"))
            .collect();
        let journal = read(&lines);
        assert!(journal.is_cut() && journal.entries().count() == MOST);
        assert_eq!(journal.live().next().unwrap().step, 5);
    }

    proptest! {
        #[test]
        fn what_led_here_is_what_a_run_saw(backs in prop::collection::vec(prop::option::of(0usize..12), 0..20)) {
            let mut lines = Vec::new();
            // What each line's run had seen, itself included.
            let mut seen: Vec<Vec<u64>> = Vec::new();
            let mut now: Vec<u64> = Vec::new();
            for (number, back) in backs.iter().enumerate() {
                match back {
                    Some(back) if *back <= number => {
                        now = if *back == 0 { Vec::new() } else { seen[back - 1].clone() };
                        lines.push(line(number as u64, "rewind", &format!("journal:{back}")));
                    }
                    _ => lines.push(line(number as u64, "set", "gain")),
                }
                now.push(number as u64);
                seen.push(now.clone());
            }
            prop_assert_eq!(live(&lines), now);
        }
    }
}
