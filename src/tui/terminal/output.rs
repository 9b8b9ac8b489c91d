//! The thread that writes frames to the terminal. A terminal that stops reading blocks only this thread.
#![expect(
    clippy::disallowed_methods,
    reason = "writes escape sequences to the terminal"
)]

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel},
    },
    thread,
    time::Duration,
};

use rustix::termios::{Action, QueueSelector, tcflow, tcflush};

use super::event::{Event, Sender};

/// The size of one write, in bytes. A stalled terminal may still receive this much of an abandoned frame.
const CHUNK: usize = 4096;

/// The handle of the output thread, which takes one frame at a time.
pub(crate) struct Output {
    frames: Option<SyncSender<Vec<u8>>>,
    /// Disconnected when the thread ends.
    ended: Receiver<()>,
    abandoned: Arc<AtomicBool>,
    busy: bool,
}

impl Output {
    /// Starts the thread.
    ///
    /// # Errors
    /// Standard output cannot be duplicated, or the thread cannot be started.
    pub(crate) fn start(events: Sender) -> io::Result<Self> {
        // A separate descriptor: a stalled write must not hold the lock of standard output.
        let mut terminal = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (frames, queue) = sync_channel::<Vec<u8>>(1);
        let (alive, ended) = channel::<()>();
        let abandoned = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&abandoned);
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                let _alive = alive;
                for frame in queue {
                    let mut chunks = frame.chunks(CHUNK);
                    let written = chunks.try_for_each(|chunk| {
                        if stop.load(Ordering::SeqCst) {
                            Err(io::ErrorKind::Interrupted.into())
                        } else {
                            terminal.write_all(chunk)
                        }
                    });
                    let event = match written {
                        Ok(()) => Event::FrameWritten,
                        Err(_) => Event::HangUp,
                    };
                    if events.send(event).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Self {
            frames: Some(frames),
            ended,
            abandoned,
            busy: false,
        })
    }

    /// Returns whether the last frame has been written.
    pub(crate) fn is_idle(&self) -> bool {
        !self.busy
    }

    /// Sends a frame to the thread. Call it only when idle. [`Event::FrameWritten`] reports that the frame is written.
    pub(crate) fn send(&mut self, frame: Vec<u8>) {
        if let Some(frames) = &self.frames {
            self.busy = frames.try_send(frame).is_ok();
        }
    }

    /// Marks the output as idle again. Call it on [`Event::FrameWritten`].
    pub(crate) fn frame_written(&mut self) {
        self.busy = false;
    }

    /// Waits for the last frame, up to `timeout`. After that the frame is dropped, to make room for the sequences that
    /// restore the terminal.
    pub(crate) fn finish(mut self, timeout: Duration) {
        self.frames = None;
        if self.ended.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
            self.abandoned.store(true, Ordering::SeqCst);
            // These calls fail only if the terminal has hung up, and then nothing is left to drop.
            let _ = tcflush(io::stdout(), QueueSelector::OFlush);
            // Linux does not wake a blocked write after the flush. Stopping and restarting the output does.
            let _ = tcflow(io::stdout(), Action::OOff);
            let _ = tcflow(io::stdout(), Action::OOn);
            let _ = self.ended.recv_timeout(timeout);
        }
    }
}
