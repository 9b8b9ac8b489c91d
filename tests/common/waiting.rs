//! Waiting for what another process or thread does.

use std::{
    thread,
    time::{Duration, Instant},
};

/// The longest time to wait, with a slow machine in mind.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until this holds.
///
/// # Panics
/// If it takes too long. A test that waits without a bound would hang, and say nothing.
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
