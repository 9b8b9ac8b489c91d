//! The views. The screen shows one of them at a time.

pub(crate) mod compare;
pub mod curves;
pub(crate) mod journal;
pub(crate) mod layers;
pub(crate) mod pictures;
pub(crate) mod plane;
pub(crate) mod samples;
pub(crate) mod spectrum;

use super::action::Action;
use crate::{
    model::{Command, History, Snapshot, Watched},
    preset::Data,
};

/// A view: it fills the screen between the status line and the bar of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// An overview of the run, in panes.
    #[default]
    Dashboard,
    /// The table of layers with their σ and other measures.
    Layers,
    /// The singular values of one layer.
    Spectrum,
    /// Samples that G generates.
    Samples,
    /// D's output over the plane, for a run on points in the plane.
    Plane,
    /// The changes and alarms of the run.
    Journal,
    /// The lanes of the run, or several watched runs, against each other.
    Compare,
}

impl View {
    /// All views, in the order of their tabs and of their keys, 1 to 7.
    pub const ALL: [View; 7] = [
        View::Dashboard,
        View::Layers,
        View::Spectrum,
        View::Samples,
        View::Plane,
        View::Journal,
        View::Compare,
    ];

    /// Returns the name on the view's tab.
    pub fn title(self) -> &'static str {
        match self {
            View::Dashboard => "Dashboard",
            View::Layers => "Layers",
            View::Spectrum => "Spectrum",
            View::Samples => "Samples",
            View::Plane => "Plane",
            View::Journal => "Journal",
            View::Compare => "Compare",
        }
    }

    /// Returns the number on the view's key, 1 to 7.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Returns the view whose tab is to the right. The first follows the last.
    pub fn next(self) -> View {
        View::ALL[(self as usize + 1) % View::ALL.len()]
    }

    /// Returns the view whose tab is to the left. The last precedes the first.
    pub fn previous(self) -> View {
        View::ALL[(self as usize + View::ALL.len() - 1) % View::ALL.len()]
    }

    /// Returns why the view can show nothing of a run, as a message for the person, or `None` if it can.
    pub fn inapplicable(self, snapshot: &Snapshot) -> Option<&'static str> {
        match (self, &snapshot.settings.data) {
            (View::Plane, Data::Images { .. }) => {
                Some("This run learns images: the plane is for data in the plane (ring, grid).")
            }
            _ => None,
        }
    }

    /// Returns what the worker must compute for the view, besides what it always computes.
    pub fn looks(self) -> &'static [Watched] {
        match self {
            View::Layers | View::Spectrum => &[Watched::Spectra],
            View::Plane => &[Watched::Plane],
            View::Samples => &[Watched::Pictures],
            View::Dashboard | View::Journal | View::Compare => &[],
        }
    }
}

/// The state of each view.
#[derive(Debug, Default)]
pub struct Views {
    /// Cursor, axes and smoothing of the curves, and the run in their background.
    pub curves: curves::Curves,
    /// The selected layer.
    pub layers: layers::Layers,
    /// The pinned spectrum.
    pub spectrum: spectrum::Spectrum,
    /// Which samples are shown.
    pub samples: samples::Samples,
    /// Which marks are drawn over the plane.
    pub plane: plane::Plane,
    /// The selected entry of the journal.
    pub journal: journal::Journal,
    /// The first row of the comparison.
    pub compare: compare::Compare,
}

/// The result of an action in a view.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing more: the view has used the action, or has no use for it.
    Done,
    /// Show a message.
    Say(String),
    /// Send a command to the worker.
    Send(Command),
}

impl Views {
    /// Passes a new snapshot to the views that keep a history.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        self.samples.observe(snapshot);
        self.journal.observe(snapshot);
    }

    /// Changes the state of `view` by an action, and returns what else must happen. `places` are those of the journals of
    /// all lanes.
    pub fn update(
        &mut self,
        view: View,
        action: Action,
        snapshot: &Snapshot,
        history: &History,
        places: &[journal::Place],
    ) -> Answer {
        match view {
            View::Dashboard => self.curves.update(action, history),
            View::Layers | View::Spectrum | View::Compare if acts_on_curves(action) => {
                self.curves.update(action, history)
            }
            // Both views have one selection.
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
            View::Plane => self.plane.update(action),
            View::Compare => self.compare.update(action),
            View::Journal => {
                let answer = self.journal.update(action, places);
                // The cursor of the curves follows the selected entry.
                if let Some(place) = self.journal.selected() {
                    self.curves.cursor = Some(place.step);
                }
                answer
            }
        }
    }
}

/// Returns whether an action is for the curves in a view that has both curves and rows.
fn acts_on_curves(action: Action) -> bool {
    matches!(
        action,
        Action::Left | Action::Right | Action::ToggleLog | Action::Smooth
    )
}
