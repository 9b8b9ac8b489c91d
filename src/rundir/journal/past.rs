//! A journal as it stands in its file, of whose lines no more is held than where they begin.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufReader, ErrorKind},
    os::unix::fs::FileExt,
    sync::Arc,
};

use super::{
    lineage::{Action, DEVICE, Lineage, Rewind, led_here, total},
    next_line,
};
use crate::{files::folder::Place, model::Change};

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

/// Kinds of [`Action`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Nothing,
    Set,
    Refuse,
    Go,
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
        let mut reader = BufReader::with_capacity(1 << 16, &*file);
        let (mut place, mut line) = (0, Vec::new());
        loop {
            let length = next_line(&mut reader, &mut line)?;
            if length == 0 {
                break;
            }
            past.take(place, &line);
            place += length;
        }
        past.file = Some(file);
        Ok(past)
    }

    fn take(&mut self, place: u64, line: &[u8]) {
        let number = self.lines;
        self.lines += 1;
        // Empty lines, of which there may be millions, are not tried.
        let read = line
            .starts_with(b"{")
            .then(|| serde_json::from_slice(line).ok());
        let (Some(change), Ok(length)) = (read.flatten(), u32::try_from(line.len())) else {
            self.unread += 1;
            return;
        };
        self.rewinds.extend(Rewind::of(number, &change));
        self.total = total(&change).or(self.total);
        if change.kind == DEVICE {
            self.moves.push(Move {
                line: number,
                step: change.step,
                device: change.new.clone(),
            });
        }
        self.written.push(Written {
            number,
            step: change.step,
            does: Does::of(&change),
            place,
            length,
        });
    }

    /// Lines in all, those that cannot be read among them.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines that cannot be read, such as one torn off by the end of its process.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Steps to which the run was last asked to go; none where no line says so.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Where the steps that led to where the journal stands went on on another device.
    pub fn moves(&self) -> impl Iterator<Item = &Move> {
        let lineage = self.lineage(self.lines);
        let kept = move |it: &&Move| lineage.contains(it.line);
        self.moves.iter().filter(kept)
    }

    /// Those that can.
    pub fn written(&self) -> &[Written] {
        &self.written
    }

    /// The lines that led to where the journal stood after `lines` of them.
    pub fn lineage(&self, lines: u64) -> Lineage {
        Lineage::new(&self.rewinds, lines)
    }

    /// See [`led_here`].
    pub fn led_here(&self, lines: u64, steps: u64) -> bool {
        led_here(&self.rewinds, self.lines, lines, steps)
    }

    /// A line.
    ///
    /// # Errors
    /// The disk's; a file that another process changed.
    pub fn change(&self, line: &Written) -> io::Result<Change> {
        change(self.file.as_deref(), line)
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
    /// A line.
    ///
    /// # Errors
    /// Those of [`Past::change`].
    pub fn change(&self, line: &Written) -> io::Result<Change> {
        change(self.file.as_deref(), line)
    }
}

impl Does {
    fn of(change: &Change) -> Self {
        match Action::of(change) {
            None => Self::Nothing,
            Some(Action::Set { .. }) => Self::Set,
            Some(Action::Refuse { .. }) => Self::Refuse,
            Some(Action::Go { .. }) => Self::Go,
            Some(Action::Attempt) => Self::Attempt,
        }
    }
}

fn change(file: Option<&File>, line: &Written) -> io::Result<Change> {
    let changed = || {
        let message = "journal.jsonl was changed by another process";
        io::Error::new(ErrorKind::InvalidData, message)
    };
    let mut text = vec![0; line.length as usize];
    file.ok_or_else(changed)?
        .read_exact_at(&mut text, line.place)?;
    serde_json::from_slice(&text).map_err(|_| changed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::folder::Folder,
        rundir::journal::{LONGEST, tests::change},
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
            assert_eq!(past.change(line).unwrap(), change(3));
        }
    }
}
