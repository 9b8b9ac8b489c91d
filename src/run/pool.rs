//! The pool of compute threads.

use std::thread::{self, JoinHandle};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{engine::nn::host::allocator, rundir::Error};

/// Stack size of a compute thread in bytes.
const STACK: usize = 8 << 20;

/// A pool with `threads` threads, at least one.
///
/// # Errors
/// If a thread cannot be started.
pub(crate) fn pool(threads: usize) -> Result<ThreadPool, Error> {
    Ok(Pool::new(threads)?.pool)
}

/// A thread pool that can wait for the end of its threads.
#[derive(Debug)]
pub(crate) struct Pool {
    pool: ThreadPool,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `threads` threads, at least one.
    ///
    /// # Errors
    /// If a thread cannot be started.
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

    /// Executes `work` on a thread of the pool.
    pub(crate) fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Ends all threads and returns their memory to the system.
    pub(crate) fn end(self) {
        drop(self.pool);
        for thread in self.threads {
            // A panic has already been reported.
            let _ = thread.join();
        }
        allocator::release_free_memory();
    }
}
