//! A journal for display: the latest lines, and which of them led to the current state.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read},
    path::Path,
};

use serde::Serialize;

use super::{
    lineage::{Lineage, Rewind},
    read,
};
use crate::{
    files::open,
    model::{Entry, Event},
    rundir::{FileError, Reading, layout, lines::Lines, metrics::branches::BranchStatus},
};

/// Maximum number of lines kept.
const MAX_LINES: usize = 10_000;

/// The latest lines of a journal.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The latest lines in order. `None` for a line that cannot be parsed.
    lines: VecDeque<Option<ListedEntry>>,
    /// Number of earlier lines that were dropped.
    left_out: u64,
    /// The rewinds among the kept lines.
    rewinds: VecDeque<Rewind>,
    /// Steps to which the run was last extended.
    total: Option<u64>,
    /// Lines that could not be parsed.
    pub unreadable: u64,
    /// How often the run was rewound.
    pub branches: u64,
}

/// An entry and its branch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedEntry {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// The branch of the run on which it was written.
    #[serde(flatten)]
    pub status: BranchStatus,
}

impl Listing {
    /// Reads the journal of the run in `directory`. Empty if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of(directory: &Path) -> Result<Self, FileError> {
        let mut listing = Self::default();
        let file = match open::no_follow(&directory.join(layout::JOURNAL)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(listing),
            file => file,
        };
        file.and_then(|file| listing.read(&mut Lines::new(file)))
            .map(|_| listing)
            .map_err(|source| FileError::Read {
                name: layout::JOURNAL,
                source,
            })
    }

    /// Reads all complete lines. Returns their number.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read(&mut self, lines: &mut Lines<impl Read>) -> io::Result<usize> {
        let mut count = 0;
        while let Some(line) = lines.next_line(Reading::Lenient)? {
            let entry = line.text.and_then(|text| read(text, Reading::Lenient));
            // An empty line is the end of an incomplete line.
            self.unreadable += u64::from(entry.is_none() && line.text != Some(b""));
            self.push(entry);
            count += 1;
        }
        if count > 0 {
            self.abandon();
        }
        Ok(count)
    }

    fn push(&mut self, entry: Option<Entry>) {
        let rewind = entry.as_ref();
        let rewind = rewind.and_then(|entry| Rewind::of(self.count(), entry));
        self.branches += u64::from(rewind.as_ref().is_some_and(Rewind::branches));
        self.rewinds.extend(rewind);
        if let Some(Event::Steps { new, .. }) = entry.as_ref().map(|entry| &entry.event) {
            self.total = Some(*new);
        }
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
            self.left_out += 1;
            // Whether a kept line led to the current state does not depend on rewinds before it.
            self.rewinds.pop_front_if(|it| it.line < self.left_out);
        }
        let status = BranchStatus {
            branch: self.branches,
            abandoned: false,
        };
        self.lines
            .push_back(entry.map(|entry| ListedEntry { entry, status }));
    }

    /// Lines read, including the dropped ones.
    pub fn count(&self) -> u64 {
        self.left_out + self.lines.len() as u64
    }

    /// Marks the lines that did not lead to the current state.
    fn abandon(&mut self) {
        let count = self.count();
        let lineage = Lineage::new(self.rewinds.make_contiguous(), count);
        for (number, line) in (self.left_out..).zip(&mut self.lines) {
            if let Some(listed) = line {
                listed.status.abandoned = !lineage.contains(number);
            }
        }
    }

    /// All kept entries in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &ListedEntry> {
        self.lines.iter().flatten()
    }

    /// The kept entries after the first `count` lines, in order.
    pub fn after(&self, count: u64) -> impl Iterator<Item = &Entry> {
        let known = usize::try_from(count.saturating_sub(self.left_out)).unwrap_or(usize::MAX);
        let new = self.lines.iter().skip(known).flatten();
        new.map(|listed| &listed.entry)
    }

    /// The kept entries that led to the current state, in order.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        let live = self.entries().filter(|listed| !listed.status.abandoned);
        live.map(|listed| &listed.entry)
    }

    /// The steps to which the run was last extended. `None` if they were never changed.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether earlier lines were dropped.
    pub fn is_cut(&self) -> bool {
        self.left_out > 0
    }

    /// Whether the last entry about pausing leaves the run paused.
    pub fn is_paused(&self) -> bool {
        let mut words = self.live().rev().filter_map(|entry| pauses(&entry.event));
        words.next().unwrap_or(false)
    }
}

