//! The live screen: it shows a run while it trains, and its keys change the run.
//!
//! The screen sees plain data only, through a [`Link`]. Events become actions ([`app::keys`]), actions change the state
//! ([`app`]), and the screen is drawn from the state ([`draw`]). A frame is drawn only when something changed, and at
//! most [`Options::fps`] times a second. Separate threads read keys, catch signals and write frames, so a stalled
//! terminal blocks neither the screen nor the training.

pub mod look;
pub(crate) mod settings;
pub mod words;

pub mod app;
pub mod draw;
pub(crate) mod layout;
pub mod limits;
pub mod line;
mod own_run;
pub mod pane;
mod picture;
pub(crate) mod plot;
mod session;
mod terminal;

use std::{io, rc::Rc, sync::Arc};

use signal_hook::consts::SIGUSR1;

pub use own_run::OwnRun;

use crate::{
    model::{Command, History, LaneId, RunRequest, Snapshot, Watched, feed::Branch},
    preset::Preset,
};

/// The default of `--fps`, in frames per second.
pub const FPS: u32 = 10;

/// The screen's access to a run. No call waits for a training step.
pub trait Link {
    /// Returns the latest snapshot: the same `Arc` as long as nothing changed.
    fn snapshot(&self) -> Arc<Snapshot>;
    /// Returns a copy of the curves.
    fn history(&self) -> History;
    /// Brings an earlier copy of the curves up to date. Called at most once per frame.
    fn catch_up(&self, history: &mut History) {
        *history = self.history();
    }
    /// Sends a command to the worker. Returns the number of the request, or `None` if the command was not accepted.
    fn send(&self, command: Command) -> Option<u64>;
    /// Returns the lanes of the run with their latest snapshots, lane a first. Empty if the link knows of no lanes.
    fn lanes(&self) -> Vec<(LaneId, Arc<Snapshot>)> {
        Vec::new()
    }
    /// Selects a lane: snapshot, curves, branch and settings are from now on its own, and commands go to it. Returns false
    /// if there is no such lane.
    fn select_lane(&self, _: LaneId) -> bool {
        false
    }
    /// Tells the worker which costly results of a lane the screen shows.
    fn watch(&self, _: LaneId, looks: Vec<Watched>) {
        self.send(Command::Watch(looks));
    }
    /// Brings an earlier copy of the curves of a lane up to date. Called at most once per frame.
    fn catch_up_lane(&self, _: LaneId, _: &mut History) {}
    /// Sends a command to all lanes, as [`Link::send`] does.
    fn send_to_all(&self, command: Command) -> Option<u64> {
        self.send(command)
    }
    /// Returns whether the run is only watched, so that no command changes it.
    fn is_watching(&self) -> bool {
        false
    }
    /// Returns whether the run refuses commands of this screen, as another one controls it.
    fn is_viewer(&self) -> bool {
        false
    }
    /// Switches to the next of several runs. Returns false if there is only one.
    fn next_run(&self) -> bool {
        false
    }
    /// Returns the curves of the runs in the background, or `None` if they have not changed since the last call.
    fn other_runs(&self) -> Option<Vec<app::view::curves::BackgroundRun>> {
        None
    }
    /// Returns the curves of the branch that the last rewind left, or `None` if the run was never rewound.
    fn branch(&self) -> Option<Arc<Branch>> {
        None
    }
    /// Returns why the last command was not accepted, or `None` if the reason is that the worker has ended.
    fn refusal(&self) -> Option<String> {
        None
    }
    /// Releases the run when the screen closes or switches to a new run. A run of this process is sent `command`, which
    /// ends it; a run of another process goes on.
    fn release(&self, command: Command) {
        self.send(command);
    }
    /// Returns the settings with which the run began, or `None` if the first snapshot has them.
    fn initial(&self) -> Option<Arc<Preset>> {
        None
    }
}

/// The options of the screen.
#[derive(Clone, Debug)]
pub struct Options {
    /// The maximum number of frames per second.
    pub fps: u32,
    /// Whether the screen uses the mouse.
    pub mouse: bool,
    /// The bindings of keys.
    pub keys: app::keys::Table,
    /// The request of the first run, whose options the person can reuse for the next one. `None` if this process did not
    /// start it anew.
    pub first_request: Option<RunRequest>,
    /// The seed of a next run that is given none. `None` if this screen starts no runs.
    pub seed: Option<u64>,
    /// The demo whose first run is shown, if it is one.
    pub demo: Option<app::demo::Plan>,
    /// Whether the run goes on without a screen after the terminal has hung up.
    pub keep_running: bool,
    /// Whether the caller handles signals after the screen has closed. If not, they end the program at once.
    pub caller_handles_signals: bool,
}

/// The reason why the screen closed. The worker has been told to end, except with [`End::Detached`], but may not have
/// ended yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The person quit.
    Quit,
    /// A signal ended the program.
    Signal(i32),
    /// The terminal hung up.
    HangUp,
    /// The terminal hung up, and the run goes on without it.
    Detached,
    /// The person quit after the run had failed with this message.
    WorkerFailed(String),
}

impl End {
    /// Returns the command that ends the runs of this process.
    pub fn command(&self) -> Command {
        match self {
            Self::Quit | Self::WorkerFailed(_) => Command::Quit,
            Self::Signal(SIGUSR1) => Command::Preempt,
            Self::Signal(_) | Self::HangUp | Self::Detached => Command::Terminate,
        }
    }
}

/// Starts runs for the screen.
pub trait Launcher {
    /// Starts a run. The current run goes on until it is told to end.
    ///
    /// # Errors
    /// [`LaunchError`]: this screen starts no runs, or the run cannot start.
    fn start(&self, request: &RunRequest) -> Result<Rc<dyn Link>, LaunchError>;
}

/// The reason why no other run was started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaunchError {
    /// This screen starts no runs. The text says what to do instead.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The run could not be started.
    #[error("{preset} cannot begin: {reason}")]
    Failed {
        /// The preset as it was named.
        preset: String,
        /// What refused it.
        reason: String,
    },
}

/// Replaces the standard streams of a terminal that has hung up by `/dev/null`, for a program that goes on without one.
pub fn detach_terminal() {
    terminal::detach();
}

/// Shows a run in the terminal of this process, and the runs that the person starts from there. Returns when the person
/// quits, a signal arrives or the terminal hangs up, after telling the worker to end. The terminal is restored when this
/// function returns or the calling thread panics.
///
/// # Errors
/// The terminal cannot be set up, read or written, or a thread cannot be started.
pub fn run(link: Rc<dyn Link>, launcher: &dyn Launcher, options: &Options) -> io::Result<End> {
    session::run(link, launcher, options)
}
