//! Where things were drawn that a click can choose. What draws a thing adds it, so a click finds what is on the screen.

use std::cell::RefCell;

use ratatui::layout::{Position, Rect};

use super::view::{View, journal::Place};
use crate::{
    model::LaneId,
    tui::{layout::Pane, plot::steps::Across},
};

/// A thing that a click can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The tab of a view.
    View(View),
    /// The letter of a lane in the first line.
    Lane(LaneId),
    /// A pane of the dashboard.
    Pane(Pane),
    /// The inside of a chart over steps.
    Steps(Across),
    /// A row of a list, or a sample, by its number from 0.
    Row(usize),
    /// An entry of the journal.
    Entry(Place),
    /// Something that hides what was drawn before.
    Cover,
}

/// The targets of the last frame. Drawing changes nothing else of the state.
#[derive(Debug, Default)]
pub(crate) struct Targets(RefCell<Vec<(Rect, Target)>>);

impl Targets {
    /// Forgets all targets, before a frame is drawn.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Adds a target, over those that were drawn before.
    pub(crate) fn add(&self, area: Rect, target: Target) {
        self.0.borrow_mut().push((area, target));
    }

    /// Returns the targets at a cell, the topmost first, down to one that covers the others.
    pub(crate) fn at(&self, column: u16, row: u16) -> Vec<Target> {
        let all = self.0.borrow();
        let here = all.iter().rev();
        let here = here.filter(|(area, _)| area.contains(Position::new(column, row)));
        here.map(|(_, target)| *target)
            .take_while(|target| *target != Target::Cover)
            .collect()
    }

    /// Returns the panes of the dashboard that were drawn.
    pub(crate) fn panes(&self) -> Vec<Pane> {
        let all = self.0.borrow();
        let pane = |(_, target): &(Rect, Target)| match target {
            Target::Pane(pane) => Some(*pane),
            _ => None,
        };
        all.iter().filter_map(pane).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topmost_target_comes_first_and_a_cover_hides_the_rest() {
        let targets = Targets::default();
        let pane = Target::Pane(Pane::Losses);
        targets.add(Rect::new(0, 0, 10, 10), pane);
        targets.add(Rect::new(2, 2, 4, 4), Target::Row(3));
        assert_eq!(targets.at(2, 2), [Target::Row(3), pane]);
        assert_eq!(targets.at(1, 1), [pane]);
        assert_eq!(targets.at(10, 1), []);
        targets.add(Rect::new(0, 0, 3, 3), Target::Cover);
        targets.add(Rect::new(0, 0, 3, 1), Target::Row(7));
        assert_eq!(targets.at(2, 2), []);
        assert_eq!(targets.at(2, 0), [Target::Row(7)]);
        assert_eq!(targets.panes(), [Pane::Losses]);
        targets.clear();
        assert_eq!(targets.at(1, 1), []);
    }
}
