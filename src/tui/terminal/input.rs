//! What is typed and pasted, and what the terminal replies, on a thread of its own.
//!
//! The thread waits with poll(2), reads what is there and hands it on: it blocks on nothing else, so that Ctrl-C is seen
//! however much comes before it.

use std::{
    io::{self, PipeWriter},
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{
    event::{Event, Sender},
    typed::Typed,
};
use crate::tui::picture::graphics::ask::Listener;

/// Hands keys on as events until it is dropped.
pub struct Reader {
    _stop: PipeWriter,
    awaited: Arc<Awaited>,
}

/// How long replies of the terminal may take; later ones are taken off the keys and mean nothing.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long half a sequence may take to go on, and how long a pause in a paste is.
const PAUSE: Duration = Duration::from_millis(60);
const PAUSE_IN_PASTE: Duration = Duration::from_millis(300);
/// Bytes in one read.
const READ: usize = 16 << 10;

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

    pub fn start(events: Sender) -> io::Result<Self> {
        let awaited = Arc::new(Awaited {
            began: Instant::now(),
            until: AtomicU64::new(0),
        });
        let reading = Reading {
            terminal: io::stdin().as_fd().try_clone_to_owned()?,
            awaited: Arc::clone(&awaited),
            listener: Listener::default(),
            typed: Typed::default(),
            events,
        };
        let (stopped, stop) = io::pipe()?;
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || reading.until_end(&stopped))?;
        Ok(Self {
            _stop: stop,
            awaited,
        })
    }
}

struct Reading {
    terminal: OwnedFd,
    awaited: Arc<Awaited>,
    listener: Listener,
    typed: Typed,
    events: Sender,
}

/// Why reading ends.
enum Over {
    /// Nobody listens any more.
    Unheard,
    HangUp,
}

impl Reading {
    fn until_end(mut self, stopped: &impl AsFd) {
        loop {
            match self.round(stopped) {
                Ok(()) => {}
                Err(Over::Unheard) => return,
                Err(Over::HangUp) => {
                    // Nobody listening any more is no failure.
                    let _ = self.events.send(Event::HangUp);
                    return;
                }
            }
        }
    }

    /// Waits for bytes and hands on what they are.
    fn round(&mut self, stopped: &impl AsFd) -> Result<(), Over> {
        let mut fds = [
            PollFd::new(&self.terminal, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        let patience = match (self.listener.is_waiting(), self.typed.is_pasting()) {
            (true, _) => Timespec::try_from(PAUSE).ok(),
            (false, true) => Timespec::try_from(PAUSE_IN_PASTE).ok(),
            (false, false) => None,
        };
        match poll(&mut fds, patience.as_ref()) {
            Ok(0) => return self.give_up(),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Err(_) => return Err(Over::HangUp),
        }
        let (keys, end) = (fds[0].revents(), fds[1].revents());
        if !end.is_empty() {
            return Err(Over::Unheard);
        }
        if keys.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(Over::HangUp);
        }
        let mut bytes = [0; READ];
        match rustix::io::read(&self.terminal, &mut bytes) {
            Ok(0) => Err(Over::HangUp),
            Ok(count) => self.take(&bytes[..count]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(()),
            Err(_) => Err(Over::HangUp),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Over> {
        let escape = self.listener.alone(bytes);
        self.hand_on(&escape)?;
        let heard = self.listener.take(bytes);
        if let Some(replies) = heard.replies
            && self.awaited.is_on()
        {
            self.awaited.until.store(0, Ordering::SeqCst);
            self.send(Event::Replies(replies))?;
        }
        self.hand_on(&heard.typed)
    }

    /// Hands on what began and did not go on.
    fn give_up(&mut self) -> Result<(), Over> {
        if self.listener.is_waiting() {
            let begun = self.listener.give_up();
            return self.hand_on(&begun);
        }
        let rest = self.typed.give_up();
        rest.into_iter().try_for_each(|event| self.send(event))
    }

    fn hand_on(&mut self, bytes: &[u8]) -> Result<(), Over> {
        let events = self.typed.take(bytes);
        events.into_iter().try_for_each(|event| self.send(event))
    }

    fn send(&self, event: Event) -> Result<(), Over> {
        self.events.send(event).map_err(|_| Over::Unheard)
    }
}
