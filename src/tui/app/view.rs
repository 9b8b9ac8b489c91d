//! The views, of which one is on the screen at a time.

pub mod curves;
pub mod journal;
pub mod layers;
pub mod plane;
pub mod samples;
pub mod spectrum;

use super::action::Action;
use crate::{
    model::{Command, History, Look, Snapshot},
    preset::Data,
};

/// What fills the screen between status and keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    #[default]
    Dashboard,
    Layers,
    Spectrum,
    Samples,
    Plane,
    Journal,
}

impl View {
    /// In the order of their keys, 1 to 6.
    pub const ALL: [View; 6] = [
        View::Dashboard,
        View::Layers,
        View::Spectrum,
        View::Samples,
        View::Plane,
        View::Journal,
    ];

    pub fn title(self) -> &'static str {
        match self {
            View::Dashboard => "Dashboard",
            View::Layers => "Layers",
            View::Spectrum => "Spectrum",
            View::Samples => "Samples",
            View::Plane => "Plane",
            View::Journal => "Journal",
        }
    }

    /// The number of its key.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    pub fn next(self) -> View {
        View::ALL[(self as usize + 1) % View::ALL.len()]
    }

    pub fn previous(self) -> View {
        View::ALL[(self as usize + View::ALL.len() - 1) % View::ALL.len()]
    }

    /// Why the view has nothing to show of this run, ever; none where it has.
    pub fn inapplicable(self, snapshot: &Snapshot) -> Option<&'static str> {
        match (self, &snapshot.settings.data) {
            (View::Plane, Data::Images { .. }) => {
                Some("This run learns images: the plane is for data in the plane (ring, grid).")
            }
            _ => None,
        }
    }

    /// What the worker is to make for it beyond what it makes anyway.
    pub fn looks(self) -> &'static [Look] {
        match self {
            View::Layers | View::Spectrum => &[Look::Spectra],
            View::Plane => &[Look::Plane],
            View::Dashboard | View::Samples | View::Journal => &[],
        }
    }
}

/// What each view remembers.
#[derive(Debug, Default)]
pub struct Views {
    pub curves: curves::Curves,
    pub layers: layers::Layers,
    pub spectrum: spectrum::Spectrum,
    pub samples: samples::Samples,
    pub plane: plane::Plane,
    pub journal: journal::Journal,
}

/// What a view asks for when it has acted on a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Done,
    /// A line for the person.
    Say(String),
    /// Something of the worker.
    Ask(Command),
}

impl Views {
    /// Takes note of a new snapshot.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        self.layers.observe(snapshot);
        self.spectrum.observe(snapshot);
        self.samples.observe(snapshot);
        self.plane.observe(snapshot);
        self.journal.observe(snapshot);
    }

    /// Has the view on the screen act on a key.
    pub fn update(
        &mut self,
        view: View,
        action: Action,
        snapshot: &Snapshot,
        history: &History,
    ) -> Answer {
        match view {
            View::Dashboard => self.curves.update(action, history),
            View::Layers | View::Spectrum if acts_on_curves(action) => {
                self.curves.update(action, history)
            }
            // Both show the same layer.
            View::Layers => {
                let answer = self.layers.update(action, snapshot);
                self.spectrum.selected = self.layers.selected;
                answer
            }
            View::Spectrum => {
                let answer = self.spectrum.update(action, snapshot);
                self.layers.selected = self.spectrum.selected;
                answer
            }
            View::Samples => self.samples.update(action, snapshot),
            View::Plane => self.plane.update(action, snapshot),
            View::Journal => {
                let answer = self.journal.update(action);
                // What is selected there shows in the curves.
                if let Some(change) = self.journal.selected() {
                    self.curves.cursor = Some(change.step);
                }
                answer
            }
        }
    }
}

/// Whether an action is for the curves where a view has both curves and layers.
fn acts_on_curves(action: Action) -> bool {
    matches!(
        action,
        Action::Left | Action::Right | Action::ToggleLog | Action::Smooth
    )
}
