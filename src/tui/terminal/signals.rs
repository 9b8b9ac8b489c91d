//! The thread that receives signals.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH},
    flag,
    iterator::{Handle, Signals},
};

use super::event::{Event, Sender};

/// The signals that end the program.
const ENDING: [i32; 5] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1];
/// The signals that end the program at once after the screen has closed. Each is paired with whether it does so even if
/// the caller handles signals.
const IMMEDIATE: [(i32, bool); 3] = [(SIGTERM, false), (SIGINT, false), (SIGQUIT, true)];

/// Sends signals as events until it is dropped. After that, the signals in [`IMMEDIATE`] end the program at once. SIGHUP
/// is not among them: after a hang-up the shell sends it late, while the run is writing its files.
pub(crate) struct Watch {
    handle: Handle,
    closed: Arc<AtomicBool>,
}

impl Watch {
    /// Starts the thread.
    ///
    /// # Errors
    /// A signal handler cannot be installed, or the thread cannot be started.
    pub(crate) fn start(events: Sender, caller_handles_signals: bool) -> io::Result<Self> {
        let closed = Arc::new(AtomicBool::new(false));
        for (signal, _) in IMMEDIATE
            .iter()
            .filter(|(_, always)| *always || !caller_handles_signals)
        {
            flag::register_conditional_default(*signal, Arc::clone(&closed))?;
        }
        let others = [SIGWINCH, SIGTSTP, SIGCONT, SIGUSR2];
        let mut signals = Signals::new(ENDING.iter().chain(&others))?;
        let handle = signals.handle();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for signal in signals.forever() {
                    let event = match signal {
                        SIGWINCH => Event::Resize,
                        SIGTSTP => Event::Suspend,
                        SIGCONT => Event::Continue,
                        SIGUSR2 => Event::Save,
                        _ => Event::Signal(signal),
                    };
                    if events.send(event).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Self { handle, closed })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
        self.closed.store(true, Ordering::SeqCst);
    }
}
