//! Updating the changes, settings and alarms of the snapshot from the journal.

use std::{fs, sync::Arc};

use super::{MAX_ENTRIES, WatchedRun};
use crate::{
    files::open,
    model::{Alarm, Entry, Event},
    preset,
    rundir::{journal::Listing, layout, lines::Lines},
    text::wording::unreadable,
};

impl WatchedRun {
    /// Reads new lines of the journal. Returns whether there are any.
    pub(super) fn read_journal(&mut self) -> bool {
        let path = self.directory.join(layout::JOURNAL);
        let there = match fs::metadata(&path) {
            Ok(there) => there,
            Err(_) if self.entries.is_none() => return false,
            Err(_) => {
                self.entries = None;
                self.journal = Listing::default();
                self.update_from_journal();
                return true;
            }
        };
        let same = |lines: &Lines<fs::File>| lines.still_reads(&there);
        let same = self.entries.as_ref().is_some_and(same);
        let opened = if same {
            Ok(())
        } else {
            open::no_follow(&path).map(|file| {
                self.entries = Some(Lines::new(file));
                self.journal = Listing::default();
            })
        };
        let read = opened.and_then(|()| match &mut self.entries {
            Some(lines) => self.journal.read(lines),
            None => Ok(0),
        });
        let read = read.map_err(|error| unreadable(layout::JOURNAL, error));
        match self.report(read) {
            Some(0) if same => false,
            None => false,
            Some(_) => {
                self.update_from_journal();
                true
            }
        }
    }

    /// Updates the changes, settings and alarms of the snapshot.
    fn update_from_journal(&mut self) {
        let entries = self.journal.entries().rev().take(MAX_ENTRIES);
        let mut changes: Vec<Entry> = entries.map(|listed| listed.entry.clone()).collect();
        changes.reverse();
        self.snapshot.changes = changes;
        self.snapshot.alarms = alarms(&self.journal);
        self.apply(false);
    }

    /// Applies new changes to the settings of the snapshot. With `anew` it applies all of them to the preset.
    pub(super) fn apply(&mut self, anew: bool) {
        let Some(initial_settings) = &self.initial_settings else {
            return;
        };
        let (done, branches) = self.applied;
        let anew = anew || branches != self.journal.branches;
        let live = self.journal.live().map(|entry| &entry.event);
        let sets = live.filter(|event| matches!(event, Event::Set { .. } | Event::Steps { .. }));
        let mut settings = if anew {
            (**initial_settings).clone()
        } else {
            (*self.snapshot.settings).clone()
        };
        let mut count = 0;
        for event in sets {
            count += 1;
            if !anew && count <= done {
                continue;
            }
            match event {
                Event::Steps { new, .. } => settings = settings.until(*new),
                Event::Set { key, new, .. } => {
                    if let Ok(changed) = preset::set(&settings, key, new) {
                        settings = changed;
                    }
                }
                _ => {}
            }
        }
        self.applied = (count, self.journal.branches);
        self.snapshot.settings = Arc::new(settings);
    }
}

/// The active alarms.
fn alarms(journal: &Listing) -> Vec<Alarm> {
    let mut on: Vec<Alarm> = Vec::new();
    for entry in journal.live() {
        match &entry.event {
            Event::Alarm { key, text } => on.extend(Alarm::from_key(key, entry.step, text.clone())),
            Event::AlarmEnd { key, .. } => on.retain(|alarm| alarm.key() != *key),
            _ => {}
        }
    }
    on
}
