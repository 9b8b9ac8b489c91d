//! The other process's side of the socket: a run as if it were this process's own.

mod connection;
mod follow;
mod state;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::Role;
use crate::{
    feed::Branch,
    model::{Command, History, Snapshot},
    preset::Preset,
};
use connection::{Connection, greet, no_run};
use follow::follow;
use state::{Curves, Link, State};

/// Most time between two looks, so that the end of a run is not missed.
const LONGEST: Duration = Duration::from_millis(200);

/// What a client wants to be.
#[derive(Clone, Copy, Debug)]
pub struct Wants {
    pub role: Role,
    /// Take control from another peer that has it.
    pub take: bool,
}

/// A run of another process. A thread asks it what is new, and finds it again where it is lost; no call waits for it.
#[derive(Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    /// Time between two looks.
    between: Duration,
    state: Mutex<State>,
    woken: Condvar,
}

impl Client {
    /// Attaches to the run in this directory, looking at it at least so often.
    ///
    /// # Errors
    /// Why that cannot be, in a sentence.
    pub fn attach(directory: &Path, wants: Wants, between: Duration) -> Result<Self, String> {
        let failed = |error: io::Error| no_run(directory, &error);
        let (stream, peer, role, why) = greet(directory, wants).map_err(failed)?;
        let mut curves = Curves::default();
        let mut connection = Connection::begin(stream, peer, directory, &mut curves)?;
        let ended = connection.catch_up(&mut curves)?;
        let mut state = State::of(&connection, curves, role, why);
        if ended {
            state.link = Link::Over;
        }
        let greeting = state.greeting("Attached");
        state.say(greeting, false);
        let shared = Arc::new(Shared {
            directory: directory.to_owned(),
            between: between.min(LONGEST),
            state: Mutex::new(state),
            woken: Condvar::new(),
        });
        let for_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("sn-tui attached".to_owned())
            .spawn(move || follow(connection, wants, &for_thread))
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { shared })
    }

    /// The latest snapshot that came.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.lock().snapshot)
    }

    /// All curves that came.
    pub fn history(&self) -> History {
        self.shared.lock().curves.history.clone()
    }

    /// Brings an earlier copy of the curves up to date.
    pub fn catch_up(&self, history: &mut History) {
        history.catch_up(&self.shared.lock().curves.history);
    }

    /// The curves of the branch that was left last; none where none was.
    pub fn branch(&self) -> Option<Arc<Branch>> {
        self.shared.lock().curves.branch.clone()
    }

    /// The settings with which the run began.
    pub fn initial(&self) -> Arc<Preset> {
        Arc::clone(&self.shared.lock().initial)
    }

    /// Has `command` sent to the run and gives the number under which a snapshot will acknowledge it; none where it is
    /// not sent, for the reason in [`Client::refusal`].
    pub fn send(&self, command: Command) -> Option<u64> {
        let mut state = self.shared.lock();
        let sent = state.send(command);
        self.shared.woken.notify_all();
        sent.map_err(|reason| state.refusal = reason).ok()
    }

    /// Why the last command was not sent.
    pub fn refusal(&self) -> String {
        self.shared.lock().refusal.clone()
    }

    /// Whether the run has ended, as its process said.
    pub fn is_over(&self) -> bool {
        self.shared.lock().link == Link::Over
    }

    /// Whether nothing more of the run is known.
    pub fn is_lost(&self) -> bool {
        self.shared.lock().link == Link::Lost
    }

    /// The process of the run; 0 where the system does not say.
    pub fn pid(&self) -> i32 {
        self.shared.lock().pid
    }

    /// What this client may do.
    pub fn role(&self) -> Role {
        self.shared.lock().role
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.woken.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long, or until there is a command to be sent; whether somebody still wants the run.
    fn rest(&self, time: Duration) -> bool {
        let idle = |state: &mut State| !state.closed && state.commands.is_empty();
        let (state, _) = self
            .woken
            .wait_timeout_while(self.lock(), time, idle)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }
}
