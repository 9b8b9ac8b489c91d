//! Batches prepared ahead of the step that needs them.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use super::engine::Failure;
use crate::data::{Dataset, Error, Sampler};

/// Batches that wait ready.
const AHEAD: usize = 4;

/// A batch, or why there is none.
type Batch = Result<Vec<f32>, Error>;

/// Hands out batches by index and lets a thread prepare the following ones. What it hands out is a function of the
/// index and of the settings in force; how far the thread was ahead changes nothing.
#[derive(Debug)]
pub(crate) struct Prefetch {
    dataset: Arc<Dataset>,
    seed: u64,
    batch: usize,
    /// Batches from the running thread in the order of their index, and the index of the next.
    stream: Option<(u64, Receiver<Batch>)>,
}

impl Prefetch {
    pub(crate) fn new(dataset: Arc<Dataset>, seed: u64, batch: usize) -> Self {
        Self {
            dataset,
            seed,
            batch,
            stream: None,
        }
    }

    /// Changes what batches are drawn from; those prepared before are dropped.
    pub(crate) fn change(&mut self, dataset: Arc<Dataset>, batch: usize) {
        *self = Self::new(dataset, self.seed, batch);
    }

    /// Batch `index`, (features, batch). Asking in ascending order is fast.
    ///
    /// # Errors
    /// Those of the data; no thread can be started, or the one that prepares batches died.
    pub(crate) fn batch(&mut self, index: u64) -> Result<Vec<f32>, Failure> {
        let receiver = match self.stream.take() {
            Some((next, receiver)) if next == index => receiver,
            _ => self.start(index)?,
        };
        let batch = receiver
            .recv()
            .map_err(|_| "the thread that prepares batches died")??;
        self.stream = Some((index + 1, receiver));
        Ok(batch)
    }

    /// Starts a thread from batch `first`; it ends when its receiver is gone.
    fn start(&self, first: u64) -> io::Result<Receiver<Batch>> {
        let (sender, receiver) = sync_channel(AHEAD);
        let mut sampler = Sampler::new(Arc::clone(&self.dataset), self.seed, self.batch);
        thread::Builder::new()
            .name("sn-tui batches".into())
            .spawn(move || {
                for index in first.. {
                    let batch = sampler.batch(index);
                    let last = batch.is_err();
                    if sender.send(batch).is_err() || last {
                        break;
                    }
                }
            })?;
        Ok(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{Data, Source};

    fn digits() -> Arc<Dataset> {
        let data = Data::images(Source::Digits, (1, 28, 28));
        Arc::new(Dataset::load(&data).unwrap())
    }

    #[test]
    fn batches_are_those_of_the_sampler_whatever_was_prepared_before() {
        let dataset = digits();
        let mut prefetch = Prefetch::new(dataset.clone(), 1, 64);
        let mut sampler = Sampler::new(dataset.clone(), 1, 64);
        for index in [0, 1, 2, 3, 2, 90, 91] {
            assert_eq!(
                prefetch.batch(index).unwrap(),
                sampler.batch(index).unwrap()
            );
        }
        prefetch.change(dataset.clone(), 48);
        let mut sampler = Sampler::new(dataset, 1, 48);
        for index in 92..95 {
            assert_eq!(
                prefetch.batch(index).unwrap(),
                sampler.batch(index).unwrap()
            );
        }
    }
}
