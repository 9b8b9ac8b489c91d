//! The view of the plane.

use std::cell::RefCell;

use super::Answer;
use crate::{model::LaneId, tui::app::action::Action};

/// The visible layers of the picture.
#[derive(Debug)]
pub struct Plane {
    /// D's output as colours.
    pub heat: bool,
    /// Real and generated points.
    pub points: bool,
    /// ∇xD at generated points.
    pub arrows: bool,
    /// G's output for a lattice of latents.
    pub lattice: bool,
    /// The number of samples on each mode.
    pub counts: bool,
    /// The lanes that are drawn, set when they are.
    pub beside: RefCell<Vec<LaneId>>,
}

impl Default for Plane {
    fn default() -> Self {
        Self {
            heat: true,
            points: true,
            arrows: true,
            lattice: false,
            counts: true,
            beside: RefCell::default(),
        }
    }
}

impl Plane {
    /// Handles an action.
    pub fn update(&mut self, action: Action) -> Answer {
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
