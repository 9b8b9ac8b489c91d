//! The view of singular values.

use std::sync::Arc;

use super::{
    Answer,
    layers::{keys, moved},
};
use crate::{
    model::{LayerSpectrum, Snapshot, Spectra},
    tui::app::action::Action,
};

/// The state of the view.
#[derive(Debug, Default)]
pub struct Spectrum {
    /// The index of the selected layer in [`keys`].
    pub selected: usize,
    /// The spectra that are drawn behind the current ones.
    pub pinned: Option<Arc<Spectra>>,
}

impl Spectrum {
    /// Returns the key of the selected layer, such as `d.0`, or `None` before the first measures.
    pub fn key(&self, snapshot: &Snapshot) -> Option<String> {
        keys(snapshot).into_iter().nth(self.selected)
    }

    /// Returns the step and the pinned spectrum of a layer.
    pub fn pinned_layer(&self, key: &str) -> Option<(u64, &LayerSpectrum)> {
        let spectra = self.pinned.as_deref()?;
        let layer = spectra.layers.iter().find(|layer| layer.key == key)?;
        Some((spectra.step, layer))
    }

    /// Handles an action.
    pub fn update(&mut self, action: Action, snapshot: &Snapshot) -> Answer {
        self.selected = moved(self.selected, action, snapshot);
        match (action, &snapshot.spectra) {
            (Action::Pin, Some(_)) if self.pinned.is_some() => {
                self.pinned = None;
                Answer::Say("The pinned spectra are removed.".to_owned())
            }
            (Action::Pin, Some(spectra)) => {
                self.pinned = Some(Arc::clone(spectra));
                Answer::Say(format!("The spectra of step {} are pinned.", spectra.step))
            }
            (Action::Pin, None) => Answer::Say("There are no spectra yet.".to_owned()),
            _ => Answer::Done,
        }
    }
}
