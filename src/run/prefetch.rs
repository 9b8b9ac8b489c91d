//! Prepares batches of real samples in advance.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use super::engine::Failure;
use crate::engine::data::{Dataset, Error, Sampler};

/// Maximum number of batches in the queue.
const AHEAD: usize = 4;
/// Most batches that are kept for other lanes: more than the updates of D by which lanes of one step can be apart.
const KEPT: usize = 8;

/// A batch (features, batch), or an error.
type Batch = Result<Vec<f32>, Error>;

/// Returns batches by index, and prepares the following ones on a thread. A batch depends only on its index and the
/// settings in force, not on the progress of the thread.
///
/// Lanes with the same data and batch size share the thread and its batches, see [`Prefetch::beside`].
#[derive(Debug)]
pub(crate) struct Prefetch {
    dataset: Arc<Dataset>,
    seed: u64,
    /// Number of samples in a batch.
    batch: usize,
    stream: Arc<Mutex<Stream>>,
}

/// The batches of a thread, in the order of their indices.
#[derive(Debug, Default)]
struct Stream {
    /// Index of the next batch from the thread, and the channel of batches.
    source: Option<(u64, Receiver<Batch>)>,
    /// Batches that not all lanes have taken, if they share them.
    kept: VecDeque<Kept>,
}

/// A batch that other lanes may still need.
#[derive(Debug)]
struct Kept {
    index: u64,
    batch: Vec<f32>,
    /// Lanes that have taken it.
    taken: usize,
}

impl Prefetch {
    /// Batches of `batch` samples. The thread starts with the first request.
    pub(crate) fn new(dataset: Arc<Dataset>, seed: u64, batch: usize) -> Self {
        Self {
            dataset,
            seed,
            batch,
            stream: Arc::default(),
        }
    }

    /// Batches for another lane with this data set and batch size: shared ones if they are the same.
    pub(crate) fn beside(&self, dataset: Arc<Dataset>, batch: usize) -> Self {
        let mut other = Self::new(dataset, self.seed, batch);
        if Arc::ptr_eq(&other.dataset, &self.dataset) && other.batch == self.batch {
            other.stream = Arc::clone(&self.stream);
        }
        other
    }

    /// The data set of the batches.
    pub(crate) fn dataset(&self) -> &Arc<Dataset> {
        &self.dataset
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
        let lanes = Arc::strong_count(&self.stream);
        let is_shared = lanes > 1;
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = stream.kept.iter().position(|kept| kept.index == index) {
            let kept = &mut stream.kept[at];
            kept.taken += 1;
            if kept.taken < lanes {
                return Ok(kept.batch.clone());
            }
            let last = stream.kept.remove(at);
            return Ok(last.map(|kept| kept.batch).unwrap_or_default());
        }
        let next = stream.source.as_ref().map(|(next, _)| *next);
        if is_shared && next.is_some_and(|next| next != index) {
            // This lane has other updates of D than the others: it goes on by itself.
            drop(stream);
            self.stream = Arc::default();
            return self.batch(index);
        }
        let receiver = match stream.source.take() {
            Some((next, receiver)) if next == index => receiver,
            _ => self.start(index)?,
        };
        let batch = receiver
            .recv()
            .map_err(|_| "the thread that prepares batches died")??;
        stream.source = Some((index + 1, receiver));
        if is_shared {
            stream.kept.push_back(Kept {
                index,
                batch: batch.clone(),
                taken: 1,
            });
            let old = stream.kept.len().saturating_sub(KEPT);
            stream.kept.drain(..old);
        } else {
            stream.kept.clear();
        }
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
    #[test]
    fn lanes_share_batches_and_part_when_their_indices_do() {
        let dataset = digits();
        let mut a = Prefetch::new(dataset.clone(), 1, 32);
        let mut sampler = Sampler::new(dataset.clone(), 1, 32);
        let mut equal = |prefetch: &mut Prefetch, index| {
            assert_eq!(
                prefetch.batch(index).unwrap(),
                sampler.batch(index).unwrap()
            );
        };
        equal(&mut a, 0);
        let mut b = a.beside(dataset.clone(), 32);
        for index in 1..4 {
            equal(&mut a, index);
            equal(&mut b, index);
        }
        for index in 4..8 {
            let mut both = [&mut a, &mut b];
            both.rotate_left(index as usize % 2);
            for lane in both {
                equal(lane, index);
            }
        }
        assert!(Arc::ptr_eq(&a.stream, &b.stream));
        for index in [40, 41, 42] {
            equal(&mut b, index);
        }
        assert!(!Arc::ptr_eq(&a.stream, &b.stream));
        equal(&mut a, 8);
        let other = a.beside(digits(), 32);
        assert!(!Arc::ptr_eq(&a.stream, &other.stream));
    }
}
