//! Points of the curves, on their way from the worker.

use std::{collections::VecDeque, sync::Arc};

use super::{Feed, lock, try_lock};
use crate::model::{History, Measures, Updates};

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
                Entry::Measures(measures, updates) => history.record(&measures, updates),
                Entry::Figures(step, figures) => {
                    for (name, value) in figures {
                        history.push(&name, step, value);
                    }
                }
            }
        }
    }
}
