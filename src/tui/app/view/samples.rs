//! The view of samples: their history and the selection.

use std::{cell::Cell, sync::Arc};

use super::Answer;
use crate::{
    model::{Command, Samples as SampleData, Snapshot},
    tui::app::action::Action,
};

/// The maximum size of the history, in bytes.
const MAX_BYTES: usize = 48 << 20;
/// The maximum length of the history.
const MAX_COUNT: usize = 400;

/// Samples by step, the latest last. Older ones are thinned out, and only the latest have real samples.
pub(crate) type Pictures = Vec<(u64, Arc<SampleData>)>;

/// The state of the view.
#[derive(Debug, Default)]
pub struct Samples {
    /// The history.
    kept: Pictures,
    /// The index of the visible entry in `kept`. `None` while the latest is shown.
    shown: Option<usize>,
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
        let Some(samples) = &snapshot.samples else {
            return;
        };
        let step = step(samples);
        match self.kept.last() {
            Some((last, _)) if *last == step => return,
            Some((last, _)) if *last > step => *self = Self::default(),
            _ => {}
        }
        if let Some((_, before)) = self.kept.last_mut() {
            *before = without_real(before);
        }
        self.kept.push((step, Arc::clone(samples)));
        while self.kept.len() > MAX_COUNT || self.bytes() > MAX_BYTES && self.kept.len() > 8 {
            self.thin();
        }
    }

    /// Replaces the history by that of another lane, and returns it. The latest samples are then shown.
    pub(crate) fn exchange(&mut self, pictures: Pictures) -> Pictures {
        self.shown = None;
        std::mem::replace(&mut self.kept, pictures)
    }

    /// Drops every other entry of the older half.
    fn thin(&mut self) {
        let shown = self.shown.and_then(|at| self.kept.get(at)).map(|k| k.0);
        let half = self.kept.len() / 2;
        let mut position = 0;
        self.kept.retain(|_| {
            position += 1;
            position > half || position % 2 == 1
        });
        self.shown = shown.map(|step| {
            let after = self.kept.partition_point(|k| k.0 <= step);
            after.saturating_sub(1)
        });
    }

    /// Returns the size of the history in bytes.
    fn bytes(&self) -> usize {
        self.kept.iter().map(|(_, samples)| bytes(samples)).sum()
    }

    /// Returns the visible samples, or `None` before the first ones.
    pub fn shown(&self) -> Option<&Arc<SampleData>> {
        let at = self.shown.unwrap_or(self.kept.len().checked_sub(1)?);
        self.kept.get(at).map(|(_, samples)| samples)
    }

    /// Returns the position of the visible samples in the history, from 1, and the length of the history.
    pub fn position(&self) -> (usize, usize) {
        let count = self.kept.len();
        (self.shown.map_or(count, |at| at + 1), count)
    }

    /// Returns whether the latest samples are shown.
    pub fn is_live(&self) -> bool {
        self.shown.is_none()
    }

    /// Handles an action.
    pub fn update(&mut self, action: Action, snapshot: &Snapshot) -> Answer {
        let last = self.kept.len().saturating_sub(1);
        let at = self.shown.unwrap_or(last);
        match action {
            Action::PageUp => self.shown = (last > 0).then(|| at.saturating_sub(1)),
            Action::PageDown => self.shown = (at + 1 < last).then_some(at + 1),
            Action::First => self.shown = (last > 0).then_some(0),
            Action::Last => self.shown = None,
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

fn bytes(samples: &SampleData) -> usize {
    match samples {
        SampleData::Images { pixels, real, .. } => pixels.iter().chain(real).map(Vec::len).sum(),
        SampleData::Points {
            generated, real, ..
        } => (generated.len() + real.len()) * size_of::<[f32; 2]>(),
    }
}

/// Returns the samples without real images, which are the same at every step. Real points are kept: they are drawn in
/// the same picture.
fn without_real(samples: &Arc<SampleData>) -> Arc<SampleData> {
    match &**samples {
        SampleData::Images {
            step,
            channels,
            height,
            width,
            pixels,
            real,
        } if !real.is_empty() => Arc::new(SampleData::Images {
            step: *step,
            channels: *channels,
            height: *height,
            width: *width,
            pixels: pixels.clone(),
            real: Vec::new(),
        }),
        _ => Arc::clone(samples),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert!(view.bytes() <= MAX_BYTES && view.kept.len() <= MAX_COUNT);
        assert!(view.kept.len() > 100, "{}", view.kept.len());
        assert_eq!((view.kept[0].0, view.kept.last().unwrap().0), (1, 3_000));
        let steps: Vec<u64> = view.kept.iter().map(|k| k.0).collect();
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
