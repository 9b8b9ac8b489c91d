//! The view of singular values.

use std::sync::Arc;

use super::{Answer, layers::keys};
use crate::{
    model::{LayerSpectrum, Snapshot, Spectra},
    tui::app::action::Action,
};

/// What the view remembers.
#[derive(Debug, Default)]
pub struct Spectrum {
    /// Number of the selected layer among those with a weight, D's first.
    pub selected: usize,
    /// Spectra that the person keeps behind the present ones.
    pub pinned: Option<Arc<Spectra>>,
}

impl Spectrum {
    /// Takes note of a new snapshot.
    pub fn observe(&mut self, _snapshot: &Snapshot) {}

    /// The key of the selected layer, `d.0`; none before the layers are known.
    pub fn key(&self, snapshot: &Snapshot) -> Option<String> {
        keys(snapshot).into_iter().nth(self.selected)
    }

    /// The pinned spectrum of a layer, with its step.
    pub fn behind(&self, key: &str) -> Option<(u64, &LayerSpectrum)> {
        let spectra = self.pinned.as_deref()?;
        let layer = spectra.layers.iter().find(|layer| layer.key == key)?;
        Some((spectra.step, layer))
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
        match (action, &snapshot.spectra) {
            (Action::Pin, Some(_)) if self.pinned.is_some() => {
                self.pinned = None;
                Answer::Say("Nothing is pinned any more.".to_owned())
            }
            (Action::Pin, Some(spectra)) => {
                self.pinned = Some(Arc::clone(spectra));
                Answer::Say(format!("Spectra of step {} stay behind.", spectra.step))
            }
            (Action::Pin, None) => Answer::Say("There are no spectra yet.".to_owned()),
            _ => Answer::Done,
        }
    }
}
