//! A journal for people: the latest lines, and which of them led to where the run is.

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
    rundir::{Reading, layout, lines::Lines, metrics::branches::Standing},
    text::wording::unreadable,
};

/// Lines kept, the latest.
const MOST: usize = 10_000;

/// What a journal holds.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// What each line tells, if anything, the latest last; the first ones of very many are left out.
    lines: VecDeque<Option<Listed>>,
    /// Lines left out.
    left_out: u64,
    /// Rewinds among the lines kept.
    rewinds: VecDeque<Rewind>,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Times that the run went back.
    pub branches: u64,
}

/// An entry, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    #[serde(flatten)]
    pub entry: Entry,
    #[serde(flatten)]
    pub standing: Standing,
}

impl Listing {
    /// The journal of the run in this directory.
    ///
    /// # Errors
    /// The disk's, in words. That there is none is no error.
    pub fn of(directory: &Path) -> Result<Self, String> {
        let mut listing = Self::default();
        let file = match open::no_follow(&directory.join(layout::JOURNAL)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(listing),
            file => file,
        };
        file.and_then(|file| listing.read(&mut Lines::new(file)))
            .map(|_| listing)
            .map_err(|error| unreadable(layout::JOURNAL, error))
    }

    /// Reads all whole lines that there are; gives their number.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&mut self, lines: &mut Lines<impl Read>) -> io::Result<usize> {
        let mut count = 0;
        while let Some(line) = lines.next_line(Reading::Lenient)? {
            let entry = line.text.and_then(|text| read(text, Reading::Lenient));
            // An empty line ended a torn one.
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
        self.branches += u64::from(rewind.is_some_and(|rewind| rewind.branches()));
        self.rewinds.extend(rewind);
        if self.lines.len() == MOST {
            self.lines.pop_front();
            self.left_out += 1;
            // What led to a line that is kept does not hang on rewinds before it.
            self.rewinds.pop_front_if(|it| it.line < self.left_out);
        }
        let standing = Standing {
            branch: self.branches,
            abandoned: false,
        };
        self.lines
            .push_back(entry.map(|entry| Listed { entry, standing }));
    }

    /// Lines so far.
    fn count(&self) -> u64 {
        self.left_out + self.lines.len() as u64
    }

    /// Finds out which lines led to where the run is.
    fn abandon(&mut self) {
        let count = self.count();
        let lineage = Lineage::new(self.rewinds.make_contiguous(), count);
        for (number, line) in (self.left_out..).zip(&mut self.lines) {
            if let Some(listed) = line {
                listed.standing.abandoned = !lineage.contains(number);
            }
        }
    }

    /// Everything that can be read, the latest last.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Listed> {
        self.lines.iter().flatten()
    }

    /// What led to where the run is, the latest last.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        let live = self.entries().filter(|listed| !listed.standing.abandoned);
        live.map(|listed| &listed.entry)
    }

    /// Steps to which the run was last asked to go, where that is not what it was begun with.
    pub fn total(&self) -> Option<u64> {
        let total = |listed: &Listed| match listed.entry.event {
            Event::Steps { new, .. } => Some(new),
            _ => None,
        };
        self.entries().rev().find_map(total)
    }

    /// Whether there were too many lines to keep the first ones.
    pub fn is_cut(&self) -> bool {
        self.left_out > 0
    }

    /// Whether the last word on it is that the run is paused.
    pub fn is_paused(&self) -> bool {
        let mut words = self.live().rev().filter_map(|entry| pauses(&entry.event));
        words.next().unwrap_or(false)
    }
}

/// Whether a run is paused after this, if that changes.
fn pauses(event: &Event) -> Option<bool> {
    match event {
        // Steps that were asked for by their number end in a pause.
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
        let branches: Vec<u64> = journal
            .entries()
            .map(|listed| listed.standing.branch)
            .collect();
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
    fn the_last_word_says_whether_it_is_paused() {
        let of = |kinds: &[&str]| {
            let lines: Vec<String> = kinds.iter().map(|kind| line(1, kind, "")).collect();
            read(&lines).is_paused()
        };
        assert!(!of(&[]) && of(&["pause"]) && of(&["pause", "set", "alarm"]));
        assert!(!of(&["pause", "resume"]) && of(&["pause", "later"]) && of(&["step_d"]));
    }

    #[test]
    fn of_very_many_the_latest_are_kept() {
        let sets = (0..MOST as u64 + 5).map(|step| line(step, "set", "gain"));
        let mut lines: Vec<String> = sets.collect();
        lines[2] = line(2, "rewind", "journal:1");
        let journal = read(&lines);
        assert!(journal.is_cut() && journal.entries().count() == MOST);
        assert_eq!(journal.live().next().unwrap().step, 5);
        assert!(journal.rewinds.is_empty() && journal.branches == 1);
        // Back to before the lines kept.
        lines.push(line(9, "rewind", "journal:4"));
        let journal = read(&lines);
        assert_eq!((journal.live().count(), journal.rewinds.len()), (1, 1));
    }
}
