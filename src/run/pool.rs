//! The threads that compute.

use std::thread::{self, JoinHandle};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{nn::host::allocator, rundir::Error};

/// Stack of the threads that compute, in bytes.
const STACK: usize = 8 << 20;

/// A pool of so many threads, of one at least.
///
/// # Errors
/// No thread can be started.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool, Error> {
    Ok(Pool::new(threads)?.pool)
}

/// A pool whose threads can be waited for.
#[derive(Debug)]
pub(crate) struct Pool {
    pool: ThreadPool,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// So many threads, one at least.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn new(threads: usize) -> Result<Self, Error> {
        let mut started = Vec::new();
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .spawn_handler(|thread| {
                let builder = thread::Builder::new()
                    .name(format!("sn-tui pool {}", thread.index()))
                    .stack_size(STACK);
                started.push(builder.spawn(|| thread.run())?);
                Ok(())
            })
            .build()
            .map_err(|error| Error::Thread(std::io::Error::other(error)))?;
        Ok(Self {
            pool,
            threads: started,
        })
    }

    /// Works on one of the threads.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Ends the threads, and gives back the memory that they had.
    pub(crate) fn end(self) {
        drop(self.pool);
        for thread in self.threads {
            // A panic there has been reported.
            let _ = thread.join();
        }
        allocator::release_free_memory();
    }
}
