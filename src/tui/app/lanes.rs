//! The lanes of the run: which are there, and which one is selected.

mod journals;
mod switch;

use std::sync::Arc;

use super::{App, Effect, action::Action};
use crate::model::{Command, History, LaneId, Samples, Snapshot, Status};

pub(super) use switch::Away;

/// A lane that is not selected.
#[derive(Clone, Debug)]
pub struct LaneView {
    /// The name of the lane.
    pub id: LaneId,
    /// Its state, as the worker last published it.
    pub snapshot: Arc<Snapshot>,
    /// Its curves.
    pub history: History,
}

/// The lanes of the run. The state and the curves of the selected one are those of the [`App`].
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    /// The selected lane.
    pub selected: LaneId,
    /// The other lanes, in the order of their names. Empty for a run with one lane.
    pub others: Vec<LaneView>,
}

impl Lanes {
    /// Returns the names of all lanes, in order.
    pub fn names(&self) -> Vec<LaneId> {
        let mut names: Vec<LaneId> = self.others.iter().map(|lane| lane.id).collect();
        names.push(self.selected);
        names.sort_unstable();
        names
    }

    /// Returns the lane after the selected one; `None` if there is no other.
    pub fn next(&self) -> Option<LaneId> {
        let names = self.names();
        let at = names.iter().position(|name| *name == self.selected)?;
        let next = names[(at + 1) % names.len()];
        (next != self.selected).then_some(next)
    }

    /// Returns the lanes that a rewind to `step` ends, because they were split off later.
    pub fn ended_by_rewind(&self, step: u64, selected: &Snapshot) -> Vec<LaneId> {
        let all = self.snapshots(selected).into_iter();
        let later = all.filter(|(id, snapshot)| begins_after(*id, snapshot, step));
        later.map(|(id, _)| id).collect()
    }

    /// Returns the first other lane that goes on in a rewind to `step` but has no saved state of it.
    pub fn without_state(&self, step: u64, selected: &Snapshot) -> Option<LaneId> {
        let all = self.snapshots(selected).into_iter();
        let mut without = all.filter(|(id, snapshot)| {
            *id != self.selected
                && !snapshot.states.iter().any(|state| state.step == step)
                && !begins_after(*id, snapshot, step)
        });
        without.next().map(|(id, _)| id)
    }

    /// All lanes, in order. `selected` is the state of the selected one.
    fn snapshots<'a>(&'a self, selected: &'a Snapshot) -> Vec<(LaneId, &'a Snapshot)> {
        let others = self.others.iter();
        let others = others.map(|other| (other.id, &*other.snapshot));
        let mut all: Vec<_> = others.chain([(self.selected, selected)]).collect();
        all.sort_by_key(|(id, _)| *id);
        all
    }
}

impl Lanes {
    /// Whether another lane has a saved state of a step after which the selected one was split off.
    pub(crate) fn is_saved_before(&self, step: u64, selected: &Snapshot) -> bool {
        let mut states = self.others.iter().flat_map(|lane| &lane.snapshot.states);
        begins_after(self.selected, selected, step) && states.any(|state| state.step == step)
    }
}

/// Whether a lane was split off after `step`. Its first saved state, which stays, is the one with which it began.
fn begins_after(id: LaneId, snapshot: &Snapshot, step: u64) -> bool {
    let first = snapshot.states.iter().map(|state| state.step).min();
    id != LaneId::A && first.is_some_and(|first| step < first)
}

impl App {
    /// Stores the latest snapshots of all lanes. Returns whether one that is not selected is new, or a lane came or went,
    /// which a message says.
    pub fn observe_lanes(&mut self, lanes: &[(LaneId, Arc<Snapshot>)]) -> bool {
        let selected = self.lanes.selected;
        // A lane that is being made may still be refused.
        let going = |(id, snapshot): &&(LaneId, Arc<Snapshot>)| {
            *id != selected && snapshot.status != Status::Starting
        };
        let others = &mut self.lanes.others;
        let count = others.len();
        let gone: Vec<LaneView> = others
            .extract_if(.., |other| {
                other.id == selected || lanes.iter().all(|(id, _)| *id != other.id)
            })
            .collect();
        let (mut changed, mut come) = (!gone.is_empty(), false);
        for (id, snapshot) in lanes.iter().filter(going) {
            let away = self.away.entry(*id).or_default();
            match others.iter_mut().find(|other| other.id == *id) {
                Some(other) if Arc::ptr_eq(&other.snapshot, snapshot) => continue,
                Some(other) => other.snapshot = Arc::clone(snapshot),
                None => {
                    come = true;
                    others.push(LaneView {
                        id: *id,
                        snapshot: Arc::clone(snapshot),
                        history: History::default(),
                    });
                }
            }
            changed = true;
            away.has_latest_curves = false;
            away.journal.observe(snapshot);
            away.pictures.observe(snapshot);
        }
        others.sort_by_key(|other| other.id);
        self.tell_gone(&gone);
        let knew = std::mem::replace(&mut self.knows_lanes, true);
        if knew && self.lanes.others.len() != count {
            self.steady_pace.forget();
        }
        if knew && come {
            let names = and(&self.lanes.names());
            let key = self.keys.key_of(Action::NextLane).unwrap_or_default();
            self.tell(format!(
                "The run has lanes {names} now. {key} selects the next one."
            ));
        }
        changed
    }

