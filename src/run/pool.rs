//! The threads that compute.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::Error;

/// Stack of the threads that compute, in bytes.
const STACK: usize = 8 << 20;

/// A pool of so many threads, of one at least.
///
/// # Errors
/// No thread can be started.
pub fn pool(threads: usize) -> Result<ThreadPool, Error> {
    ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|index| format!("sn-tui pool {index}"))
        .stack_size(STACK)
        .build()
        .map_err(|error| Error::Thread(std::io::Error::other(error)))
}
