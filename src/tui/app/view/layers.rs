//! The view of all layers.

use super::Answer;
use crate::{model::Snapshot, tui::app::action::Action};

/// What the view remembers.
#[derive(Debug, Default)]
pub struct Layers {
    /// Number of the selected layer among those with a weight, D's first.
    pub selected: usize,
}

impl Layers {
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

/// The keys of all layers with a weight, D's first, as far as spectra and measures name them.
pub fn keys(snapshot: &Snapshot) -> Vec<String> {
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
