//! The view of singular values.

use super::{super::action::Action, Answer, layers::keys};
use crate::run::Snapshot;

/// What the view remembers.
#[derive(Debug, Default)]
pub struct Spectrum {
    /// Number of the selected layer among those with a weight, D's first.
    pub selected: usize,
}

impl Spectrum {
    /// Takes note of a new snapshot.
    pub fn observe(&mut self, _snapshot: &Snapshot) {}

    /// The key of the selected layer, `d.0`; none before the layers are known.
    pub fn key(&self, snapshot: &Snapshot) -> Option<String> {
        keys(snapshot).into_iter().nth(self.selected)
    }

    /// Acts on a key.
    pub fn update(&mut self, action: Action, snapshot: &Snapshot) -> Answer {
        let last = keys(snapshot).len().saturating_sub(1);
        self.selected = match action {
            Action::Up => self.selected.saturating_sub(1),
            Action::Down => (self.selected + 1).min(last),
            Action::First => 0,
            Action::Last => last,
            _ => self.selected,
        };
        Answer::Done
    }
}
