//! Points of the curves on their way from the worker to the feed.

use std::{collections::VecDeque, sync::Arc};

use super::{Feed, lock, try_lock};
use crate::model::{History, Measures, Outputs, Updates};

/// A queue of points for the curves. They wait here while a front end reads the curves.
#[derive(Debug, Default)]
pub(crate) struct Curves {
    waiting: VecDeque<Entry>,
}

/// Points of several curves.
#[derive(Debug)]
pub(crate) enum Entry {
    /// All measures of a step that updated these networks.
    Measures(Arc<Measures>, Updates),
    /// (step, values by the names of their curves).
    Figures(u64, Vec<(String, f32)>),
    /// Recorded histograms of D's output.
    Outputs(Arc<Outputs>),
}

impl Curves {
    /// Adds points to the curves of `feed`. If a reader holds them, the points wait for the next call.
    pub(crate) fn push(&mut self, feed: &Feed, entry: Entry) {
        self.waiting.push_back(entry);
        if let Some(mut history) = try_lock(&feed.history) {
            self.drain(&mut history);
        }
    }

    /// Adds all queued points. Waits for readers.
    pub(crate) fn flush(&mut self, feed: &Feed) {
        if !self.waiting.is_empty() {
            self.drain(&mut lock(&feed.history));
        }
    }

    fn drain(&mut self, history: &mut History) {
        for entry in self.waiting.drain(..) {
            match entry {
                Entry::Measures(measures, updates) => history.record(&measures, updates),
                Entry::Outputs(outputs) => history.push_outputs(outputs),
                Entry::Figures(step, figures) => {
                    for (name, value) in figures {
                        history.push(&name, step, value);
                    }
                }
            }
        }
    }
}
