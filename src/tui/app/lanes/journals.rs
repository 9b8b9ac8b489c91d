//! The journals of all lanes as one, by step.

use super::{App, LaneId};
use crate::{model::Entry, tui::app::view::journal::Place};

impl App {
    /// Returns the places of the entries that the journal shows: of all lanes, or those with the words of a search.
    pub(crate) fn journal_places(&self) -> Vec<Place> {
        let mut places = self.all_journal_places();
        if self.searches_journal() {
            let entry = |place: &Place| self.journal_entry(*place);
            places.retain(|place| entry(place).is_some_and(|entry| self.finds(entry)));
        }
        places
    }

    /// Returns the places of the entries of all lanes by step, those of each lane in their order.
    pub(crate) fn all_journal_places(&self) -> Vec<Place> {
        let others = self.away.iter();
        let mut lanes: Vec<(LaneId, Vec<Place>)> = others
            .filter(|(id, _)| **id != self.lanes.selected)
            .map(|(id, away)| (*id, away.journal.places(*id).collect()))
            .collect();
        let own = self.lanes.selected;
        lanes.push((own, self.views.journal.places(own).collect()));
        lanes.sort_by_key(|(id, _)| *id);
        merged(&lanes)
    }

    /// Returns the entry at a place.
    pub(crate) fn journal_entry(&self, place: Place) -> Option<&Entry> {
        let journal = if place.lane == self.lanes.selected {
            &self.views.journal
        } else {
            &self.away.get(&place.lane)?.journal
        };
        journal.entry(place)
    }

    /// Returns the journal of each lane, that of the selected one first.
    pub(crate) fn journals(&self) -> impl Iterator<Item = (LaneId, &[Entry])> {
        let own = (self.lanes.selected, &self.views.journal.entries[..]);
        let others = self.away.iter();
        let others = others.map(|(id, away)| (*id, &away.journal.entries[..]));
        [own].into_iter().chain(others)
    }
}

/// Merges lists by step. Of several with the same step the first comes first.
fn merged(lanes: &[(LaneId, Vec<Place>)]) -> Vec<Place> {
    let mut next = vec![0; lanes.len()];
    let mut all = Vec::new();
    loop {
        let heads = lanes.iter().enumerate();
        let heads = heads.filter_map(|(at, (_, places))| Some((places.get(next[at])?, at)));
        let Some((place, at)) = heads.min_by_key(|(place, at)| (place.step, *at)) else {
            return all;
        };
        all.push(*place);
        next[at] += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        model::{Cause, Event, Snapshot, Status},
        tui::{
            app::{action::Action, view::View},
            look::theme::Look,
        },
    };

    fn snapshot(steps: std::ops::Range<u64>) -> Arc<Snapshot> {
        let entry = |step| Entry {
            step,
            event: Event::Pause,
            cause: Cause::Key,
        };
        Arc::new(Snapshot {
            status: Status::Running,
            changes: steps.map(entry).collect(),
            ..crate::run::fake::snapshot()
        })
    }

    fn shown(app: &App) -> String {
        let places = app.journal_places().into_iter();
        let texts = places.map(|place| {
            let step = app.journal_entry(place).unwrap().step;
            format!("{}{step} ", place.lane)
        });
        texts.collect()
    }

    #[test]
    fn entries_of_all_lanes_are_merged_by_step_and_the_selection_stays() {
        let mut app = App::new(snapshot(0..2), Look::from_env());
        app.update(Action::Journal);
        assert_eq!(app.view, View::Journal);
        let [b, c] = ["b", "c"].map(|name| name.parse::<LaneId>().unwrap());
        assert_eq!(shown(&app), "a0 a1 ");
        app.observe_lanes(&[(b, snapshot(1..4)), (c, snapshot(3..5))]);
        assert_eq!(shown(&app), "a0 a1 b1 b2 b3 c3 c4 ");
        for action in [Action::Up, Action::Up] {
            app.update(action);
        }
        let selected = |app: &App| app.views.journal.selected().map(|p| (p.lane, p.step));
        assert_eq!(selected(&app), Some((c, 3)));
        assert_eq!(app.views.curves.cursor, Some(3));
        app.observe(snapshot(0..4));
        app.observe_lanes(&[(b, snapshot(1..4)), (c, snapshot(3..6))]);
        assert_eq!(shown(&app), "a0 a1 b1 a2 b2 a3 b3 c3 c4 c5 ");
        app.update(Action::Up);
        assert_eq!(selected(&app), Some((b, 3)));
        // Lane c is joined.
        app.observe_lanes(&[(b, snapshot(1..4))]);
        assert_eq!(shown(&app), "a0 a1 b1 a2 b2 a3 b3 ");
        app.select_lane(b, snapshot(1..4), None);
        assert_eq!(shown(&app), "a0 a1 b1 a2 b2 a3 b3 ");
        assert_eq!(selected(&app), None);
    }
}
