//! Keys, on a thread that owns crossterm's reader.
//!
//! crossterm 0.29 does not tell a hang-up from silence and blocks on half an escape sequence. So this thread waits with
//! poll(2) itself, asks crossterm only for what is already there, and blocks nobody but itself.

use std::{
    io::{self, PipeWriter},
    os::fd::AsFd,
    sync::mpsc::Sender,
    thread,
    time::Duration,
};

use crossterm::event::{self, KeyEventKind};
use rustix::event::{PollFd, PollFlags, poll};

use super::event::Event;

/// Hands keys on as events until it is dropped.
pub struct Reader {
    _stop: PipeWriter,
}

impl Reader {
    pub fn start(events: Sender<Event>) -> io::Result<Self> {
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
                    match poll(&mut fds, None) {
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
                    match drain(&events) {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(_) => break,
                    }
                }
                // Nobody listening any more is no failure.
                let _ = events.send(Event::HangUp);
            })?;
        Ok(Self { _stop: stop })
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
