//! A journal as it stands in its file, of whose lines no more is held than where they begin.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    sync::Arc,
};

use super::{
    lineage::{Lineage, Rewind, led_here},
    read,
};
use crate::{
    files::folder::Place,
    model::{Entry, Event},
    rundir::{
        Reading, layout,
        lines::{Line, Lines},
    },
};

/// What was written before a process takes over.
#[derive(Clone, Debug, Default)]
pub struct Past {
    file: Option<Arc<File>>,
    lines: u64,
    unread: u64,
    total: Option<u64>,
    written: Vec<Written>,
    rewinds: Vec<Rewind>,
    moves: Vec<Move>,
}

/// A run that goes on on another device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    line: u64,
    /// The first step there.
    pub step: u64,
    /// As run.json has it.
    pub device: String,
}

/// A line that can be read.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Its number, from 0.
    pub number: u64,
    /// The step that it stands before.
    pub step: u64,
    /// What it does to training when it is done again.
    pub does: Does,
    place: u64,
    length: u32,
}

/// What a line does to training when it is done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It is something to read.
    Nothing,
    Set,
    /// A planned change is not tried.
    Refuse,
    /// Steps of some networks begin.
    Go,
    /// What a step whose update was not finite had done before stays done.
    Attempt,
}

/// Lines that wait for their turn, and are read when it comes.
#[derive(Clone, Debug, Default)]
pub struct Part {
    file: Option<Arc<File>>,
    pub lines: VecDeque<Written>,
}

impl Past {
    /// Reads a journal; it is empty where there is no file.
    ///
    /// # Errors
    /// The disk's; something that is no plain file.
    pub fn read(place: &Place) -> io::Result<Self> {
        let file = match place.open() {
            Ok(file) => Arc::new(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut past = Self::default();
        let mut lines = Lines::new(&*file);
        while let Some(line) = lines.next_line(Reading::Strict)? {
            past.take(&line);
        }
        past.file = Some(file);
        Ok(past)
    }

    fn take(&mut self, line: &Line) {
        let number = self.lines;
        self.lines += 1;
        let text = line.text.unwrap_or_default();
        let entry = read(text, Reading::Strict);
        let (Some(entry), Ok(length)) = (entry, u32::try_from(text.len())) else {
            self.unread += 1;
            return;
        };
        self.rewinds.extend(Rewind::of(number, &entry));
        self.written.push(Written {
            number,
            step: entry.step,
            does: Does::of(&entry.event),
            place: line.start,
            length,
        });
        match entry.event {
            Event::Steps { new, .. } => self.total = Some(new),
            Event::Device { new, .. } => self.moves.push(Move {
                line: number,
                step: entry.step,
                device: new,
            }),
            _ => {}
        }
    }

    /// Lines in all, those that cannot be read among them.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines that cannot be read, such as one torn off by the end of its process.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Steps to which the run was last asked to go, if a line says so.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Where the steps that led to where the journal stands went on on another device.
    pub fn moves(&self) -> impl Iterator<Item = &Move> {
        let lineage = self.lineage(self.lines);
        let kept = move |it: &&Move| lineage.contains(it.line);
        self.moves.iter().filter(kept)
    }

    /// Lines that can be read.
    pub fn written(&self) -> &[Written] {
        &self.written
    }

    /// The lines that led to where the journal stood after `lines` of them.
    pub fn lineage(&self, lines: u64) -> Lineage {
        Lineage::new(&self.rewinds, lines)
    }

    /// Whether a state after so many `steps` and `lines` led to where the journal stands.
    pub fn led_here(&self, lines: u64, steps: u64) -> bool {
        led_here(&self.rewinds, self.lines, lines, steps)
    }

    /// What a line tells.
    ///
    /// # Errors
    /// The disk's; a file that another process changed.
    pub fn entry(&self, line: &Written) -> io::Result<Entry> {
        entry(self.file.as_deref(), line)
    }

    /// These lines, to be read later.
    pub fn part(mut self, keep: impl FnMut(&Written) -> bool) -> Part {
        self.written.retain(keep);
        Part {
            file: self.file,
            lines: self.written.into(),
        }
    }
}

impl Part {
    /// What a line tells.
    ///
    /// # Errors
    /// As [`Past::entry`].
    pub fn entry(&self, line: &Written) -> io::Result<Entry> {
        entry(self.file.as_deref(), line)
    }
}

impl Does {
    fn of(event: &Event) -> Self {
        match event {
            Event::Set { .. } => Self::Set,
            Event::Refused { .. } => Self::Refuse,
            Event::Resume | Event::Step { .. } => Self::Go,
            Event::NotApplied { .. } => Self::Attempt,
            Event::Pause
            | Event::Mark { .. }
            | Event::Rewind { .. }
            | Event::Continue { .. }
            | Event::Steps { .. }
            | Event::Device { .. }
            | Event::Alarm { .. }
            | Event::AlarmEnd { .. }
            | Event::Unknown(_) => Self::Nothing,
        }
    }
}

fn entry(file: Option<&File>, line: &Written) -> io::Result<Entry> {
    let changed = || {
        let message = format!("{} was changed by another process", layout::JOURNAL);
        io::Error::new(ErrorKind::InvalidData, message)
    };
    let mut text = vec![0; line.length as usize];
    file.ok_or_else(changed)?
        .read_exact_at(&mut text, line.place)?;
    read(&text, Reading::Strict).ok_or_else(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::folder::Folder,
        rundir::{journal::tests::change, lines::LONGEST},
    };

    #[test]
    fn what_cannot_be_read_takes_the_place_of_a_line() {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("journal.jsonl");
        assert_eq!(Past::read(&place).unwrap().lines(), 0);
        let line = serde_json::to_string(&change(3)).unwrap();
        let long = "x".repeat(LONGEST + 1);
        let text = format!("{line}\nnonsense\n\n{long}\n{line}\n{}", &line[..9]);
        place.write(text.as_bytes()).unwrap();
        let past = Past::read(&place).unwrap();
        assert_eq!((past.lines(), past.unread()), (6, 4));
        let numbers: Vec<u64> = past.written().iter().map(|line| line.number).collect();
        assert_eq!(numbers, [0, 4]);
        for line in past.written() {
            assert_eq!(past.entry(line).unwrap(), change(3));
        }
    }
}
