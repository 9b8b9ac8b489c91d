//! Prepares batches of real samples in advance.

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

/// Maximum number of batches in the queue.
const AHEAD: usize = 4;

/// A batch (features, batch), or an error.
type Batch = Result<Vec<f32>, Error>;

/// Returns batches by index, and prepares the following ones on a thread. A batch depends only on its index and the
/// settings in force, not on the progress of the thread.
#[derive(Debug)]
pub(crate) struct Prefetch {
    dataset: Arc<Dataset>,
    seed: u64,
    /// Number of samples in a batch.
    batch: usize,
    /// Index of the next batch from the thread, and the channel of batches.
    stream: Option<(u64, Receiver<Batch>)>,
}

impl Prefetch {
    /// Batches of `batch` samples. The thread starts with the first request.
    pub(crate) fn new(dataset: Arc<Dataset>, seed: u64, batch: usize) -> Self {
        Self {
            dataset,
            seed,
            batch,
            stream: None,
        }
    }

    /// Changes the data and the size of batches. Prepared batches are dropped.
    pub(crate) fn change(&mut self, dataset: Arc<Dataset>, batch: usize) {
        *self = Self::new(dataset, self.seed, batch);
    }

    /// The batch with this index, (features, batch). Consecutive indices are fast.
    ///
    /// # Errors
    /// If the data cannot be read, the thread cannot be started, or it died.
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

    /// Starts a thread at batch `first`. It ends when the receiver is dropped.
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
    fn batches_equal_those_of_the_sampler_in_any_order() {
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
