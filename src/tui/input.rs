//! Keys, on a thread that owns crossterm's reader.
//!
//! crossterm 0.29 spins in `event::poll` after a hang-up and blocks on half an escape sequence. So this thread waits
//! with poll(2) itself, which tells a hang-up from a key, and asks crossterm only for what is already there.

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
                        Ok(Drained::Some) => {}
                        // Half a sequence, or bytes that crossterm keeps for later: poll(2) would report them at once again.
                        Ok(Drained::Nothing) => thread::sleep(Duration::from_millis(10)),
                        Ok(Drained::NobodyListens) => return,
                        Err(_) => break,
                    }
                }
                // Nobody listening any more is no failure.
                let _ = events.send(Event::HangUp);
            })?;
        Ok(Self { _stop: stop })
    }
}

enum Drained {
    Some,
    Nothing,
    NobodyListens,
}

fn drain(events: &Sender<Event>) -> io::Result<Drained> {
    let mut drained = Drained::Nothing;
    while event::poll(Duration::ZERO)? {
        drained = Drained::Some;
        if let event::Event::Key(key) = event::read()?
            && key.kind != KeyEventKind::Release
            && events.send(Event::Key(key)).is_err()
        {
            return Ok(Drained::NobodyListens);
        }
    }
    Ok(drained)
}
