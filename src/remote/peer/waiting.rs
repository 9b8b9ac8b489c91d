//! Waiting for the next message of a peer.

use std::{
    io,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::PeerSession;

impl PeerSession<'_> {
    /// Waits until the peer sends something or closes the connection. Returns false if `patience` ends first, or, with
    /// `until_over`, if the run ends first.
    pub(super) fn wait_for_message(
        &self,
        patience: Option<Duration>,
        until_over: bool,
    ) -> io::Result<bool> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        loop {
            let mut fds = [
                PollFd::new(self.stream, PollFlags::IN),
                PollFd::new(self.stop.watched(), PollFlags::IN),
            ];
            let fds = if until_over {
                &mut fds[..]
            } else {
                &mut fds[..1]
            };
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(fds, left.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) => return Ok(!fds[0].revents().is_empty()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
