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
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH},
    flag,
    iterator::{Handle, Signals},
};

use super::event::{Event, Sender};

/// Signals that end the program.
const ENDING: [i32; 5] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1];
/// Those that end it at once when the screen has closed, and whether they do also where somebody else sees to signals.
const AT_ONCE: [(i32, bool); 3] = [(SIGTERM, false), (SIGINT, false), (SIGQUIT, true)];

/// Hands signals on as events until it is dropped; from then on those that end a program do so at once again, unless
/// somebody else sees to them. SIGHUP does not: where a terminal goes, the shell's comes after the hang-up, while the run is
/// writing its files.
pub struct Watch {
    handle: Handle,
    over: Arc<AtomicBool>,
}

impl Watch {
    pub fn start(events: Sender, attended: bool) -> io::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        for (signal, _) in AT_ONCE.iter().filter(|(_, always)| *always || !attended) {
            flag::register_conditional_default(*signal, Arc::clone(&over))?;
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
        Ok(Self { handle, over })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
        self.over.store(true, Ordering::SeqCst);
    }
}
