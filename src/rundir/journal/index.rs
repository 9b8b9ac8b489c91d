//! An index of a journal file: where its lines are, without their texts.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    sync::Arc,
};

use super::{
    lineage::{Lineage, Rewind, SavedAt, led_here},
    read,
};
use crate::{
    files::folder::Place,
    model::{Entry, Event},
    rundir::{
        Reading,
        checkpoint::Position,
        layout,
        lines::{Line, Lines},
    },
};

/// The index of a journal at the time it was read.
#[derive(Clone, Debug, Default)]
pub struct JournalIndex {
    file: Option<Arc<File>>,
    lines: u64,
    /// Lines that cannot be parsed.
    unreadable: u64,
    /// Steps to which the run was last extended.
    total: Option<u64>,
    readable: Vec<IndexedLine>,
    rewinds: Vec<Rewind>,
    /// Changes of the device, on all branches.
    device_changes: Vec<DeviceChange>,
}

/// A change of the device between two processes of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceChange {
    /// Its line number.
    line: u64,
    /// The first step on the new device.
    pub step: u64,
    /// The new device, in the format of run.json.
    pub device: String,
}

/// The location of a line that can be parsed.
#[derive(Clone, Copy, Debug)]
pub struct IndexedLine {
    /// Its line number, from 0.
    pub number: u64,
    /// The step before which the entry was written.
    pub step: u64,
    /// What replaying the line does.
    pub action: ReplayAction,
    /// Offset in the file, in bytes.
    offset: u64,
    /// Length in bytes.
    length: u32,
}

/// What replaying a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayAction {
    /// No action: the line is only information.
    Nothing,
    /// Change a setting.
    Set,
    /// Skip a scheduled change, which was refused.
    Skip,
    /// Start steps of some networks.
    Start,
    /// Repeat a step whose update was not finite: what it did before the failed update stays in effect.
    FailedStep,
}

/// Lines to be replayed. Their texts are read when they are due.
#[derive(Clone, Debug, Default)]
pub struct ReplayLines {
    file: Option<Arc<File>>,
    /// The lines that are still to be replayed, in order.
    pub lines: VecDeque<IndexedLine>,
}

impl JournalIndex {
    /// Reads the index of a journal. Empty if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read or is not a regular file.
    pub fn read(place: &Place) -> io::Result<Self> {
        let file = match place.open() {
            Ok(file) => Arc::new(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut index = Self::default();
        let mut lines = Lines::new(&*file);
        while let Some(line) = lines.next_line(Reading::Strict)? {
            index.take(&line);
        }
        index.file = Some(file);
        Ok(index)
    }

    /// Adds the next line of the file to the index.
    fn take(&mut self, line: &Line) {
        let number = self.lines;
        self.lines += 1;
        let text = line.text.unwrap_or_default();
        let entry = read(text, Reading::Strict);
        let (Some(entry), Ok(length)) = (entry, u32::try_from(text.len())) else {
            self.unreadable += 1;
            return;
        };
        self.rewinds.extend(Rewind::of(number, &entry));
        self.readable.push(IndexedLine {
            number,
            step: entry.step,
            action: ReplayAction::of(&entry.event),
            offset: line.start,
            length,
        });
        match entry.event {
            Event::Steps { new, .. } => self.total = Some(new),
            Event::Device { new, .. } => self.device_changes.push(DeviceChange {
                line: number,
                step: entry.step,
                device: new,
            }),
            _ => {}
        }
    }

    /// Number of lines, including those that cannot be parsed.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Number of lines that cannot be parsed, such as an incomplete one of a killed process.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The steps to which the run was last extended. `None` if they were never changed.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The changes of device that led to the current state.
    pub fn device_changes(&self) -> impl Iterator<Item = &DeviceChange> {
        let lineage = self.lineage(self.lines);
        let kept = move |it: &&DeviceChange| lineage.contains(it.line);
        self.device_changes.iter().filter(kept)
    }

    /// The lines that can be parsed.
    pub fn readable(&self) -> &[IndexedLine] {
        &self.readable
    }

    /// The lines that led to the state after `lines` lines.
    pub fn lineage(&self, lines: u64) -> Lineage {
        Lineage::new(&self.rewinds, lines)
    }

    /// Whether a saved state led to the current state.
    pub fn led_here(&self, position: &Position) -> bool {
        let state = SavedAt {
            lines: position.journal,
            pending: &position.pending,
            steps: position.step,
        };
        led_here(&self.rewinds, self.lines, &state)
    }

    /// Reads the entry of a line.
    ///
    /// # Errors
    /// If the file cannot be read or was changed by another process.
    pub fn entry(&self, line: &IndexedLine) -> io::Result<Entry> {
        entry(self.file.as_deref(), line)
    }

    /// The lines for which `keep` is true, to be replayed.
    pub fn replay_lines(mut self, keep: impl FnMut(&IndexedLine) -> bool) -> ReplayLines {
        self.readable.retain(keep);
        ReplayLines {
            file: self.file,
            lines: self.readable.into(),
        }
    }
}

impl ReplayLines {
    /// Reads the entry of a line.
    ///
    /// # Errors
    /// If the file cannot be read or was changed by another process.
    pub fn entry(&self, line: &IndexedLine) -> io::Result<Entry> {
        entry(self.file.as_deref(), line)
    }
}

impl ReplayAction {
    fn of(event: &Event) -> Self {
        match event {
            Event::Set { .. } => Self::Set,
            Event::Refused { .. } => Self::Skip,
            Event::Resume | Event::Step { .. } => Self::Start,
            Event::NotApplied { .. } => Self::FailedStep,
            Event::Pause
            | Event::Mark { .. }
            | Event::Rewind { .. }
            | Event::Continue { .. }
            | Event::Steps { .. }
            | Event::Device { .. }
            | Event::Alarm { .. }
            | Event::AlarmEnd { .. }
            | Event::Fork { .. }
            | Event::Join { .. }
            | Event::Note { .. }
            | Event::Unknown(_) => Self::Nothing,
        }
    }
}

fn entry(file: Option<&File>, line: &IndexedLine) -> io::Result<Entry> {
    let changed = || {
        let message = format!("{} was changed by another process", layout::JOURNAL);
        io::Error::new(ErrorKind::InvalidData, message)
    };
    let mut text = vec![0; line.length as usize];
    file.ok_or_else(changed)?
        .read_exact_at(&mut text, line.offset)?;
    read(&text, Reading::Strict).ok_or_else(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::folder::Folder,
        rundir::{journal::tests::change, lines::MAX_LINE},
    };

    #[test]
    fn unreadable_lines_are_counted_as_lines() {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("journal.jsonl");
        assert_eq!(JournalIndex::read(&place).unwrap().lines(), 0);
        let line = serde_json::to_string(&change(3)).unwrap();
        let long = "x".repeat(MAX_LINE + 1);
        let text = format!("{line}\nnonsense\n\n{long}\n{line}\n{}", &line[..9]);
        place.write(text.as_bytes()).unwrap();
        let index = JournalIndex::read(&place).unwrap();
        assert_eq!((index.lines(), index.unreadable()), (6, 4));
        let numbers: Vec<u64> = index.readable().iter().map(|line| line.number).collect();
        assert_eq!(numbers, [0, 4]);
        for line in index.readable() {
            assert_eq!(index.entry(line).unwrap(), change(3));
        }
    }
}
