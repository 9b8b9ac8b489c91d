//! The view of samples: their history and the selection.

use std::{cell::Cell, sync::Arc};

use super::{Answer, pictures::Pictures};
use crate::{
    model::{Command, Samples as SampleData, Snapshot},
    tui::app::action::Action,
};

/// The state of the view.
#[derive(Debug, Default)]
pub struct Samples {
    /// The history.
    pictures: Pictures,
    /// The step of the visible samples. `None` while the latest are shown.
    shown: Option<u64>,
    /// The index of the selected sample.
    pub selected: usize,
    /// Whether the selected sample fills the pane.
    pub zoomed: bool,
    /// Whether real samples are shown beside the generated ones.
    pub beside: bool,
    /// The first end of an interpolation, until the second one is chosen.
    pub start: Option<usize>,
    /// The number of samples in a row, set when they are drawn. Up and Down move by it.
    pub columns: Cell<usize>,
}

impl Samples {
    /// Adds the samples of a new snapshot to the history. An earlier step means another run and clears it.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        let mut pictures = std::mem::take(&mut self.pictures);
        if pictures.observe(snapshot) {
            *self = Self::default();
        }
        self.pictures = pictures;
    }

    /// Replaces the history by that of another lane, and returns it. The step that is shown stays.
    pub(crate) fn exchange(&mut self, pictures: Pictures) -> Pictures {
        std::mem::replace(&mut self.pictures, pictures)
    }

    /// Returns the index of the visible entry of the history.
    fn at(&self) -> Option<usize> {
        let last = self.pictures.count().checked_sub(1)?;
        Some(self.shown.map_or(last, |step| self.pictures.at(step)))
    }

    /// Returns the visible samples, or `None` before the first ones.
    pub fn shown(&self) -> Option<&Arc<SampleData>> {
        let (_, samples) = self.pictures.get(self.at()?)?;
        Some(samples)
    }

    /// Returns the step of the visible samples if they are not the latest.
    pub fn earlier(&self) -> Option<u64> {
        self.shown
    }

    /// Returns the position of the visible samples in the history, from 1, and the length of the history.
    pub fn position(&self) -> (usize, usize) {
        let count = self.pictures.count();
        (self.at().map_or(count, |at| at + 1), count)
    }

    /// Shows the samples at an index of the history.
    fn show(&mut self, at: usize) {
        self.shown = self.pictures.get(at).map(|(step, _)| step);
    }

    /// Returns whether the latest samples are shown.
    pub fn is_live(&self) -> bool {
        self.shown.is_none()
    }

    /// Handles an action.
    pub fn update(&mut self, action: Action, snapshot: &Snapshot) -> Answer {
        let last = self.pictures.count().saturating_sub(1);
        let at = self.at().unwrap_or(last);
        match action {
            Action::PageUp if last > 0 => self.show(at.saturating_sub(1)),
            Action::PageDown if at + 1 < last => self.show(at + 1),
            Action::First if last > 0 => self.show(0),
            Action::PageUp | Action::PageDown | Action::First | Action::Last => self.shown = None,
            Action::Choose => self.zoomed = !self.zoomed,
            Action::Beside => self.beside = !self.beside,
            Action::Interpolate => return self.interpolate(snapshot),
            _ => self.select(action),
        }
        Answer::Done
    }

    /// Moves the selection within the visible samples.
    fn select(&mut self, action: Action) {
        let count = self.shown().map_or(0, |samples| count(samples));
        let row = self.columns.get().max(1);
        let to = match action {
            Action::Left => self.selected.checked_sub(1),
            Action::Right => Some(self.selected + 1),
            Action::Up => self.selected.checked_sub(row),
            Action::Down => Some(self.selected + row),
            _ => None,
        };
        if let Some(to) = to.filter(|&to| to < count) {
            self.selected = to;
        }
    }

    /// Chooses an end of the interpolation, or ends the current one.
    fn interpolate(&mut self, snapshot: &Snapshot) -> Answer {
        if snapshot.interpolation.is_some() && self.start.is_none() {
            return Answer::Send(Command::Interpolate(None));
        }
        let number = self.selected + 1;
        match self.start.take() {
            None => {
                self.start = Some(self.selected);
                Answer::Say(format!(
                    "From sample {number}: select the other end and press the key again."
                ))
            }
            Some(start) if start == self.selected => {
                Answer::Say("No interpolation: both ends are the same sample.".to_owned())
            }
            Some(start) => Answer::Send(Command::Interpolate(Some((start, self.selected)))),
        }
    }

    /// Leaves the zoom, the choice of an interpolation or the history, in this order. Returns false if none of them was
    /// active.
    pub fn back(&mut self) -> bool {
        std::mem::take(&mut self.zoomed)
            || self.start.take().is_some()
            || self.shown.take().is_some()
    }
}

