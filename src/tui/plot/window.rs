//! The part of a run that plots show.

use crate::model::history::RECENT;

/// The visible part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All steps.
    Whole,
    /// The last [`RECENT`] steps.
    Recent,
    /// The last steps, as many as a person has zoomed to.
    Last(u64),
    /// From one step to another, both included.
    Range(u64, u64),
}

impl Window {
    /// Returns the number of steps of a window that ends with the run.
    pub(crate) fn length(self) -> Option<u64> {
        match self {
            Window::Recent => Some(RECENT as u64),
            Window::Last(steps) => Some(steps.max(1)),
            Window::Whole | Window::Range(..) => None,
        }
    }

    /// Returns the window in a run whose last step is this: after a rewind, a range may be beyond it.
    pub(crate) fn within(self, last: u64) -> Self {
        match self {
            Window::Range(from, to) if from > last => Window::Last(to.saturating_sub(from) + 1),
            _ => self,
        }
    }

    /// Returns the first and the last step of the window, of a run that has these.
    pub(crate) fn part_of(self, (first, last): (u64, u64)) -> (u64, u64) {
        match self.within(last) {
            Window::Range(from, to) => (from, to),
            _ => match self.length() {
                Some(length) => ((last + 1).saturating_sub(length).max(first), last),
                None => (first, last),
            },
        }
    }
}
