//! The active alarms of all lanes or watched runs, and the jump to the step of one.

use super::{
    App, Effect,
    view::{View, journal::Place},
};
use crate::{
    model::{Alarm, Event, LaneId, Snapshot},
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
#[derive(Debug)]
pub(crate) struct Active<'a> {
    pub whose: Whose,
    /// The state of the lane or run.
    pub snapshot: &'a Snapshot,
    pub alarm: &'a Alarm,
    /// The present value of what keeps it on.
    pub present: Option<alarm::Present>,
}

impl Active<'_> {
    /// Returns how bad its present value is; one that is not measured is last.
    fn badness(&self) -> f64 {
        let present = self.present.as_ref();
        present.map_or(f64::NEG_INFINITY, |present| present.badness)
    }

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
    /// Returns the active alarms of all lanes and of watched runs, the worst first: of the same kind, that with the worst
    /// present value, then the others of its lane or run. Of equal ones those of the selected lane or the run in front come
    /// first, then the latest.
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
                    alarm,
                    present: alarm::present(alarm, snapshot, history),
                })
            })
            .collect();
        all.sort_by(|a, b| {
            let by_rank = alarm::rank(a.alarm.kind).cmp(&alarm::rank(b.alarm.kind));
            let by_step = || b.alarm.step.cmp(&a.alarm.step);
            let by_place = || (a.whose != selected).cmp(&(b.whose != selected));
            let by_value = || b.badness().total_cmp(&a.badness());
            by_rank
                .then_with(by_value)
                .then_with(by_place)
                .then_with(by_step)
        });
        // Those of one lane or run stay together, where its worst one is.
        let mut from = 0;
        while let Some(first) = all.get(from) {
            let (kind, whose) = (first.alarm.kind, first.whose);
            let rest = &mut all[from..];
            let end = rest
                .iter()
                .take_while(|other| other.alarm.kind == kind)
                .count();
            rest[..end].sort_by_key(|other| other.whose != whose);
            from += rest[..end]
                .iter()
                .take_while(|other| other.whose == whose)
                .count();
        }
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
        let Active { whose, alarm, .. } = &all[next];
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        model::{AlarmKind, Exact, ExactSpectra, History, Spectra},
        run::fake,
        tui::{
            app::lanes::LaneView,
            look::theme::{Depth, Look},
        },
    };

    /// A lane whose σ drifts in layers: each with its error, the latest alarm last.
    fn drifting(errors: &[(&str, f64)]) -> Arc<Snapshot> {
        let exact = |error: f64| Exact {
            sigma_error: Some(error),
            ..Default::default()
        };
        let layers = errors.iter();
        let record = ExactSpectra {
            step: 500,
            layers: layers
                .map(|(key, error)| ((*key).to_owned(), exact(*error)))
                .collect(),
            lipschitz: None,
        };
        let alarm = |(step, (layer, _)): (usize, &(&str, f64))| {
            let key = format!("{}.{layer}", AlarmKind::EstimateDrift.name());
            Alarm::from_key(&key, step as u64, String::new()).unwrap()
        };
        Arc::new(Snapshot {
            alarms: errors.iter().enumerate().map(alarm).collect(),
            spectra: Some(Arc::new(Spectra::recorded(&record, &fake::preset()))),
            ..fake::snapshot()
        })
    }

    #[test]
    fn of_one_kind_the_worst_figure_is_first_and_lanes_stay_together() {
        let snapshot = drifting(&[("d.0", 0.5), ("d.2", 0.9), ("d.4", 0.26)]);
        let mut app = App::new(snapshot, Look::new(Depth::None, true));
        let order = |app: &App| {
            let all = app.active_alarms().into_iter();
            let names = all.map(|active| {
                let lane = active.name(app).unwrap_or_default();
                format!("{lane}{}", active.alarm.layer)
            });
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(order(&app), "d.2 d.0 d.4");
        app.lanes.others.push(LaneView {
            id: "b".parse().unwrap(),
            snapshot: drifting(&[("d.0", 0.3), ("d.2", 0.95)]),
            history: History::default(),
        });
        assert_eq!(order(&app), "bd.2 bd.0 ad.2 ad.0 ad.4");
    }
}
