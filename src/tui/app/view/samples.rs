//! The view of samples: their history, and what is selected among them.

use std::{cell::Cell, sync::Arc};

use super::Answer;
use crate::{
    model::{Command, Samples as Made, Snapshot},
    tui::app::action::Action,
};

/// Bytes of pictures that are kept at most.
const BUDGET: usize = 48 << 20;
/// Pictures that are kept at most.
const MOST: usize = 400;

/// What the view remembers.
#[derive(Debug, Default)]
pub struct Samples {
    /// Samples of earlier steps, the latest last; older ones thinned out, and without their real ones.
    kept: Vec<(u64, Arc<Made>)>,
    /// Position among those kept of what is shown; none for the latest.
    shown: Option<usize>,
    /// Number of the selected sample.
    pub selected: usize,
    /// Whether the selected sample has the whole place.
    pub zoomed: bool,
    /// Whether real samples are shown beside the generated ones.
    pub beside: bool,
    /// One end of an interpolation whose other end is still to be chosen.
    pub start: Option<usize>,
    /// Samples in a row as they were drawn last, which says what lies above and below. Drawing notes it.
    pub columns: Cell<usize>,
}

impl Samples {
    /// Takes note of a new snapshot.
    pub fn observe(&mut self, snapshot: &Snapshot) {
        let Some(made) = &snapshot.samples else {
            return;
        };
        let step = step(made);
        match self.kept.last() {
            Some((last, _)) if *last == step => return,
            // Another run.
            Some((last, _)) if *last > step => *self = Self::default(),
            _ => {}
        }
        if let Some((_, before)) = self.kept.last_mut() {
            *before = without_real(before);
        }
        self.kept.push((step, Arc::clone(made)));
        while self.kept.len() > MOST || self.bytes() > BUDGET && self.kept.len() > 8 {
            self.thin();
        }
    }

    /// Drops every other one of the older half.
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

    fn bytes(&self) -> usize {
        self.kept.iter().map(|(_, made)| bytes(made)).sum()
    }

    /// What is shown; none before the first samples.
    pub fn shown(&self) -> Option<&Arc<Made>> {
        let at = self.shown.unwrap_or(self.kept.len().checked_sub(1)?);
        self.kept.get(at).map(|(_, made)| made)
    }

    /// Position of what is shown, and how many are kept.
    pub fn position(&self) -> (usize, usize) {
        let count = self.kept.len();
        (self.shown.map_or(count, |at| at + 1), count)
    }

    /// Whether new samples are shown as they come.
    pub fn is_live(&self) -> bool {
        self.shown.is_none()
    }

    /// Acts on a key.
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

    fn select(&mut self, action: Action) {
        let count = self.shown().map_or(0, |made| count(made));
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

    fn interpolate(&mut self, snapshot: &Snapshot) -> Answer {
        if snapshot.interpolation.is_some() && self.start.is_none() {
            return Answer::Ask(Command::Interpolate(None));
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
            Some(start) => Answer::Ask(Command::Interpolate(Some((start, self.selected)))),
        }
    }

    /// Goes back one thing: out of the zoom, to the latest samples; whether there was one.
    pub fn back(&mut self) -> bool {
        std::mem::take(&mut self.zoomed)
            || self.start.take().is_some()
            || self.shown.take().is_some()
    }
}

/// The step that samples are of.
pub fn step(made: &Made) -> u64 {
    match made {
        Made::Images { step, .. } | Made::Points { step, .. } => *step,
    }
}

fn count(made: &Made) -> usize {
    match made {
        Made::Images { pixels, .. } => pixels.len(),
        Made::Points { .. } => 0,
    }
}

fn bytes(made: &Made) -> usize {
    match made {
        Made::Images { pixels, real, .. } => pixels.iter().chain(real).map(Vec::len).sum(),
        Made::Points {
            generated, real, ..
        } => (generated.len() + real.len()) * size_of::<[f32; 2]>(),
    }
}

/// Real images are the same at every step: they are kept once. Real points go with their picture.
fn without_real(made: &Arc<Made>) -> Arc<Made> {
    match &**made {
        Made::Images {
            step,
            channels,
            height,
            width,
            pixels,
            real,
        } if !real.is_empty() => Arc::new(Made::Images {
            step: *step,
            channels: *channels,
            height: *height,
            width: *width,
            pixels: pixels.clone(),
            real: Vec::new(),
        }),
        _ => Arc::clone(made),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    fn snapshot(step: u64, count: usize, size: usize) -> Snapshot {
        Snapshot {
            samples: Some(Arc::new(Made::Images {
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
    fn a_long_run_keeps_its_beginning_its_end_and_bounded_memory() {
        let mut view = Samples::default();
        for step in 1..=3_000 {
            view.observe(&snapshot(step, 64, 3_072));
            view.observe(&snapshot(step, 64, 3_072));
        }
        assert!(view.bytes() <= BUDGET && view.kept.len() <= MOST);
        assert!(view.kept.len() > 100, "{}", view.kept.len());
        assert_eq!((view.kept[0].0, view.kept.last().unwrap().0), (1, 3_000));
        let steps: Vec<u64> = view.kept.iter().map(|k| k.0).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn scrubbing_stays_on_its_step_while_new_samples_come() {
        let mut view = Samples::default();
        (1..=10).for_each(|step| view.observe(&snapshot(step, 4, 4)));
        let now = snapshot(10, 4, 4);
        for _ in 0..3 {
            view.update(Action::PageUp, &now);
        }
        assert_eq!(view.shown().map(|made| step(made)), Some(7));
        (11..=30).for_each(|step| view.observe(&snapshot(step, 4, 4)));
        assert_eq!(view.shown().map(|made| step(made)), Some(7));
        assert!(!view.is_live() && view.back() && view.is_live());
        assert_eq!(view.shown().map(|made| step(made)), Some(30));
        view.update(Action::First, &now);
        assert_eq!(view.shown().map(|made| step(made)), Some(1));
        view.observe(&snapshot(2, 4, 4));
        assert_eq!(view.position(), (1, 1), "another run begins anew");
    }

    #[test]
    fn an_interpolation_has_two_ends_and_an_end() {
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
        let asked = Answer::Ask(Command::Interpolate(Some((0, 5))));
        assert_eq!(view.update(Action::Interpolate, &now), asked);
        now.interpolation = Some(Arc::new(crate::model::Interpolation {
            ends: (0, 5),
            samples: (**now.samples.as_ref().unwrap()).clone(),
        }));
        let ended = Answer::Ask(Command::Interpolate(None));
        assert_eq!(view.update(Action::Interpolate, &now), ended);
    }
}
