//! The client of a run of another process: snapshots, curves and commands over the socket.

mod connection;
mod follow;
mod state;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{AttachError, Role};
use crate::{
    model::{Command, History, Snapshot, Target, feed::Branch},
    preset::Preset,
};
use connection::Connection;
pub(super) use connection::greet;
use follow::follow;
use state::{Curves, Link, State};

/// Time between two requests for news, at most, so that the end of a run is not missed.
const MAX_INTERVAL: Duration = Duration::from_millis(200);

/// The role that a client wants.
#[derive(Clone, Copy, Debug)]
pub struct Wants {
    /// Control of the run, or only a view of it.
    pub role: Role,
    /// Take control from another peer that has it.
    pub take: bool,
}

/// A run of another process. A thread fetches its news and reconnects if the connection is lost. No call waits for it.
#[derive(Debug)]
pub struct Client {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    /// Time between two requests for news.
    between: Duration,
    state: Mutex<State>,
    woken: Condvar,
}

impl Client {
    /// Attaches to the run in `directory` and asks it for news every `between`.
    ///
    /// # Errors
    /// No process trains there, it refuses, or the connection fails.
    pub fn attach(directory: &Path, wants: Wants, between: Duration) -> Result<Self, AttachError> {
        let failed = |error| AttachError::from_connect(directory, error);
        let (stream, peer, role, why) = greet(directory, wants).map_err(failed)?;
        let mut curves = Curves::default();
        let (connection, over) = Connection::begin(stream, peer, directory, &mut curves)?;
        let mut state = State::of(&connection, curves, role, why);
        if over {
            state.end();
        } else {
            let greeting = state.greeting("Attached");
            state.notify(greeting, false);
        }
        let shared = Arc::new(Shared {
            directory: directory.to_owned(),
            between: between.min(MAX_INTERVAL),
            state: Mutex::new(state),
            woken: Condvar::new(),
        });
        if over {
            return Ok(Self { shared });
        }
        let for_thread = Arc::clone(&shared);
        thread::Builder::new()
            .name("sn-tui attached".to_owned())
            .spawn(move || follow(connection, wants, &for_thread))
            .map_err(AttachError::Thread)?;
        Ok(Self { shared })
    }

    /// Returns the latest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.shared.lock().snapshot)
    }

    /// Returns a copy of all curves.
    pub fn history(&self) -> History {
        self.shared.lock().curves.history.clone()
    }

    /// Updates an earlier copy of the curves.
    pub fn catch_up(&self, history: &mut History) {
        history.catch_up(&self.shared.lock().curves.history);
    }

    /// Returns the curves of the branch that the run abandoned last, if any.
    pub fn branch(&self) -> Option<Arc<Branch>> {
        self.shared.lock().curves.branch.clone()
    }

    /// Returns the settings at the start of the run.
    pub fn initial(&self) -> Arc<Preset> {
        Arc::clone(&self.shared.lock().initial)
    }

    /// Queues `command` and returns its number, which a later snapshot acknowledges. Returns `None` if it is not sent;
    /// [`Client::refusal`] has the reason.
    pub fn send(&self, command: Command) -> Option<u64> {
        self.send_to(None, command)
    }

    /// Queues `command` for these lanes of the run, as [`Client::send`] does. It acts on all of them before the same step.
    pub fn send_to(&self, to: Option<Target>, command: Command) -> Option<u64> {
        let mut state = self.shared.lock();
        let sent = state.send(to, command);
        self.shared.woken.notify_all();
        sent.map_err(|reason| state.refusal = reason.to_string())
            .ok()
    }

    /// Returns why the last command was not sent.
    pub fn refusal(&self) -> String {
        self.shared.lock().refusal.clone()
    }

    /// Returns whether the run has ended in order.
    pub fn is_over(&self) -> bool {
        self.shared.lock().link == Link::Over
    }

    /// Returns whether the connection is lost.
    pub fn is_lost(&self) -> bool {
        self.shared.lock().link == Link::Lost
    }

    /// Returns the process of the run, 0 if the system does not know it.
    pub fn pid(&self) -> i32 {
        self.shared.lock().pid
    }

    /// Returns the current role of this client.
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

    /// Waits for `time`, or until there is a command to send. Returns false if the client was dropped.
    fn wait_for_work(&self, time: Duration) -> bool {
        let idle = |state: &mut State| !state.closed && state.commands.is_empty();
        let (state, _) = self
            .woken
            .wait_timeout_while(self.lock(), time, idle)
            .unwrap_or_else(PoisonError::into_inner);
        !state.closed
    }
}