/// Returns the step of samples.
pub(crate) fn step(samples: &SampleData) -> u64 {
    match samples {
        SampleData::Images { step, .. } | SampleData::Points { step, .. } => *step,
    }
}

fn count(samples: &SampleData) -> usize {
    match samples {
        SampleData::Images { pixels, .. } => pixels.len(),
        SampleData::Points { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::pictures::{MAX_BYTES, MAX_COUNT},
        *,
    };
    use crate::run::fake;

    fn snapshot(step: u64, count: usize, size: usize) -> Snapshot {
        Snapshot {
            samples: Some(Arc::new(SampleData::Images {
                step,
                channels: 1,
                height: 1,
                width: size,
                pixels: vec![vec![0; size]; count],
                real: vec![vec![0; size]; count],
            })),
            ..fake::snapshot()
        }
    }

    #[test]
    fn the_history_keeps_its_ends_and_is_bounded() {
        let mut view = Samples::default();
        for step in 1..=3_000 {
            view.observe(&snapshot(step, 64, 3_072));
            view.observe(&snapshot(step, 64, 3_072));
        }
        assert!(view.pictures.bytes() <= MAX_BYTES && view.pictures.count() <= MAX_COUNT);
        let count = view.pictures.count();
        assert!(count > 100, "{count}");
        let steps: Vec<u64> = (0..count)
            .map(|at| view.pictures.get(at).unwrap().0)
            .collect();
        assert_eq!((steps[0], steps[count - 1]), (1, 3_000));
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn the_visible_step_stays_while_new_samples_arrive() {
        let mut view = Samples::default();
        (1..=10).for_each(|step| view.observe(&snapshot(step, 4, 4)));
        let now = snapshot(10, 4, 4);
        for _ in 0..3 {
            view.update(Action::PageUp, &now);
        }
        assert_eq!(view.shown().map(|samples| step(samples)), Some(7));
        (11..=30).for_each(|step| view.observe(&snapshot(step, 4, 4)));
        assert_eq!(view.shown().map(|samples| step(samples)), Some(7));
        assert!(!view.is_live() && view.back() && view.is_live());
        assert_eq!(view.shown().map(|samples| step(samples)), Some(30));
        view.update(Action::First, &now);
        assert_eq!(view.shown().map(|samples| step(samples)), Some(1));
        view.observe(&snapshot(2, 4, 4));
        assert_eq!(view.position(), (1, 1), "another run begins anew");
    }

    #[test]
    fn pictures_from_files_come_before_the_latest_samples() {
        let mut view = Samples::default();
        let mut now = snapshot(30, 4, 4);
        view.observe(&now);
        let of = |step| (step, snapshot(step, 4, 4).samples.unwrap());
        now.pictures = [of(10), of(20), of(30), of(40)].into();
        view.observe(&now);
        assert_eq!(view.position(), (3, 3));
        view.update(Action::PageUp, &now);
        assert_eq!((view.earlier(), view.position()), (Some(20), (2, 3)));
        assert_eq!(view.pictures.nearest(14).map(step), Some(10));
        assert_eq!(view.pictures.nearest(16).map(step), Some(20));
        // One more from a file does not move what is shown.
        now.pictures = [of(10), of(15), of(20)].into();
        view.observe(&now);
        assert_eq!((view.earlier(), view.position()), (Some(20), (3, 4)));
    }

    #[test]
    fn an_interpolation_starts_and_ends() {
        let mut view = Samples::default();
        let mut now = snapshot(1, 8, 4);
        view.observe(&now);
        view.columns.set(4);
        assert!(matches!(
            view.update(Action::Interpolate, &now),
            Answer::Say(_)
        ));
        view.update(Action::Down, &now);
        view.update(Action::Right, &now);
        view.update(Action::Down, &now);
        assert_eq!(view.selected, 5);
        let asked = Answer::Send(Command::Interpolate(Some((0, 5))));
        assert_eq!(view.update(Action::Interpolate, &now), asked);
        now.interpolation = Some(Arc::new(crate::model::Interpolation {
            ends: (0, 5),
            samples: (**now.samples.as_ref().unwrap()).clone(),
        }));
        let ended = Answer::Send(Command::Interpolate(None));
        assert_eq!(view.update(Action::Interpolate, &now), ended);
    }
}
