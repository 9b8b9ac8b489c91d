//! The active alarms of all lanes or watched runs, and the jump to the step of one.

use std::cmp::Reverse;

use super::{
    App, Effect,
    view::{View, journal::Place},
};
use crate::{
    model::{Alarm, Event, History, LaneId, Snapshot},
    rundir::record,
    tui::words::{alarm, number},
};

/// A lane or a watched run with an active alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// A lane of the run, or of the run in front.
    Lane(LaneId),
    /// The run at this place behind the one in front.
    Behind(usize),
}

/// An active alarm of a lane or a watched run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active<'a> {
    pub whose: Whose,
    /// The state of the lane or run.
    pub snapshot: &'a Snapshot,
    /// The curves of the lane.
    pub history: &'a History,
    pub alarm: &'a Alarm,
}

impl Active<'_> {
    /// Returns what tells it from all others: whose it is, and its key and step.
    fn identity(&self) -> (Whose, String, u64) {
        (self.whose, self.alarm.key(), self.alarm.step)
    }

    /// Returns the letter of its lane or the name of its run, if there are several.
    pub(crate) fn name(&self, app: &App) -> Option<String> {
        match self.whose {
            Whose::Lane(lane) if !app.lanes.others.is_empty() => Some(lane.to_string()),
            Whose::Lane(_) if app.other_runs.is_empty() => None,
            Whose::Lane(_) => Some(record::short_name(&self.snapshot.directory)),
            Whose::Behind(place) => Some(app.other_runs.get(place)?.name.clone()),
        }
    }
}

impl App {
    /// Returns the active alarms of all lanes and of watched runs, the worst first. Of the same kind, those of the selected
    /// lane or the run in front come first, then the latest.
    pub(crate) fn active_alarms(&self) -> Vec<Active<'_>> {
        let others = self.lanes.others.iter();
        let others = others.map(|other| (Whose::Lane(other.id), &*other.snapshot, &other.history));
        let selected = Whose::Lane(self.lanes.selected);
        let runs = self.other_runs.iter().enumerate();
        let runs = runs.filter_map(|(place, run)| {
            Some((Whose::Behind(place), run.snapshot.as_deref()?, &run.history))
        });
        let mut all: Vec<Active> = others
            .chain([(selected, &*self.snapshot, &self.history)])
            .chain(runs)
            .flat_map(|(whose, snapshot, history)| {
                let alarms = snapshot.alarms.iter();
                alarms.map(move |alarm| Active {
                    whose,
                    snapshot,
                    history,
                    alarm,
                })
            })
            .collect();
        all.sort_by_key(|active| {
            let behind = active.whose != selected;
            let step = Reverse(active.alarm.step);
            (alarm::rank(active.alarm.kind), behind, step)
        });
        all
    }

    /// Moves the cursor of the curves and the selection of the journal to the worst alarm, or from an alarm to the next.
    pub(super) fn next_alarm(&mut self) -> Option<Effect> {
        let all = self.active_alarms();
        if all.is_empty() {
            self.say("No alarm is active.", false);
            return None;
        }
        let (cursor, selected) = (self.views.curves.cursor, self.views.journal.selected());
        let places: Vec<Option<Place>> = all.iter().map(|active| self.place_of(active)).collect();
        let is_last = |active: &Active| self.last_alarm.as_ref() == Some(&active.identity());
        let here = |active: &Active| cursor == Some(active.alarm.step);
        let last = all.iter().position(|it| here(it) && is_last(it));
        let now = last.or_else(|| {
            let mut pairs = all.iter().zip(&places);
            pairs.position(|(it, place)| here(it) && (place.is_none() || *place == selected))
        });
        let next = now.map_or(0, |at| (at + 1) % all.len());
        let Active { whose, alarm, .. } = all[next];
        let name = alarm::name(alarm.kind);
        let gap = if alarm.layer.is_empty() { "" } else { " " };
        let kind = match whose {
            Whose::Lane(_) if !self.lanes.others.is_empty() => "lane",
            _ => "run",
        };
        let named = all[next].name(self);
        let named = named.map_or_else(String::new, |named| format!("{kind} {named}, "));
        let text = format!(
            "Alarm {} of {}: {named}{name}{gap}{}, since step {}.",
            next + 1,
            all.len(),
            alarm.layer,
            number::count(alarm.step)
        );
        let (step, identity) = (alarm.step, all[next].identity());
        if matches!(self.view, View::Samples | View::Plane) {
            self.show(View::Dashboard);
        }
        self.views.curves.cursor = Some(step);
        if let Some(place) = places[next] {
            self.views.journal.select(place);
        }
        self.last_alarm = Some(identity);
        self.say(text, false);
        None
    }

    /// Returns the active alarm that went on with the entry at a place of the journal, if it did.
    pub(crate) fn active_at(&self, place: Place) -> Option<Active<'_>> {
        let event = &self.journal_entry(place)?.event;
        let all = self.active_alarms().into_iter();
        let mut of_entry = all.filter(|active| {
            let is_key = matches!(event, Event::Alarm { key, .. } if *key == active.alarm.key());
            is_key && active.whose == Whose::Lane(place.lane)
        });
        of_entry.find(|active| self.place_of(active) == Some(place))
    }

    /// Returns the place of the entry with which an alarm went on, if the journal still holds it.
    fn place_of(&self, active: &Active) -> Option<Place> {
        if matches!(active.whose, Whose::Behind(_)) {
            return None;
        }
        let key = active.alarm.key();
        let mut places = self.all_journal_places().into_iter().rev();
        places.find(|place| {
            let entry = self.journal_entry(*place).map(|entry| &entry.event);
            let same = matches!(entry, Some(Event::Alarm { key: known, .. }) if *known == key);
            same && Whose::Lane(place.lane) == active.whose
        })
    }
}
