//! The view that compares lanes, or watched runs.

use super::Answer;
use crate::tui::app::action::Action;

/// Number of rows of a page.
const PAGE: usize = 10;

/// The state of the view.
#[derive(Debug, Default)]
pub struct Compare {
    /// The first row of the table of measures that is shown, at most. The table shows its last rows if it is larger.
    pub first: usize,
}

impl Compare {
    /// Handles an action.
    pub fn update(&mut self, action: Action) -> Answer {
        self.first = match action {
            Action::Up => self.first.saturating_sub(1),
            Action::Down => self.first.saturating_add(1),
            Action::PageUp => self.first.saturating_sub(PAGE),
            Action::PageDown => self.first.saturating_add(PAGE),
            Action::First => 0,
            _ => self.first,
        };
        Answer::Done
    }

    /// Limits the first row to `last`.
    pub fn limit(&mut self, last: usize) {
        self.first = self.first.min(last);
    }
}
