//! Frames on their way to the terminal, written by a thread of their own: a terminal that stops reading stops that
//! thread, and neither the screen nor the training.
#![expect(
    clippy::disallowed_methods,
    reason = "the screen is made of commands to the terminal"
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

/// Bytes in one write: what a stalled terminal may still get of a frame that is given up.
const CHUNK: usize = 4096;

/// The way to the terminal: one frame at a time.
pub struct Output {
    frames: Option<SyncSender<Vec<u8>>>,
    /// Disconnects when the thread has ended.
    ended: Receiver<()>,
    given_up: Arc<AtomicBool>,
    busy: bool,
}

impl Output {
    pub fn start(events: Sender) -> io::Result<Self> {
        // A descriptor of its own: a stalled write must not hold the lock of standard output.
        let mut terminal = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (frames, queue) = sync_channel::<Vec<u8>>(1);
        let (alive, ended) = channel::<()>();
        let given_up = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&given_up);
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || {
                let _alive = alive;
                for frame in queue {
                    let mut chunks = frame.chunks(CHUNK);
                    let written = chunks.try_for_each(|chunk| match stop.load(Ordering::SeqCst) {
                        true => Err(io::ErrorKind::Interrupted.into()),
                        false => terminal.write_all(chunk),
                    });
                    let event = match written {
                        Ok(()) => Event::Written,
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
            given_up,
            busy: false,
        })
    }

    /// Whether the last frame has gone out.
    pub fn is_idle(&self) -> bool {
        !self.busy
    }

    /// Hands a frame on. Only when idle; the event [`Event::Written`] and [`Output::written`] make it so again.
    pub fn send(&mut self, frame: Vec<u8>) {
        if let Some(frames) = &self.frames {
            self.busy = frames.try_send(frame).is_ok();
        }
    }

    /// Takes note that the last frame has gone out.
    pub fn written(&mut self) {
        self.busy = false;
    }

    /// Waits for the last frame, but not for ever: a terminal that does not read loses it, so that there is room for
    /// what gives the terminal back.
    pub fn finish(mut self, patience: Duration) {
        self.frames = None;
        if self.ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            self.given_up.store(true, Ordering::SeqCst);
            // A terminal that is gone has nothing to lose.
            let _ = tcflush(io::stdout(), QueueSelector::OFlush);
            // Linux makes room so and tells nobody: a write that waits, and keeps all others out, has to be woken.
            let _ = tcflow(io::stdout(), Action::OOff);
            let _ = tcflow(io::stdout(), Action::OOn);
            let _ = self.ended.recv_timeout(patience);
        }
    }
}
