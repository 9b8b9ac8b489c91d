//! The end of a run, as the threads of the server see it.

use std::{
    io::{self, PipeReader, PipeWriter},
    os::fd::BorrowedFd,
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Tells the threads of the server that the run is over.
#[derive(Debug)]
pub(super) struct Stop {
    over: AtomicBool,
    woken: PipeReader,
}

impl Stop {
    /// Creates a stop for a run that is not over, and the pipe that wakes all threads when it is closed.
    ///
    /// # Errors
    /// There are too few descriptors.
    pub(super) fn new() -> io::Result<(Self, PipeWriter)> {
        let (woken, alive) = io::pipe()?;
        let over = AtomicBool::new(false);
        Ok((Self { over, woken }, alive))
    }

    /// Marks the run as over. The pipe must be closed after it.
    pub(super) fn set_over(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Returns whether the run is over.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Returns a descriptor that becomes readable when the run is over.
    pub(super) fn watched(&self) -> &PipeReader {
        &self.woken
    }

    /// Waits until one of `fds` is readable or `patience` ends. Returns false when the run is over.
    pub(super) fn wait(&self, fds: &[BorrowedFd], patience: Option<&Timespec>) -> bool {
        let mut fds: Vec<_> = fds
            .iter()
            .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
            .collect();
        loop {
            match poll(&mut fds, patience) {
                _ if self.is_over() => return false,
                Ok(_) => return true,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }
}
