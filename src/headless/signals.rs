//! Signals to runs: the ones that end a run in order, and the one that saves a checkpoint.

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

use crate::{model::Command, model::feed::Requests};

/// Exit code of a run that SIGUSR1 ended and that should be resumed.
pub const PREEMPTED: u8 = 85;

/// Catches signals. Signals that arrive before [`Watch::attend`] are kept until then.
#[derive(Debug)]
pub struct Watch {
    signals: Signals,
}

/// The first signal that ended the runs, if any.
#[derive(Clone, Debug, Default)]
pub struct Caught(Arc<AtomicI32>);

impl Caught {
    /// Returns the number of the signal.
    pub fn get(&self) -> Option<i32> {
        Some(self.0.load(Ordering::SeqCst)).filter(|&signal| signal != 0)
    }

    fn note(&self, signal: i32) {
        let (set, seen) = (Ordering::SeqCst, Ordering::SeqCst);
        // Only the first signal counts.
        let _ = self.0.compare_exchange(0, signal, set, seen);
    }
}

/// Returns the table of signals in Markdown.
pub fn markdown() -> String {
    let effects = [
        (
            "SIGINT, SIGTERM, SIGHUP".to_owned(),
            "The step is finished. Checkpoint, weights and pictures are written, scores are not. `stopped` is `signal`, \
             the exit code 128 + n."
                .to_owned(),
        ),
        (
            "SIGUSR1".to_owned(),
            format!(
                "The step is finished. Checkpoint and weights are written, pictures and scores are not. `stopped` is \
                 `signal`, the exit code {PREEMPTED}. A second one changes nothing."
            ),
        ),
        (
            "SIGUSR2".to_owned(),
            "A checkpoint is saved, and the run continues.".to_owned(),
        ),
    ];
    let mut table = "| signal | effect |\n| --- | --- |\n".to_owned();
    for (signal, effect) in effects {
        table += &format!("| {signal} | {effect} |\n");
    }
    table
}

/// Returns the exit code of a run that `signal` ended.
pub fn exit_code(signal: i32) -> u8 {
    match signal {
        SIGUSR1 => PREEMPTED,
        signal => u8::try_from(128 + signal).unwrap_or(1),
    }
}

impl Watch {
    /// Catches SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 from now on. A signal that was ignored when the program
    /// started stays ignored (`nohup` ignores SIGHUP). With `keep_running`, SIGHUP does nothing.
    ///
    /// # Errors
    /// The system refuses a handler.
    pub fn new(keep_running: bool) -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = ignored(&status);
        if keep_running {
            // A flag that nobody reads: the handler only keeps the signal from ending the program.
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

    /// Starts a thread that passes signals on to the runs.
    ///
    /// - The first SIGINT, SIGTERM or SIGHUP asks the runs to end. A later SIGINT or SIGTERM ends the program at once. A
    ///   later SIGHUP does not, because a closing terminal may send two.
    /// - SIGUSR1 asks the runs to save and end. A signal after it does not end the program at once, because a scheduler
    ///   sends SIGTERM when the time is up.
    /// - SIGUSR2 saves a checkpoint.
    /// - With `quit` a person has already asked the runs to end: SIGINT then skips scores and pictures, and the runs
    ///   still end as quit.
    ///
    /// # Errors
    /// The thread cannot be started.
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

/// Returns the mask of ignored signals in the text of Linux's `/proc/self/status`, 0 if it has none.
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
