//! The thread that reads keys, pasted text and replies from the terminal.
//!
//! The thread waits with poll(2), reads the available bytes and sends them on as events. It blocks on nothing else, so
//! Ctrl-C is read however much input comes before it.

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
    parser::KeyParser,
};
use crate::tui::picture::graphics::query::ReplyParser;

/// The handle of the input thread. Dropping it stops the thread.
pub(crate) struct Reader {
    _stop: PipeWriter,
    deadline: Arc<ReplyDeadline>,
}

/// The maximum time for replies of the terminal. Later replies are dropped.
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);
/// The time after which an unfinished escape sequence is taken as keys.
const SEQUENCE_PAUSE: Duration = Duration::from_millis(60);
/// The time without input that counts as a pause in a paste.
const PASTE_PAUSE: Duration = Duration::from_millis(300);
/// The size of the read buffer, in bytes.
const BUFFER_BYTES: usize = 16 << 10;

/// The deadline for replies of the terminal.
#[derive(Debug)]
struct ReplyDeadline {
    began: Instant,
    /// The deadline in milliseconds after `began`; 0 while no reply is expected.
    until: AtomicU64,
}

impl ReplyDeadline {
    fn is_open(&self) -> bool {
        self.began.elapsed().as_millis() < self.until.load(Ordering::SeqCst).into()
    }
}

impl Reader {
    /// Starts to accept replies of the terminal.
    pub(crate) fn await_replies(&self) {
        let until = self.deadline.began.elapsed() + REPLY_TIMEOUT;
        self.deadline
            .until
            .store(until.as_millis() as u64, Ordering::SeqCst);
    }

    /// Returns whether replies of the terminal are still expected.
    pub(crate) fn is_awaiting(&self) -> bool {
        self.deadline.is_open()
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// Standard input cannot be duplicated, or the thread cannot be started.
    pub(crate) fn start(events: Sender) -> io::Result<Self> {
        let deadline = Arc::new(ReplyDeadline {
            began: Instant::now(),
            until: AtomicU64::new(0),
        });
        let input = InputLoop {
            terminal: io::stdin().as_fd().try_clone_to_owned()?,
            deadline: Arc::clone(&deadline),
            replies: ReplyParser::default(),
            keys: KeyParser::default(),
            events,
        };
        let (stopped, stop) = io::pipe()?;
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || input.run(&stopped))?;
        Ok(Self {
            _stop: stop,
            deadline,
        })
    }
}

struct InputLoop {
    terminal: OwnedFd,
    deadline: Arc<ReplyDeadline>,
    replies: ReplyParser,
    keys: KeyParser,
    events: Sender,
}

/// The reason why the thread ends.
enum Stop {
    /// The screen has closed.
    Closed,
    HangUp,
}

impl InputLoop {
    fn run(mut self, stopped: &impl AsFd) {
        loop {
            match self.read_once(stopped) {
                Ok(()) => {}
                Err(Stop::Closed) => return,
                Err(Stop::HangUp) => {
                    // It fails only if the screen has closed.
                    let _ = self.events.send(Event::HangUp);
                    return;
                }
            }
        }
    }

    /// Waits for input, reads it once and sends it on.
    fn read_once(&mut self, stopped: &impl AsFd) -> Result<(), Stop> {
        let mut fds = [
            PollFd::new(&self.terminal, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        let timeout = match (self.replies.is_waiting(), self.keys.is_unfinished()) {
            (true, _) => Timespec::try_from(SEQUENCE_PAUSE).ok(),
            (false, true) => Timespec::try_from(PASTE_PAUSE).ok(),
            (false, false) => None,
        };
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return self.flush(),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Err(_) => return Err(Stop::HangUp),
        }
        let (keys, end) = (fds[0].revents(), fds[1].revents());
        if !end.is_empty() {
            return Err(Stop::Closed);
        }
        if keys.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(Stop::HangUp);
        }
        let mut bytes = [0; BUFFER_BYTES];
        match rustix::io::read(&self.terminal, &mut bytes) {
            Ok(0) => Err(Stop::HangUp),
            Ok(count) => self.take(&bytes[..count]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(()),
            Err(_) => Err(Stop::HangUp),
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let escape = self.replies.lone_escape(bytes);
        self.parse_and_send(&escape)?;
        let parsed = self.replies.take(bytes);
        if let Some(replies) = parsed.replies
            && self.deadline.is_open()
        {
            self.deadline.until.store(0, Ordering::SeqCst);
            self.send(Event::Replies(replies))?;
        }
        self.parse_and_send(&parsed.typed)
    }

    /// Sends on unfinished input after a pause.
    fn flush(&mut self) -> Result<(), Stop> {
        if self.replies.is_waiting() {
            let begun = self.replies.flush();
            return self.parse_and_send(&begun);
        }
        let rest = self.keys.flush();
        rest.into_iter().try_for_each(|event| self.send(event))
    }

    fn parse_and_send(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let events = self.keys.take(bytes);
        events.into_iter().try_for_each(|event| self.send(event))
    }

    fn send(&self, event: Event) -> Result<(), Stop> {
        self.events.send(event).map_err(|_| Stop::Closed)
    }
}
