//! Signals that end a run in order.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
    iterator::Signals,
    low_level,
};

use crate::run::{Command, Requests};

/// Signals that are caught; those that come before [`Watch::attend`] wait.
#[derive(Debug)]
pub struct Watch {
    signals: Signals,
}

/// The first signal that came, if one did.
#[derive(Clone, Debug, Default)]
pub struct Caught(Arc<AtomicI32>);

impl Caught {
    pub fn get(&self) -> Option<i32> {
        Some(self.0.load(Ordering::SeqCst)).filter(|&signal| signal != 0)
    }
}

impl Watch {
    /// Catches SIGINT, SIGTERM and SIGHUP from now on, except those that were ignored when the program started (as
    /// `nohup` does with SIGHUP); SIGHUP does nothing where the run is to be kept running.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(keep_running: bool) -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        if keep_running {
            // A flag that nobody reads: the signal is caught, and that is all.
            flag::register(SIGHUP, Arc::new(AtomicBool::new(false)))?;
        }
        let wanted = [SIGINT, SIGTERM, SIGHUP];
        let signals = wanted
            .into_iter()
            .filter(|&signal| !(keep_running && signal == SIGHUP))
            .filter(|signal| ignored & (1 << (signal - 1)) == 0);
        Ok(Self {
            signals: Signals::new(signals)?,
        })
    }

    /// Asks the worker to quit at the first signal. A SIGINT or SIGTERM after it ends the program at once; a second
    /// SIGHUP does not, because a terminal's end may send two.
    ///
    /// # Errors
    /// No thread.
    pub fn attend(mut self, requests: Requests) -> io::Result<Caught> {
        let caught = Caught::default();
        let first = caught.clone();
        thread::Builder::new()
            .name("sn-tui signals".into())
            .spawn(move || {
                for signal in self.signals.forever() {
                    let before =
                        first
                            .0
                            .compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
                    if before.is_ok() {
                        requests.send(Command::Terminate);
                    } else if signal != SIGHUP {
                        low_level::exit(128 + signal);
                    }
                }
            })?;
        Ok(caught)
    }
}

/// The mask of ignored signals in the text of Linux's `/proc/self/status`; 0 where it is not named.
fn ignored(status: &str) -> u64 {
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{
        Stopped,
        fake::{self, Fake},
        start,
    };

    #[test]
    fn the_first_signal_ends_the_run_in_order() {
        let out = tempfile::tempdir().unwrap();
        let watch = Watch::new(false).unwrap();
        low_level::raise(SIGTERM).unwrap();
        let mut options = fake::options(out.path());
        options.preset.steps = u64::MAX;
        options.log_every = None;
        let handle = start(options, Fake::default().build()).unwrap();
        let caught = watch.attend(handle.requests()).unwrap();
        let ended = handle.wait();
        assert_eq!(caught.get(), Some(SIGTERM));
        let stopped = ended.summary.stopped;
        assert_eq!((stopped, ended.error), (Stopped::Signal, None));
    }

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = "Name:\tsn-tui\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored(status), 0x1001);
        assert_eq!(ignored(""), 0);
    }
}
