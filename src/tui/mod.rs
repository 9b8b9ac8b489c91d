//! The live screen: what a run does, as it does it, and keys that change it.
//!
//! It sees a run's plain data alone, through a [`Link`]. Events become actions ([`app::keys`]), actions change the state
//! ([`app`]), and the screen is drawn from the state ([`draw`]), at most so many times a second and only when
//! something changed. Threads of their own read keys, catch signals and write frames, so that a stalled terminal
//! delays none of it, and the training least of all.

pub mod look;
pub mod settings;
pub mod words;

pub mod app;
pub mod draw;
pub mod layout;
pub mod limits;
pub mod line;
pub mod pane;
mod picture;
pub mod plot;
mod session;
mod terminal;

use std::{io, rc::Rc, sync::Arc};

use signal_hook::consts::SIGUSR1;

use crate::{
    feed::Branch,
    model::{Command, History, RunRequest, Snapshot},
    preset::Preset,
};

/// Frames a second where `--fps` does not say otherwise.
pub const FPS: u32 = 10;

/// What the screen needs of a worker. No call waits for a training step.
pub trait Link {
    /// The latest snapshot; the same `Arc` as long as nothing changed.
    fn snapshot(&self) -> Arc<Snapshot>;
    /// A copy of the curves.
    fn history(&self) -> History;
    /// Brings an earlier copy of the curves up to date; asked for at most once a frame.
    fn catch_up(&self, history: &mut History) {
        *history = self.history();
    }
    /// Hands a command to the worker and returns the number of the request; none where the worker has ended.
    fn send(&self, command: Command) -> Option<u64>;
    /// Brings another run to the front, where there are several; whether there are.
    fn turn(&self) -> bool {
        false
    }
    /// The curves of the runs behind the one in front; none where they are as they were.
    fn others(&self) -> Option<Vec<app::view::curves::Earlier>> {
        None
    }
    /// The curves of the branch that the run left last; none where it never went back.
    fn branch(&self) -> Option<Arc<Branch>> {
        None
    }
    /// Why the last command got no number, where it is not that the worker has ended.
    fn refusal(&self) -> Option<String> {
        None
    }
    /// The screen turns away from the run: one of this process ends in this way, one of another goes on.
    fn leave(&self, how: Command) {
        self.send(how);
    }
    /// The settings with which the run began, where they may be others than those of the first snapshot.
    fn initial(&self) -> Option<Arc<Preset>> {
        None
    }
}

/// How the screen behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Frames a second at most.
    pub fps: u32,
    pub keys: app::keys::Table,
    /// The options that the first run was started with, to be taken along to another.
    pub given: RunRequest,
    /// Whether the run goes on where the terminal goes.
    pub keep_running: bool,
    /// Whether the caller sees to signals when the screen has closed; else they end the program at once then.
    pub attended: bool,
}

/// Why the screen closed. The worker has been told to end, but for [`End::Kept`]; it may not have ended yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The person quit.
    Quit,
    /// A signal ended the program.
    Signal(i32),
    /// The terminal is gone.
    HangUp,
    /// The terminal is gone, and the run is to go on.
    Kept,
    /// The person quit after the run had failed with this message.
    WorkerFailed(String),
}

impl End {
    /// How the runs of this process are to end after it.
    pub fn command(&self) -> Command {
        match self {
            Self::Quit | Self::WorkerFailed(_) => Command::Quit,
            Self::Signal(SIGUSR1) => Command::Preempt,
            Self::Signal(_) | Self::HangUp | Self::Kept => Command::Terminate,
        }
    }
}

/// The way to other runs.
pub trait Launcher {
    /// Starts a run. The run before goes on until it is told to end.
    ///
    /// # Errors
    /// Why there is no such run, in a sentence.
    fn start(&self, request: &RunRequest) -> Result<Rc<dyn Link>, String>;
}

/// Lets go of a terminal that is gone, for a program that goes on without one.
pub fn leave_terminal() {
    terminal::let_go();
}

/// Shows a run in the terminal of this process, and others that the person starts from there, until the person, a signal
/// or a hang-up ends it, then asks the worker to end. The terminal is as before when this returns, and also when the
/// calling thread panics.
pub fn run(link: Rc<dyn Link>, launcher: &dyn Launcher, options: &Options) -> io::Result<End> {
    session::run(link, launcher, options)
}
