//! The view of the plane: which layers of it are shown.

use super::Answer;
use crate::{model::Snapshot, tui::app::action::Action};

/// What the view remembers.
#[derive(Debug)]
pub struct Plane {
    /// D's output as colours.
    pub heat: bool,
    /// Real and generated points.
    pub points: bool,
    /// ∇xD on generated points.
    pub arrows: bool,
    /// What G makes of a lattice of latents.
    pub lattice: bool,
    /// Samples on each mode.
    pub counts: bool,
}

impl Default for Plane {
    fn default() -> Self {
        Self {
            heat: true,
            points: true,
            arrows: true,
            lattice: false,
            counts: true,
        }
    }
}

impl Plane {
    /// Takes note of a new snapshot.
    pub fn observe(&mut self, _snapshot: &Snapshot) {}

    /// Acts on a key.
    pub fn update(&mut self, action: Action, _snapshot: &Snapshot) -> Answer {
        let (layer, name) = match action {
            Action::ToggleHeat => (&mut self.heat, "D's output"),
            Action::TogglePoints => (&mut self.points, "points"),
            Action::ToggleArrows => (&mut self.arrows, "arrows of ∇xD"),
            Action::ToggleLattice => (&mut self.lattice, "G's lattice"),
            Action::ToggleCounts => (&mut self.counts, "counts on modes"),
            _ => return Answer::Done,
        };
        *layer = !*layer;
        let state = if *layer { "shown" } else { "hidden" };
        Answer::Say(format!("{name}: {state}"))
    }
}
