//! The view of changes and alarms.

use super::Answer;
use crate::{
    model::{Entry, LaneId, Snapshot},
    tui::app::action::Action,
};

/// Entries kept.
const MOST: usize = 10_000;

/// Entries that a page is taken to hold.
const PAGE: usize = 10;

/// Every entry of a lane seen so far, and the one that is selected.
#[derive(Debug, Default)]
pub struct Journal {
    /// The latest last.
    pub entries: Vec<Entry>,
    /// The number of entries before them that were dropped.
    dropped: usize,
    /// The selected entry; none while the latest ones are followed.
    selected: Option<Place>,
}

/// The place of an entry among those of all lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub step: u64,
    pub lane: LaneId,
    /// The number of the entry in the journal of its lane, from 0.
    number: usize,
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
        self.dropped += excess;
    }

    /// Returns the places of the entries of this lane, the latest last.
    pub(crate) fn places(&self, lane: LaneId) -> impl Iterator<Item = Place> {
        let entries = self.entries.iter().zip(self.dropped..);
        entries.map(move |(entry, number)| Place {
            step: entry.step,
            lane,
            number,
        })
    }

    /// Returns the entry of this lane at a place.
    pub(crate) fn entry(&self, place: Place) -> Option<&Entry> {
        self.entries.get(place.number.checked_sub(self.dropped)?)
    }

    /// Returns the place of the selected entry.
    pub fn selected(&self) -> Option<Place> {
        self.selected
    }

    /// Handles an action. `places` are those of the entries of all lanes, the latest last.
    pub fn update(&mut self, action: Action, places: &[Place]) -> Answer {
        let count = places.len();
        let now = self.selected;
        let now = now.and_then(|now| places.iter().position(|&place| place == now));
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
        self.selected = places.get(moved.min(end)).copied();
        Answer::Done
    }

    /// Selects the entry at a place.
    pub(crate) fn select(&mut self, place: Place) {
        self.selected = Some(place);
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
        journal.update(Action::Up, &[]);
        assert_eq!(journal.selected(), None);
        journal.observe(&snapshot(0..3));
        let places: Vec<Place> = journal.places(LaneId::A).collect();
        for (action, step) in [
            (Action::Up, 2),
            (Action::Down, 2),
            (Action::Up, 1),
            (Action::PageUp, 0),
            (Action::Up, 0),
            (Action::Last, 2),
        ] {
            journal.update(action, &places);
            assert_eq!(journal.selected().map(|c| c.step), Some(step), "{action:?}");
        }
        assert!(journal.release() && !journal.release());
    }
}
