//! The lanes of the run: which are there, and which one is selected.

use std::sync::Arc;

use super::App;
use crate::model::{History, LaneId, Snapshot};

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
}

impl App {
    /// Stores the latest snapshots of all lanes. Returns whether one that is not selected is new, or a lane came or went.
    pub fn observe_lanes(&mut self, lanes: &[(LaneId, Arc<Snapshot>)]) -> bool {
        let Lanes { selected, others } = &mut self.lanes;
        let count = others.len();
        others.retain(|other| other.id != *selected && lanes.iter().any(|(id, _)| *id == other.id));
        let mut changed = others.len() != count;
        for (id, snapshot) in lanes.iter().filter(|(id, _)| id != selected) {
            match others.iter_mut().find(|other| other.id == *id) {
                Some(other) => {
                    changed |= !Arc::ptr_eq(&other.snapshot, snapshot);
                    other.snapshot = Arc::clone(snapshot);
                }
                None => {
                    changed = true;
                    others.push(LaneView {
                        id: *id,
                        snapshot: Arc::clone(snapshot),
                        history: History::default(),
                    });
                }
            }
        }
        others.sort_by_key(|other| other.id);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::look::theme::Look;

    #[test]
    fn lanes_come_and_go() {
        let snapshot = Arc::new(crate::run::fake::snapshot());
        let mut app = App::new(Arc::clone(&snapshot), Look::from_env());
        let lanes = |names: &[&str]| {
            let named = names.iter();
            let named = named.map(|name| (name.parse().unwrap(), Arc::clone(&snapshot)));
            named.collect::<Vec<(LaneId, _)>>()
        };
        assert!(!app.observe_lanes(&lanes(&["a"])));
        assert_eq!(app.lanes.next(), None);
        assert!(app.observe_lanes(&lanes(&["a", "c", "b"])));
        assert!(!app.observe_lanes(&lanes(&["a", "b", "c"])));
        let names: String = app.lanes.names().iter().map(ToString::to_string).collect();
        assert_eq!(names, "abc");
        assert_eq!(app.lanes.next(), LaneId::A.next());
        assert!(app.observe_lanes(&lanes(&["a", "c"])));
        assert!(app.observe_lanes(&lanes(&[])));
        assert!(app.lanes.others.is_empty());
    }
}