/// Whether a run is paused after this event. `None` if the event does not change that.
fn pauses(event: &Event) -> Option<bool> {
    match event {
        // A given number of steps ends in a pause.
        Event::Pause | Event::Step { .. } => Some(true),
        Event::Resume | Event::Continue { .. } => Some(false),
        Event::Set { .. }
        | Event::Refused { .. }
        | Event::NotApplied { .. }
        | Event::Mark { .. }
        | Event::Rewind { .. }
        | Event::Steps { .. }
        | Event::Device { .. }
        | Event::Alarm { .. }
        | Event::AlarmEnd { .. }
        | Event::Fork { .. }
        | Event::Join { .. }
        | Event::Note { .. }
        | Event::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::journal::tests::entry;

    fn line(step: u64, kind: &str, key: &str) -> String {
        let new = match kind {
            "rewind" | "step_d" => "1",
            _ => "",
        };
        serde_json::to_string(&entry(step, kind, key, new, "key")).unwrap()
    }

    fn read(lines: &[String]) -> Listing {
        let text = lines.iter().map(|line| format!("{line}\n"));
        let text = text.collect::<String>();
        let mut journal = Listing::default();
        let count = journal.read(&mut Lines::new(text.as_bytes())).unwrap();
        assert_eq!(count, lines.len());
        journal
    }

    fn live(lines: &[String]) -> Vec<u64> {
        read(lines).live().map(|change| change.step).collect()
    }

    #[test]
    fn a_rewind_abandons_its_branch() {
        let set = |step| line(step, "set", "gain");
        let back = |step, lines| line(step, "rewind", &format!("journal:{lines}"));
        let torn = || "{\"step\":".to_owned();
        assert_eq!(live(&[set(1), torn(), set(2)]), [1, 2]);
        assert_eq!(
            live(&[set(1), set(2), set(3), set(4), back(5, 2)]),
            [1, 2, 5]
        );
        // Back into the abandoned branch.
        let lines = [set(1), set(2), back(3, 1), set(4), back(5, 2), set(6)];
        assert_eq!(live(&lines), [1, 2, 5, 6]);
        let journal = read(&lines);
        let branches: Vec<u64> = journal
            .entries()
            .map(|listed| listed.status.branch)
            .collect();
        assert_eq!((branches, journal.branches), (vec![0, 0, 1, 1, 2, 2], 2));
        // An unreadable line counts as a line. A run cannot go back to a line that comes later.
        assert_eq!(
            live(&[set(1), torn(), set(2), back(3, 2), set(4)]),
            [1, 3, 4]
        );
        assert_eq!(live(&[set(1), back(2, 7), set(3)]), [1, 2, 3]);
        assert_eq!(read(&[torn(), String::new()]).unreadable, 1);
    }

    #[test]
    fn the_last_pause_or_resume_decides() {
        let of = |kinds: &[&str]| {
            let lines: Vec<String> = kinds.iter().map(|kind| line(1, kind, "")).collect();
            read(&lines).is_paused()
        };
        assert!(!of(&[]) && of(&["pause"]) && of(&["pause", "set", "alarm"]));
        assert!(!of(&["pause", "resume"]) && of(&["pause", "later"]) && of(&["step_d"]));
    }

    #[test]
    fn only_the_latest_lines_are_kept() {
        let sets = (0..MAX_LINES as u64 + 5).map(|step| line(step, "set", "gain"));
        let mut lines: Vec<String> = sets.collect();
        lines[0] =
            r#"{"step":1,"kind":"steps","key":"","old":"5","new":"9","cause":"key"}"#.to_owned();
        lines[2] = line(2, "rewind", "journal:1");
        let journal = read(&lines);
        assert!(journal.is_cut() && journal.entries().count() == MAX_LINES);
        assert_eq!(journal.live().next().unwrap().step, 5);
        assert!(journal.rewinds.is_empty() && journal.branches == 1);
        assert_eq!(journal.total(), Some(9), "the line itself is dropped");
        // Back to before the kept lines.
        lines.push(line(9, "rewind", "journal:4"));
        let journal = read(&lines);
        assert_eq!((journal.live().count(), journal.rewinds.len()), (1, 1));
    }
}
