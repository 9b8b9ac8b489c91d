//! Signals, on a thread of their own.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    flag,
    iterator::{Handle, Signals},
};

use super::event::{Event, Sender};

/// Signals that end the program.
const ENDING: [i32; 4] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT];

/// Hands signals on as events until it is dropped; from then on those that end a program do so at once again. Only
/// SIGHUP does not: where a terminal goes, the shell's comes after the hang-up, while the run is writing its files.
pub struct Watch {
    handle: Handle,
    over: Arc<AtomicBool>,
    /// Whether the program goes on without a screen, and sees to its signals otherwise.
    kept: bool,
}

impl Watch {
    pub fn start(events: Sender) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        for signal in ENDING.into_iter().filter(|&signal| signal != SIGHUP) {
            flag::register_conditional_default(signal, Arc::clone(&over))?;
        }
        let others = [SIGWINCH, SIGTSTP, SIGCONT];
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
                        _ => Event::Signal(signal),
                    };
                    if events.send(event).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Self {
            handle,
            over,
            kept: false,
        })
    }

    /// Signals do nothing here from now on, also when this is dropped: the program goes on without a screen and has
    /// another watch.
    pub fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
        self.over.store(!self.kept, Ordering::SeqCst);
    }
}
