//! What the journal of a watched run says: changes, the settings in force, the alarms that are on.

use std::{fs, sync::Arc};

use super::{ENTRIES, Watched, identity};
use crate::{
    files::open,
    model::{Alarm, AlarmKind, Change},
    preset,
    rundir::{
        journal::lineage,
        layout,
        record::{Journal, lines::Lines},
    },
    text::wording::unreadable,
};

impl Watched {
    pub(super) fn read_journal(&mut self) -> bool {
        let path = self.directory.join(layout::JOURNAL);
        let there = match fs::metadata(&path) {
            Ok(there) => there,
            Err(_) if self.entries.is_none() => return false,
            Err(_) => {
                self.entries = None;
                self.journal = Journal::default();
                self.take_over();
                return true;
            }
        };
        let (device, number, length, ..) = identity(&there);
        let same = self.entries.as_ref().is_some_and(|(known, lines)| {
            (known.0, known.1) == (device, number) && length >= lines.position()
        });
        let opened = match same {
            true => Ok(()),
            false => open::no_follow(&path).map(|file| {
                self.entries = Some((identity(&there), Lines::new(file)));
                self.journal = Journal::default();
            }),
        };
        let read = opened.and_then(|()| match &mut self.entries {
            Some((_, lines)) => self.journal.read(lines),
            None => Ok(0),
        });
        let read = read.map_err(|error| unreadable(layout::JOURNAL, error));
        match self.told(read) {
            Some(0) if same => false,
            None => false,
            Some(_) => {
                self.take_over();
                true
            }
        }
    }

    /// Brings changes, settings and alarms in line with the journal.
    fn take_over(&mut self) {
        let entries = self.journal.entries().rev().take(ENTRIES);
        let mut changes: Vec<Change> = entries.map(|entry| entry.change.clone()).collect();
        changes.reverse();
        self.snapshot.changes = changes;
        self.snapshot.alarms = alarms(&self.journal);
        self.apply(false);
    }

    /// Brings the settings in line with what was changed; `anew` from the beginning on.
    pub(super) fn apply(&mut self, anew: bool) {
        let Some(made_from) = &self.made_from else {
            return;
        };
        let (done, branches) = self.applied;
        let anew = anew || branches != self.journal.branches;
        let moves = |change: &&Change| change.kind == "set" || change.kind == lineage::STEPS;
        let sets = self.journal.live().filter(moves);
        let mut settings = match anew {
            true => (**made_from).clone(),
            false => (*self.snapshot.settings).clone(),
        };
        let mut count = 0;
        for change in sets {
            count += 1;
            if !anew && count <= done {
                continue;
            }
            if let Some(steps) = lineage::total(change) {
                settings = settings.until(steps);
            } else if let Ok(changed) = preset::set(&settings, &change.key, &change.new) {
                settings = changed;
            }
        }
        self.applied = (count, self.journal.branches);
        self.snapshot.settings = Arc::new(settings);
    }
}

/// The alarms that are on.
fn alarms(journal: &Journal) -> Vec<Alarm> {
    let mut on: Vec<Alarm> = Vec::new();
    for change in journal.live() {
        match (change.kind.as_str(), alarm(change)) {
            ("alarm", Some(alarm)) => on.push(alarm),
            ("alarm_end", _) => on.retain(|alarm| alarm.key() != change.key),
            _ => {}
        }
    }
    on
}

fn alarm(change: &Change) -> Option<Alarm> {
    let (kind, layer) = change.key.split_once('.').unwrap_or((&change.key, ""));
    let kind: AlarmKind = serde_json::from_value(kind.into()).ok()?;
    Some(Alarm {
        kind,
        step: change.step,
        layer: layer.to_owned(),
        text: change.new.clone(),
    })
}
