//! Points of the curves, on their way from the worker.

use std::{collections::VecDeque, sync::Arc};

use super::{Feed, lock, try_lock};
use crate::{gan::Updates, metric::Measures, run::History};

/// What is on its way into the curves; it waits here while a front end reads them.
#[derive(Debug, Default)]
pub struct Curves {
    waiting: VecDeque<Entry>,
}

/// Points of several curves.
#[derive(Debug)]
pub enum Entry {
    /// Everything that a step of these networks measured.
    Measures(Arc<Measures>, Updates),
    /// Figures of a step by the names of their curves.
    Figures(u64, Vec<(String, f32)>),
}

impl Curves {
    /// Adds points to the curves of `feed`, now or, where a reader is at them, with the next ones.
    pub fn push(&mut self, feed: &Feed, entry: Entry) {
        self.waiting.push_back(entry);
        if let Some(mut history) = try_lock(&feed.history) {
            self.drain(&mut history);
        }
    }

    /// Adds what still waits, waiting for readers.
    pub fn flush(&mut self, feed: &Feed) {
        if !self.waiting.is_empty() {
            self.drain(&mut lock(&feed.history));
        }
    }

    fn drain(&mut self, history: &mut History) {
        for entry in self.waiting.drain(..) {
            match entry {
                Entry::Measures(measures, updates) => record(history, &measures, updates),
                Entry::Figures(step, figures) => {
                    for (name, value) in figures {
                        history.push(&name, step, value);
                    }
                }
            }
        }
    }
}

/// Adds the points of a step. One that updated a single network has none of the other: its measures are old ones.
pub fn record(history: &mut History, measures: &Measures, updates: Updates) {
    let step = measures.step;
    let (of_d, of_g) = (
        updates != Updates::Generator,
        updates != Updates::Discriminator,
    );
    for (name, of_it, value) in [
        ("loss_d", of_d, Some(measures.loss_d)),
        ("loss_g", of_g, Some(measures.loss_g)),
        ("d_real", of_d, Some(measures.d_real)),
        ("d_fake", of_d, Some(measures.d_fake)),
        ("accuracy_real", of_d, Some(measures.accuracy_real)),
        ("accuracy_fake", of_d, Some(measures.accuracy_fake)),
        ("grad_d", of_d, Some(measures.grad_d)),
        ("grad_g", of_g, Some(measures.grad_g)),
        ("grad_x_mean", of_g, measures.grad_x_mean),
        ("grad_x_max", of_g, measures.grad_x_max),
    ] {
        if let Some(value) = value.filter(|_| of_it) {
            history.push(name, step, value);
        }
    }
    for (kind, layers) in [
        ("sigma", &measures.sigma),
        ("weight_norm", &measures.weight_norm),
        ("gradient", &measures.gradient_norm),
    ] {
        for (layer, value) in layers {
            let of_it = if layer.starts_with("g.") { of_g } else { of_d };
            if of_it {
                history.push(&format!("{kind}.{layer}"), step, *value);
            }
        }
    }
}
