//! Signals to runs: those that end them in order, and that which has a checkpoint saved.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2},
    flag,
    iterator::Signals,
    low_level,
};

use crate::{feed::Requests, model::Command};

/// Exit code of a run that SIGUSR1 ended: it is to be gone on with.
pub const PREEMPTED: u8 = 85;

/// Signals that are caught; those that come before [`Watch::attend`] wait.
#[derive(Debug)]
pub struct Watch {
    signals: Signals,
}

/// The first signal that ended the runs, if one did.
#[derive(Clone, Debug, Default)]
pub struct Caught(Arc<AtomicI32>);

impl Caught {
    pub fn get(&self) -> Option<i32> {
        Some(self.0.load(Ordering::SeqCst)).filter(|&signal| signal != 0)
    }

    fn note(&self, signal: i32) {
        let (set, seen) = (Ordering::SeqCst, Ordering::SeqCst);
        // Those that come later change nothing.
        let _ = self.0.compare_exchange(0, signal, set, seen);
    }
}

/// The exit code of a run that this signal ended.
pub fn exit_code(signal: i32) -> u8 {
    match signal {
        SIGUSR1 => PREEMPTED,
        signal => u8::try_from(128 + signal).unwrap_or(1),
    }
}

impl Watch {
    /// Catches SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 from now on, except those that were ignored when the program
    /// started (as `nohup` does with SIGHUP); SIGHUP does nothing where the run is to be kept running.
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
        let wanted = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2];
        let signals = wanted
            .into_iter()
            .filter(|&signal| !(keep_running && signal == SIGHUP))
            .filter(|signal| ignored & (1 << (signal - 1)) == 0);
        Ok(Self {
            signals: Signals::new(signals)?,
        })
    }

    /// Asks the workers to end at the first signal. A SIGINT or SIGTERM after one that ends ends the program at once; a
    /// second SIGHUP does not, because a terminal's end may send two, and neither does any after SIGUSR1, whose sender
    /// sends others when its time is up. Where a person has told the runs to end (`quit`), Ctrl-C is theirs as well: it
    /// leaves out what takes long, and the run ends as it would have.
    ///
    /// # Errors
    /// No thread.
    pub fn attend(mut self, runs: Vec<Requests>, quit: bool) -> io::Result<Caught> {
        let caught = Caught::default();
        let first = caught.clone();
        thread::Builder::new()
            .name("sn-tui signals".into())
            .spawn(move || {
                let send = |command: &Command| {
                    for run in &runs {
                        run.send(command.clone());
                    }
                };
                let mut ending = false;
                for signal in self.signals.forever() {
                    match signal {
                        SIGUSR2 => send(&Command::Save),
                        SIGUSR1 => {
                            first.note(signal);
                            send(&Command::Preempt);
                        }
                        _ if !std::mem::replace(&mut ending, true) => {
                            if quit && signal == SIGINT {
                                runs.iter().for_each(Requests::skip);
                            } else {
                                first.note(signal);
                                send(&Command::Terminate);
                            }
                        }
                        SIGHUP => {}
                        _ => low_level::exit(128 + signal),
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
    use crate::{
        model::Stopped,
        run::{
            fake::{self, Fake},
            start,
        },
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
        let caught = watch.attend(vec![handle.requests()], false).unwrap();
        let ended = handle.wait();
        assert_eq!(caught.get(), Some(SIGTERM));
        let stopped = ended.summary.stopped;
        assert_eq!((stopped, ended.error), (Stopped::Signal, None));
    }

    #[test]
    fn every_signal_has_its_exit_code() {
        let codes = [SIGINT, SIGTERM, SIGHUP, SIGUSR1].map(exit_code);
        assert_eq!(codes, [130, 143, 129, 85]);
    }

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        let status = "Name:\tsn-tui\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n";
        assert_eq!(ignored(status), 0x1001);
        assert_eq!(ignored(""), 0);
    }
}
