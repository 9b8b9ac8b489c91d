//! Setting up the terminal and restoring it.
#![expect(
    clippy::disallowed_methods,
    reason = "writes escape sequences to the terminal"
)]

pub(crate) mod event;
pub(crate) mod input;
pub(crate) mod output;
pub(crate) mod parser;
pub(crate) mod signals;
pub(crate) mod tmux;

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
    style::{Attribute, Print, SetAttribute},
    terminal::{self, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    stdio::{dup2_stderr, dup2_stdin, dup2_stdout},
    termios::{QueueSelector, tcflush, tcgetwinsize},
};

use super::look::theme::Look;

/// The sequences that keep the title of the terminal's window, and that bring it back.
const KEEP_TITLE: &str = "\x1b[22;2t";
const FORMER_TITLE: &str = "\x1b[23;2t";

fn has_title() -> bool {
    Look::from_env().titled
}

/// The sequences that make the terminal report presses, drags and the wheel of the mouse, with decimal coordinates. Motion
/// without a button is not reported: over a network every report costs a frame.
const REPORT_MOUSE: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// The sequences that end the reports of [`REPORT_MOUSE`].
const NO_MOUSE: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// Whether the screen uses the mouse.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Whether the terminal is set up for the screen.
static ACQUIRED: AtomicBool = AtomicBool::new(false);

/// A guard that restores the terminal when it is dropped.
pub(super) struct Guard(());

impl Guard {
    /// Sets up the terminal: raw mode, alternate screen, bracketed paste, no cursor, and reports of the mouse if `mouse`.
    ///
    /// # Errors
    /// The terminal does not accept it.
    pub(super) fn acquire(mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
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

/// Sets up the terminal for the screen, at the start and after a suspension.
///
/// # Errors
/// The terminal does not accept it.
pub(super) fn enter() -> io::Result<()> {
    // The shell may have changed the mode during a suspension, and crossterm would still take it for raw.
    terminal::disable_raw_mode()?;
    terminal::enable_raw_mode()?;
    ACQUIRED.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    // Bracketed paste: pasted text must not act as keys.
    if has_title() {
        queue!(bytes, Print(KEEP_TITLE))?;
    }
    queue!(
        bytes,
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )?;
    if MOUSE.load(Ordering::SeqCst) {
        queue!(bytes, Print(REPORT_MOUSE))?;
    }
    write(&bytes)
}

/// Restores the terminal. A second call does nothing.
///
/// Called at the normal end, by the guard when an error or a panic unwinds, by the panic hook before the message is
/// printed, and when a signal ends or suspends the program.
pub(super) fn restore() {
    if !ACQUIRED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut bytes = Vec::new();
    let no_mouse = if MOUSE.load(Ordering::SeqCst) {
        NO_MOUSE
    } else {
        ""
    };
    let queued = queue!(
        bytes,
        EndSynchronizedUpdate,
        Print(no_mouse),
        SetAttribute(Attribute::Reset),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let queued = if has_title() {
        queued.and_then(|()| queue!(bytes, Print(FORMER_TITLE)))
    } else {
        queued
    };
    // A terminal that has hung up needs no cleanup.
    if queued.is_ok() && accepts_output() {
        let _ = write(&bytes);
    }
    let _ = terminal::disable_raw_mode();
}

/// Returns whether the terminal accepts output within half a second.
fn accepts_output() -> bool {
    let stdout = io::stdout();
    let fd = stdout.as_fd();
    let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: 500_000_000,
    };
    matches!(poll(&mut fds, Some(&timeout)), Ok(n) if n > 0)
}

/// Returns the width and height of a cell in pixels, as the system reports them. Over SSH they are mostly unknown.
pub(super) fn cell_size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    let width = size.ws_xpixel.checked_div(size.ws_col)?;
    let height = size.ws_ypixel.checked_div(size.ws_row)?;
    (width > 0 && height > 0).then_some((width, height))
}

/// Discards the input of the terminal that was not read.
pub(super) fn discard_input() {
    // A terminal that has hung up needs no cleanup.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Returns whether the terminal has hung up.
pub(super) fn has_hung_up() -> bool {
    hung_up(&io::stdin())
}

fn hung_up(terminal: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(terminal, PollFlags::empty())];
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    let polled = poll(&mut fds, Some(&Timespec::default()));
    matches!(polled, Ok(n) if n > 0) && fds[0].revents().intersects(gone)
}

/// Replaces each standard stream that has hung up by `/dev/null`.
pub(super) fn detach() {
    let null = File::options().read(true).write(true).open("/dev/null");
    // Without it, reads and writes of the streams go on failing, which is harmless.
    let Ok(null) = null else {
        return;
    };
    if hung_up(&io::stdin()) {
        let _ = dup2_stdin(&null);
    }
    if hung_up(&io::stdout()) {
        let _ = dup2_stdout(&null);
    }
    if hung_up(&io::stderr()) {
        let _ = dup2_stderr(&null);
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Installs a panic hook. A panic of the screen's thread restores the terminal before it is reported. A panic of another
/// thread goes to the log while the screen is shown: the thread's owner handles it, and its message must not be printed
/// over the screen.
fn install_panic_hook() {
    static INSTALLED: Once = Once::new();
    let screen = thread::current().id();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == screen {
                restore();
                previous(info);
            } else if ACQUIRED.load(Ordering::SeqCst) {
                tracing::error!("{info}");
            } else {
                previous(info);
            }
        }));
    });
}
