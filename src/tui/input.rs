//! Keys, on a thread that owns crossterm's reader.
//!
//! crossterm 0.29 does not tell a hang-up from silence and blocks on half an escape sequence. So this thread waits with
//! poll(2) itself, asks crossterm only for what is already there, and blocks nobody but itself.

use std::{
    io::{self, PipeWriter},
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::Sender,
    },
    thread,
    time::{Duration, Instant},
};

use crossterm::event::{self, KeyEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{
    event::Event,
    graphics::{ask::Listener, typed::Typed},
};

/// Hands keys on as events until it is dropped.
pub struct Reader {
    _stop: PipeWriter,
    awaited: Arc<Awaited>,
}

/// How long replies of the terminal may take. Until then keys are read without crossterm, which would take a reply for
/// keys.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long half a sequence may take to go on.
const PAUSE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 60_000_000,
};

/// Whether replies of the terminal are awaited.
#[derive(Debug)]
struct Awaited {
    began: Instant,
    /// Milliseconds after the beginning until which they are; 0 for not at all.
    until: AtomicU64,
}

impl Awaited {
    fn is_on(&self) -> bool {
        self.began.elapsed().as_millis() < self.until.load(Ordering::SeqCst).into()
    }
}

impl Reader {
    /// From now on the terminal may reply to a question.
    pub fn await_replies(&self) {
        let until = self.awaited.began.elapsed() + PATIENCE;
        self.awaited
            .until
            .store(until.as_millis() as u64, Ordering::SeqCst);
    }

    /// Whether a question is still unanswered.
    pub fn is_awaiting(&self) -> bool {
        self.awaited.is_on()
    }

    pub fn start(events: Sender<Event>) -> io::Result<Self> {
        let awaited = Arc::new(Awaited {
            began: Instant::now(),
            until: AtomicU64::new(0),
        });
        let mut replies = Replying {
            awaited: Arc::clone(&awaited),
            listener: Listener::default(),
            typed: Typed::default(),
        };
        let (stopped, stop) = io::pipe()?;
        let terminal = io::stdin().as_fd().try_clone_to_owned()?;
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                loop {
                    let mut fds = [
                        PollFd::new(&terminal, PollFlags::IN),
                        PollFd::new(&stopped, PollFlags::IN),
                    ];
                    let patience = replies.listener.is_waiting().then_some(&PAUSE);
                    match poll(&mut fds, patience) {
                        Ok(0) => {
                            if !replies.give_up(&events) {
                                return;
                            }
                            continue;
                        }
                        Ok(_) => {}
                        Err(rustix::io::Errno::INTR) => continue,
                        Err(_) => break,
                    }
                    let (keys, end) = (fds[0].revents(), fds[1].revents());
                    if !end.is_empty() {
                        return;
                    }
                    if keys.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
                        break;
                    }
                    let drained = match replies.awaited.is_on() {
                        true => replies.drain(&terminal, &events),
                        false if replies.give_up(&events) => drain(&events),
                        false => Ok(false),
                    };
                    match drained {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(_) => break,
                    }
                }
                // Nobody listening any more is no failure.
                let _ = events.send(Event::HangUp);
            })?;
        Ok(Self {
            _stop: stop,
            awaited,
        })
    }
}

/// With no time at all crossterm would not even look.
const LOOK: Duration = Duration::from_millis(1);

/// Hands on the keys that are there; whether somebody listens.
fn drain(events: &Sender<Event>) -> io::Result<bool> {
    while event::poll(LOOK)? {
        if let event::Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
            && events.send(Event::Key(key)).is_err()
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads while replies are awaited.
struct Replying {
    awaited: Arc<Awaited>,
    listener: Listener,
    typed: Typed,
}

impl Replying {
    /// Hands on what is there, replies and keys; whether somebody listens.
    fn drain(&mut self, terminal: &OwnedFd, events: &Sender<Event>) -> io::Result<bool> {
        let mut bytes = [0; 1024];
        let count = match rustix::io::read(terminal, &mut bytes) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        let heard = self.listener.take(&bytes[..count]);
        if let Some(replies) = heard.replies {
            self.awaited.until.store(0, Ordering::SeqCst);
            if events.send(Event::Replies(replies)).is_err() {
                return Ok(false);
            }
        }
        Ok(self.hand_on(&heard.typed, events))
    }

    /// Hands on what began like a reply and did not go on.
    fn give_up(&mut self, events: &Sender<Event>) -> bool {
        let begun = self.listener.give_up();
        self.hand_on(&begun, events)
    }

    fn hand_on(&mut self, bytes: &[u8], events: &Sender<Event>) -> bool {
        let mut keys = self.typed.keys(bytes).into_iter();
        keys.all(|key| events.send(Event::Key(key)).is_ok())
    }
}