    /// Returns the effect of the key that selects the next lane.
    pub(super) fn next_lane(&mut self) -> Option<Effect> {
        let next = self.lanes.next();
        if next.is_none() {
            let key = self.keys.key_of(Action::Fork).unwrap_or_default();
            let text = if self.may_act() {
                format!("The run has one lane: {key} splits another one off.")
            } else {
                "The run has one lane.".to_owned()
            };
            self.say(text, false);
        }
        next.map(Effect::SelectLane)
    }

    /// Returns what a command does that is asked about: it ends lanes. `None` for every other command.
    pub(super) fn question_about(&self, command: &Command) -> Option<String> {
        match command {
            Command::Join(lane) => Some(format!(
                "This ends lane {lane}: it is saved as a finished run in lanes/{lane}, and `fork --from {lane}` brings it \
                 back. Enter ends it, Esc does not."
            )),
            Command::Rewind(step) => {
                let ended = self.lanes.ended_by_rewind(*step, &self.snapshot);
                let s = if ended.len() == 1 { "" } else { "s" };
                (!ended.is_empty()).then(|| {
                    format!(
                        "This rewinds all lanes and ends lane{s} {}, split off after step {step}. Enter rewinds, Esc does \
                         not.",
                        and(&ended)
                    )
                })
            }
            _ => None,
        }
    }

    /// Forgets lanes that have ended, and says where they are.
    fn tell_gone(&mut self, gone: &[LaneView]) {
        for LaneView { id, snapshot, .. } in gone {
            self.away.remove(id);
            if *id != self.lanes.selected {
                let place = snapshot.directory.display();
                self.tell(format!(
                    "Lane {id} has ended at step {}; it is kept in {place}. `:fork --from {id}` brings it back.",
                    snapshot.step
                ));
            }
        }
    }

    /// Returns the samples of another lane of the step that is nearest to this one.
    pub(crate) fn nearest_picture(&self, lane: LaneId, step: u64) -> Option<&Samples> {
        self.away.get(&lane)?.pictures.nearest(step)
    }

    /// Brings the curves of the other lanes up to date with `catch_up`.
    pub fn catch_up_lanes(&mut self, catch_up: impl Fn(LaneId, &mut History)) {
        for other in &mut self.lanes.others {
            let away = self.away.entry(other.id).or_default();
            if !std::mem::replace(&mut away.has_latest_curves, true) {
                catch_up(other.id, &mut other.history);
            }
        }
    }
}

/// The names as the parts of a sentence: `a, b and c`.
pub(crate) fn and(lanes: &[LaneId]) -> String {
    let names: Vec<String> = lanes.iter().map(ToString::to_string).collect();
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::theme::Look;

    #[test]
    fn lanes_come_and_go() {
        let snapshot = Arc::new(Snapshot {
            status: Status::Running,
            ..crate::run::fake::snapshot()
        });
        let mut app = App::new(Arc::clone(&snapshot), Look::from_env());
        let lanes = |names: &[&str]| {
            let named = names.iter();
            let named = named.map(|name| (name.parse().unwrap(), Arc::clone(&snapshot)));
            named.collect::<Vec<(LaneId, _)>>()
        };
        assert!(!app.observe_lanes(&lanes(&["a"])));
        assert_eq!(app.lanes.next(), None);
        let made = Arc::new(crate::run::fake::snapshot());
        assert!(
            !app.observe_lanes(&[(LaneId::A, Arc::clone(&made)), ("b".parse().unwrap(), made)])
        );
        assert!(app.observe_lanes(&lanes(&["a", "c", "b"])));
        let told = app.message().unwrap().text;
        assert!(told.contains("lanes a, b and c now"), "{told}");
        assert!(!app.observe_lanes(&lanes(&["a", "b", "c"])));
        let names: String = app.lanes.names().iter().map(ToString::to_string).collect();
        assert_eq!(names, "abc");
        assert_eq!(app.lanes.next(), LaneId::A.next());
        assert!(app.observe_lanes(&lanes(&["a", "c"])));
        assert!(app.observe_lanes(&lanes(&[])));
        assert!(app.lanes.others.is_empty());
    }
}
