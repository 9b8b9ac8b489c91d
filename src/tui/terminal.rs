//! Taking the terminal and giving it back.
#![expect(
    clippy::disallowed_methods,
    reason = "the screen is made of commands to the terminal"
)]

pub mod event;
pub mod input;
pub mod output;
pub mod signals;
pub mod typed;

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crossterm::{
    cursor,
    event::{DisableBracketedPaste, EnableBracketedPaste},
    queue,
    style::{Attribute, SetAttribute},
    terminal::{self, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    stdio::{dup2_stderr, dup2_stdin, dup2_stdout},
    termios::{QueueSelector, tcflush, tcgetwinsize},
};

/// Whether the terminal is ours.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; dropping it gives it back, whatever happened.
pub struct Guard(());

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, no cursor.
    pub fn take() -> io::Result<Self> {
        install_panic_hook();
        enter()?;
        Ok(Self(()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the terminal ours, also again after a stop.
pub fn enter() -> io::Result<()> {
    // The shell may have changed the mode meanwhile; crossterm must not believe that it is still raw.
    terminal::disable_raw_mode()?;
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    // Bracketed paste: pasted text must not act as keys.
    queue!(
        bytes,
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )?;
    write(&bytes)
}

/// Gives the terminal back. Does nothing the second time.
///
/// Called by the normal end, by the guard when an error or a panic unwinds, by the panic hook before the message is
/// printed, and when a signal ends or stops the program.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = Vec::new();
    let queued = queue!(
        bytes,
        EndSynchronizedUpdate,
        SetAttribute(Attribute::Reset),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    // Nothing can be done for a terminal that is gone.
    if queued.is_ok() && accepts_output() {
        let _ = write(&bytes);
    }
    let _ = terminal::disable_raw_mode();
}

/// Whether the terminal reads, or begins to within half a second.
fn accepts_output() -> bool {
    let stdout = io::stdout();
    let fd = stdout.as_fd();
    let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
    let patience = Timespec {
        tv_sec: 0,
        tv_nsec: 500_000_000,
    };
    matches!(poll(&mut fds, Some(&patience)), Ok(n) if n > 0)
}

/// Width and height of a cell in pixels, as the system knows them; over SSH it mostly does not.
pub fn cell() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    let width = size.ws_xpixel.checked_div(size.ws_col)?;
    let height = size.ws_ypixel.checked_div(size.ws_row)?;
    (width > 0 && height > 0).then_some((width, height))
}

/// Throws away what the terminal has sent and nobody has read.
pub fn forget_input() {
    // Nothing can be done for a terminal that is gone.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Whether the terminal has hung up.
pub fn is_gone() -> bool {
    has_hung_up(&io::stdin())
}

fn has_hung_up(terminal: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(terminal, PollFlags::empty())];
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    let polled = poll(&mut fds, Some(&Timespec::default()));
    matches!(polled, Ok(n) if n > 0) && fds[0].revents().intersects(gone)
}

/// Puts nothing in the place of a terminal that has hung up, so that nobody reads or writes there any more.
pub fn let_go() {
    let nothing = File::options().read(true).write(true).open("/dev/null");
    // Where that cannot be, what is read or written fails, as before.
    let Ok(nothing) = nothing else {
        return;
    };
    if has_hung_up(&io::stdin()) {
        let _ = dup2_stdin(&nothing);
    }
    if has_hung_up(&io::stdout()) {
        let _ = dup2_stdout(&nothing);
    }
    if has_hung_up(&io::stderr()) {
        let _ = dup2_stderr(&nothing);
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// While the terminal is ours, a panic of the screen's thread gives it back before it is reported, and one of another
/// thread goes to the log: that thread's owner turns it into a value, and its message must not cross the screen.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    let screen = thread::current().id();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == screen {
                restore();
                previous(info);
            } else if TAKEN.load(Ordering::SeqCst) {
                tracing::error!("{info}");
            } else {
                previous(info);
            }
        }));
    });
}
