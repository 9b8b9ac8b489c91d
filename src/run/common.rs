//! What lanes have in common: statistics of real samples are computed once and used by all lanes that need the same.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Values that lanes have computed. Clones belong to other lanes. A value lives as long as a lane uses it.
pub(super) struct Common<T>(Arc<Mutex<Vec<Weak<T>>>>);

impl<T> Clone for Common<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Common<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Common<T> {
    /// The value of any lane for which `fits` holds.
    pub(super) fn find(&self, fits: impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.retain(|value| value.strong_count() > 0);
        list.iter()
            .filter_map(Weak::upgrade)
            .find(|value| fits(value))
    }

    /// Adds a value that other lanes can find.
    pub(super) fn add(&self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(Arc::downgrade(&value));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_while_a_lane_uses_it() {
        let a = Common::default();
        let b = a.clone();
        let first = a.add(7);
        assert!(Arc::ptr_eq(&first, &b.find(|&value| value == 7).unwrap()));
        assert!(b.find(|&value| value == 8).is_none());
        drop(first);
        assert!(b.find(|_| true).is_none());
    }
}
