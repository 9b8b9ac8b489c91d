//! Draws that several lanes have in common.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use super::{Stream, latents};

/// Draws that are kept for other lanes: more than the draws of one kind by which lanes of one step can be apart.
const KEPT: usize = 16;

/// Standard normal vectors for one lane. Clones belong to other lanes: what several of them need is drawn once.
///
/// A draw depends on its arguments alone, so sharing changes no value. A lane that is alone keeps nothing.
#[derive(Clone, Debug, Default)]
pub struct Draws {
    shared: Arc<Mutex<VecDeque<Kept>>>,
}

/// All that a draw depends on: seed, stream, index, length of a vector and number of vectors.
type Key = (u64, Stream, u64, usize, usize);

/// A draw that other lanes may still need.
#[derive(Debug)]
struct Kept {
    key: Key,
    numbers: Arc<OnceLock<Arc<[f32]>>>,
    /// Lanes that have taken it.
    taken: usize,
}

impl Draws {
    /// The vectors of [`latents`], (latent, count) batch-last.
    pub fn latents(
        &self,
        seed: u64,
        stream: Stream,
        index: u64,
        latent: usize,
        count: usize,
    ) -> Arc<[f32]> {
        let draw = || latents(seed, stream, index, latent, count).into();
        let lanes = Arc::strong_count(&self.shared);
        if lanes == 1 {
            self.list().clear();
            return draw();
        }
        // The list is not locked while numbers are drawn.
        let numbers = self.take((seed, stream, index, latent, count), lanes);
        Arc::clone(numbers.get_or_init(draw))
    }

    /// The place of a draw. It leaves the list once all lanes have taken it.
    fn take(&self, key: Key, lanes: usize) -> Arc<OnceLock<Arc<[f32]>>> {
        let mut list = self.list();
        let found = list.iter().position(|kept| kept.key == key);
        let mut kept = found
            .and_then(|place| list.remove(place))
            .unwrap_or_else(|| Kept {
                key,
                numbers: Arc::default(),
                taken: 0,
            });
        kept.taken += 1;
        let numbers = Arc::clone(&kept.numbers);
        if kept.taken < lanes {
            list.push_back(kept);
            let old = list.len().saturating_sub(KEPT);
            list.drain(..old);
        }
        numbers
    }

    fn list(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(draws: &Draws) -> usize {
        draws.list().len()
    }

    #[test]
    fn lanes_share_a_draw_until_all_have_taken_it() {
        let a = Draws::default();
        let b = a.clone();
        let draw = |draws: &Draws, index| draws.latents(3, Stream::LatentsD, index, 4, 5);
        let first = draw(&a, 0);
        assert_eq!(first[..], latents(3, Stream::LatentsD, 0, 4, 5));
        assert_eq!(kept(&a), 1);
        assert!(Arc::ptr_eq(&first, &draw(&b, 0)));
        assert_eq!(kept(&a), 0);
        // Another number of vectors is another draw.
        let other = a.latents(3, Stream::LatentsD, 0, 4, 6);
        assert_eq!(other[..], latents(3, Stream::LatentsD, 0, 4, 6));
        assert!(!Arc::ptr_eq(&draw(&b, 0), &draw(&a, 1)));
    }

    #[test]
    fn lanes_that_are_apart_keep_little_and_a_lane_alone_nothing() {
        let a = Draws::default();
        let b = a.clone();
        for index in 0..100 {
            a.latents(0, Stream::LatentsG, index, 2, 2);
        }
        assert_eq!(kept(&a), KEPT);
        let late = b.latents(0, Stream::LatentsG, 0, 2, 2);
        assert_eq!(late[..], latents(0, Stream::LatentsG, 0, 2, 2));
        drop(b);
        a.latents(0, Stream::LatentsD, 0, 2, 2);
        assert_eq!(kept(&a), 0);
    }
}
