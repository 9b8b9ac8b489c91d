//! The view of changes and alarms.

use super::Answer;
use crate::{
    model::{Entry, Snapshot},
    tui::app::action::Action,
};

/// Entries kept.
const MOST: usize = 10_000;

/// Entries that a page is taken to hold.
const PAGE: usize = 10;

/// Every entry seen so far, and the one that is selected.
#[derive(Debug, Default)]
pub struct Journal {
    /// The latest last.
    pub entries: Vec<Entry>,
    /// Position of the selected entry; none while the latest ones are followed.
    selected: Option<usize>,
}

impl Journal {
    /// Takes over the entries of a snapshot, which holds the latest, that are new.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        let latest = &snapshot.changes;
        let known = (0..=latest.len().min(self.entries.len()))
            .rev()
            .find(|&count| self.entries.ends_with(&latest[..count]))
            .unwrap_or(0);
        self.entries.extend_from_slice(&latest[known..]);
        let excess = self.entries.len().saturating_sub(MOST);
        self.entries.drain(..excess);
        self.selected = self.selected.map(|at| at.saturating_sub(excess));
    }

    pub fn selected(&self) -> Option<&Entry> {
        self.entries.get(self.selected?)
    }

    /// Position of the selected entry among [`Journal::entries`].
    pub fn position(&self) -> Option<usize> {
        self.selected
    }

    pub fn update(&mut self, action: Action) -> Answer {
        let count = self.entries.len();
        let now = self.selected;
        let end = count.saturating_sub(1);
        let moved = match action {
            Action::Up => now.map_or(end, |at| at.saturating_sub(1)),
            Action::Down => now.map_or(end, |at| at + 1),
            Action::PageUp => now.unwrap_or(count).saturating_sub(PAGE),
            Action::PageDown => now.map_or(end, |at| at + PAGE),
            Action::First => 0,
            Action::Last => end,
            _ => return Answer::Done,
        };
        self.selected = (count > 0).then_some(moved.min(end));
        Answer::Done
    }

    /// Follows the latest entries again; whether one was selected.
    pub fn release(&mut self) -> bool {
        self.selected.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        model::{Cause, Event},
        run::fake,
    };

    fn change(step: u64) -> Entry {
        let (key, old, new) = ("gain".into(), "1".into(), "2".into());
        Entry {
            step,
            event: Event::Set { key, old, new },
            cause: Cause::Key,
        }
    }

    fn snapshot(steps: std::ops::Range<u64>) -> Snapshot {
        let snapshot = fake::snapshot();
        Snapshot {
            changes: steps.map(change).collect(),
            settings: Arc::clone(&snapshot.settings),
            ..snapshot
        }
    }

    #[test]
    fn entries_are_kept_when_the_snapshot_has_dropped_them() {
        let mut journal = Journal::default();
        for end in [0, 3, 3, 90, 150, 230] {
            let start = u64::saturating_sub(end, 100);
            journal.observe(&snapshot(start..end));
        }
        let steps: Vec<u64> = journal.entries.iter().map(|entry| entry.step).collect();
        assert_eq!(steps, (0..230).collect::<Vec<_>>());
    }

    #[test]
    fn the_selection_stays_within_the_entries() {
        let mut journal = Journal::default();
        journal.update(Action::Up);
        assert_eq!(journal.selected(), None);
        journal.observe(&snapshot(0..3));
        for (action, step) in [
            (Action::Up, 2),
            (Action::Down, 2),
            (Action::Up, 1),
            (Action::PageUp, 0),
            (Action::Up, 0),
            (Action::Last, 2),
        ] {
            journal.update(action);
            assert_eq!(journal.selected().map(|c| c.step), Some(step), "{action:?}");
        }
        assert!(journal.release() && !journal.release());
    }
}
