//! The view of all layers.

use super::Answer;
use crate::{model::Snapshot, preset::matrices, tui::app::action::Action};

/// The state of the view.
#[derive(Debug, Default)]
pub struct Layers {
    /// The index of the selected layer in [`keys`].
    pub selected: usize,
}

impl Layers {
    /// Returns the key of the selected layer, such as `d.0`, or `None` before the first measures.
    pub fn key(&self, snapshot: &Snapshot) -> Option<String> {
        keys(snapshot).into_iter().nth(self.selected)
    }

    /// Handles an action.
    pub fn update(&mut self, action: Action, snapshot: &Snapshot) -> Answer {
        self.selected = moved(self.selected, action, snapshot);
        Answer::Done
    }
}

/// Returns the index of the selected layer after an action.
pub(crate) fn moved(selected: usize, action: Action, snapshot: &Snapshot) -> usize {
    let last = keys(snapshot).len().saturating_sub(1);
    match action {
        Action::Up => selected.saturating_sub(1),
        Action::Down => (selected + 1).min(last),
        Action::First => 0,
        Action::Last => last,
        _ => selected,
    }
}

/// Returns the keys of all layers with a weight, D's first, also before the first step.
pub(crate) fn all_keys(snapshot: &Snapshot) -> Vec<String> {
    let mut keys = keys(snapshot);
    let known = matrices(&snapshot.settings).into_iter();
    for key in known.map(|matrix| matrix.key) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Returns the keys of the layers with a weight that spectra or measures name, D's first.
pub(crate) fn keys(snapshot: &Snapshot) -> Vec<String> {
    let spectra = snapshot.spectra.iter().flat_map(|s| &s.layers);
    let mut keys: Vec<String> = spectra.map(|layer| layer.key.clone()).collect();
    let measured = snapshot.measures.iter().flat_map(|m| &m.sigma);
    for (key, _) in measured {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}
