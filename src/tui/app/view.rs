//! The views. The screen shows one of them at a time.

pub mod curves;
pub(crate) mod journal;
pub(crate) mod layers;
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
    /// All at a glance, in panes.
    #[default]
    Dashboard,
    /// The table of layers.
    Layers,
    /// Singular values of one layer.
    Spectrum,
    /// Pictures that G makes.
    Samples,
    /// The plane of a run on points.
    Plane,
    /// Changes and alarms.
    Journal,
}

impl View {
    /// All views, in the order of their keys, 1 to 6.
    pub const ALL: [View; 6] = [
        View::Dashboard,
        View::Layers,
        View::Spectrum,
        View::Samples,
        View::Plane,
        View::Journal,
    ];

    /// The name on its tab.
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

    /// Returns the number of the view's key, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// The view to the right; the first after the last.
    pub fn next(self) -> View {
        View::ALL[(self as usize + 1) % View::ALL.len()]
    }

    /// The view to the left; the last before the first.
    pub fn previous(self) -> View {
        View::ALL[(self as usize + View::ALL.len() - 1) % View::ALL.len()]
    }

    /// Returns why the view never shows anything of this run, or `None` if it does.
    pub fn inapplicable(self, snapshot: &Snapshot) -> Option<&'static str> {
        match (self, &snapshot.settings.data) {
            (View::Plane, Data::Images { .. }) => {
                Some("This run learns images: the plane is for data in the plane (ring, grid).")
            }
            _ => None,
        }
    }

    /// Returns the looks that the view needs beyond those that the worker always makes.
    pub fn looks(self) -> &'static [Watched] {
        match self {
            View::Layers | View::Spectrum => &[Watched::Spectra],
            View::Plane => &[Watched::Plane],
            View::Dashboard | View::Samples | View::Journal => &[],
        }
    }
}

/// The state of each view.
#[derive(Debug, Default)]
pub struct Views {
    /// Cursor and axes of the curves.
    pub curves: curves::Curves,
    /// The selected layer.
    pub layers: layers::Layers,
    /// The pinned spectrum.
    pub spectrum: spectrum::Spectrum,
    /// Which samples are shown.
    pub samples: samples::Samples,
    /// What is drawn over the plane.
    pub plane: plane::Plane,
    /// The selected entry.
    pub journal: journal::Journal,
}

/// The result of an action in a view.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The view has used the action.
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

    /// Handles an action in the current view.
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
            View::Journal => {
                let answer = self.journal.update(action);
                // The cursor of the curves follows the selected entry.
                if let Some(change) = self.journal.selected() {
                    self.curves.cursor = Some(change.step);
                }
                answer
            }
        }
    }
}

/// Returns whether an action is for the curves in a view that has both curves and layers.
fn acts_on_curves(action: Action) -> bool {
    matches!(
        action,
        Action::Left | Action::Right | Action::ToggleLog | Action::Smooth
    )
}
