//! The command of `--on-alarm`: a thread starts it when an alarm goes on, and the training never waits for it.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde::Serialize;
use tracing::Dispatch;

use super::Options;
use crate::{
    files::folder::Place,
    model::{Alarm, LaneId},
    rundir::{Error, directory::RunDirectory},
};

/// Time between two starts of the command, at least.
const INTERVAL: Duration = Duration::from_secs(10);
/// Time that a running command has at the end of a run. It is then left alone.
const GRACE: Duration = Duration::from_secs(2);
/// Time between two checks whether a command has ended.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// What the command reads.
#[derive(Clone, Debug, Serialize)]
struct Message {
    run: PathBuf,
    step: u64,
    alarm: String,
    text: String,
    lane: LaneId,
}

/// The command of a run, and the thread that starts it.
#[derive(Debug)]
pub(super) struct AlarmCommand {
    raised: RaisedAlarms,
    thread: JoinHandle<()>,
}

/// Where the lanes of a run put alarms that went on.
#[derive(Clone, Debug)]
pub(super) struct RaisedAlarms(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The directory of the run.
    run: PathBuf,
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The latest alarm of which the command does not know.
    next: Option<Message>,
    /// The run has ended.
    over: bool,
    /// Why the command failed for the first time, until it is told.
    failure: Option<String>,
}

impl AlarmCommand {
    /// Starts the thread for the command of a run, if it has one. What the command prints goes to the log.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(super) fn of(
        options: &Options,
        directory: &RunDirectory,
        log: &Dispatch,
    ) -> Result<Option<Self>, Error> {
        let start = |command: &String| {
            let run = directory.path();
            let run = std::path::absolute(run).unwrap_or_else(|_| run.to_owned());
            Self::start(command, run, directory.log(), log.clone())
        };
        let started = options.on_alarm.as_ref().map(start).transpose();
        started.map_err(Error::Thread)
    }

    fn start(command: &str, run: PathBuf, output: Place, log: Dispatch) -> io::Result<Self> {
        let raised = RaisedAlarms(Arc::new(Shared {
            run,
            state: Mutex::default(),
            woken: Condvar::new(),
        }));
        let of_thread = Runner {
            shared: Arc::clone(&raised.0),
            command: command.to_owned(),
            output,
            has_failed: false,
        };
        let thread = thread::Builder::new()
            .name("sn-tui alarm".to_owned())
            .spawn(move || tracing::dispatcher::with_default(&log, || of_thread.run()))?;
        Ok(Self { raised, thread })
    }

    /// Where alarms are put.
    pub(super) fn raised(&self) -> RaisedAlarms {
        self.raised.clone()
    }

    /// Ends the thread of a run that is over. A command that still runs gets a moment.
    pub(super) fn finish(self) {
        self.raised.0.lock().over = true;
        self.raised.0.woken.notify_all();
        // A panic of the thread has been reported.
        let _ = self.thread.join();
    }
}

impl RaisedAlarms {
    /// Puts an alarm that went on. It replaces one that waits.
    pub(super) fn put(&self, lane: LaneId, alarm: &Alarm) {
        let message = Message {
            run: self.0.run.clone(),
            step: alarm.step,
            alarm: alarm.key(),
            text: alarm.text.clone(),
            lane,
        };
        self.0.lock().next = Some(message);
        self.0.woken.notify_all();
    }

    /// Takes the first failure of the command, to tell it.
    pub(super) fn take_failure(&self) -> Option<String> {
        self.0.lock().failure.take()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread works with.
struct Runner {
    shared: Arc<Shared>,
    command: String,
    output: Place,
    has_failed: bool,
}

impl Runner {
    fn run(mut self) {
        let mut earliest = Instant::now();
        while let Some(message) = self.next(earliest) {
            earliest = Instant::now() + INTERVAL;
            let alarm = message.alarm.clone();
            match self.spawn(&message) {
                Ok(child) => self.wait(child, &alarm),
                Err(error) => self.fail(&format!("cannot be started: {error}")),
            }
        }
    }

    /// Waits for the next alarm, and for the time `earliest`. Returns `None` when the run is over.
    fn next(&self, earliest: Instant) -> Option<Message> {
        let mut state = self.shared.lock();
        loop {
            let wait = earliest.saturating_duration_since(Instant::now());
            if wait.is_zero()
                && let Some(message) = state.next.take()
            {
                return Some(message);
            }
            if state.over {
                if let Some(left) = &state.next {
                    tracing::info!(
                        "--on-alarm: the run has ended before {} was told",
                        left.alarm
                    );
                }
                return None;
            }
            let woken = &self.shared.woken;
            state = if state.next.is_some() {
                let waited = woken.wait_timeout(state, wait);
                waited.unwrap_or_else(PoisonError::into_inner).0
            } else {
                woken.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Starts the command, and writes the message to it. It has a process group of its own, so that Ctrl-C in the run's
    /// terminal does not reach it.
    fn spawn(&self, message: &Message) -> io::Result<Child> {
        let output = || {
            self.output
                .append()
                .map_or_else(|_| Stdio::null(), Stdio::from)
        };
        let mut child = Command::new("sh")
            .args(["-c", &self.command])
            .stdin(Stdio::piped())
            .stdout(output())
            .stderr(output())
            .process_group(0)
            .spawn()?;
        let line = serde_json::to_string(message)? + "\n";
        if let Some(mut input) = child.stdin.take() {
            // The line fits in a pipe, and a command need not read it.
            let _ = input.write_all(line.as_bytes());
        }
        tracing::info!(
            "--on-alarm: process {} is told of {}",
            child.id(),
            message.alarm
        );
        Ok(child)
    }

    /// Waits until the command has ended. After the end of the run it waits a moment only.
    fn wait(&mut self, mut child: Child, alarm: &str) {
        let mut left_at = None;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return,
                Ok(Some(status)) => return self.fail(&format!("ended with {status}")),
                Ok(None) => {}
                Err(error) => return self.fail(&error.to_string()),
            }
            let state = self.shared.lock();
            if state.over {
                let until = *left_at.get_or_insert_with(|| Instant::now() + GRACE);
                if Instant::now() >= until {
                    let process = child.id();
                    tracing::info!(
                        "--on-alarm: process {process} about {alarm} still runs, and is left"
                    );
                    return;
                }
            }
            drop(state);
            thread::sleep(CHECK_INTERVAL);
        }
    }

    /// Logs a failure of the command. The first one is for the user as well.
    fn fail(&mut self, how: &str) {
        let message = format!("--on-alarm: the command {how}");
        tracing::warn!("{message}");
        if !std::mem::replace(&mut self.has_failed, true) {
            self.shared.lock().failure = Some(message);
        }
    }
}

#[cfg(test)]
mod tests;
