//! The state of a client: the run as it was received, commands to send, messages to the person.

use std::{collections::VecDeque, sync::Arc};

use super::connection::Connection;
use crate::{
    model::{Command, History, Notice, Snapshot, Target, Watched, feed::Branch},
    preset::Preset,
    remote::{
        NotSent, Role,
        protocol::{Ask, TO_SERVER, encode},
    },
};

/// Number of commands that may wait to be sent.
const MAX_WAITING: usize = 64;

/// The received state of a run, and the commands to send to it.
#[derive(Debug)]
pub(super) struct State {
    pub snapshot: Arc<Snapshot>,
    pub initial: Arc<Preset>,
    pub curves: Curves,
    pub link: Link,
    pub role: Role,
    /// Why the role is not the wanted one; empty if it is.
    pub why: String,
    pub pid: i32,
    /// Number of the last command.
    pub last: u64,
    /// Encoded commands to send, with their numbers.
    pub commands: VecDeque<(u64, Vec<u8>)>,
    /// All commands up to this number were refused or lost.
    pub completed: u64,
    /// The looks that the front end watches; they are sent again after a reconnect.
    pub watched: Vec<Watched>,
    /// The last notice of the run.
    pub theirs: Option<Notice>,
    /// Number of notices shown, those of the client included.
    pub notices: u64,
    /// Why the last command was not sent.
    pub refusal: String,
    /// The client was dropped.
    pub closed: bool,
}

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Up,
    Lost,
    /// The run has ended.
    Over,
}

/// The curves of a run and of the branch that it abandoned last.
#[derive(Debug, Default)]
pub(super) struct Curves {
    pub history: History,
    pub branch: Option<Arc<Branch>>,
}

impl State {
    /// Creates the state of a new connection.
    pub(super) fn of(connection: &Connection, curves: Curves, role: Role, why: String) -> Self {
        Self {
            theirs: connection.snapshot.notice.clone(),
            snapshot: Arc::new(connection.snapshot.clone()),
            initial: Arc::clone(&connection.initial),
            curves,
            link: Link::Up,
            role,
            why,
            pid: connection.peer.pid,
            last: 0,
            commands: VecDeque::new(),
            completed: 0,
            watched: Vec::new(),
            notices: 0,
            refusal: String::new(),
            closed: false,
        }
    }

    /// Queues a command for these lanes, the own one if `None`, and returns its number.
    ///
    /// # Errors
    /// The run is over or the connection is lost, this client views only, or the queue is full.
    pub(super) fn send(&mut self, to: Option<Target>, command: Command) -> Result<u64, NotSent> {
        let watched = match &command {
            Command::Watch(looks) => Some(looks.clone()),
            _ => None,
        };
        if let Some(looks) = &watched {
            self.watched.clone_from(looks);
        }
        match self.link {
            Link::Over => return Err(NotSent::Over),
            Link::Lost => return Err(NotSent::Lost),
            Link::Up => {}
        }
        if self.role == Role::Viewer && watched.is_none() {
            return Err(match self.why.as_str() {
                "" => NotSent::Viewer,
                why => NotSent::NoControl(why.to_owned()),
            });
        }
        if self.commands.len() >= MAX_WAITING {
            return Err(NotSent::Busy);
        }
        let id = self.last + 1;
        let ask = encode(&Ask::Do { id, to, command })?;
        if ask.len() > TO_SERVER {
            return Err(NotSent::TooLong(ask.len()));
        }
        self.last = id;
        self.commands.push_back((id, ask));
        Ok(id)
    }

    /// Records and tells that the run has ended.
    pub(super) fn end(&mut self) {
        self.link = Link::Over;
        self.completed = self.last;
        let how = self.snapshot.outcome();
        self.notify(format!("The run {how}; `q` closes this screen"), false);
    }

    /// Shows a notice of the client itself.
    pub(super) fn notify(&mut self, text: String, error: bool) {
        self.notices += 1;
        let number = self.notices;
        self.snapshot = Arc::new(Snapshot {
            notice: Some(Notice {
                number,
                text,
                error,
            }),
            acknowledged: self.snapshot.acknowledged.max(self.completed),
            ..(*self.snapshot).clone()
        });
    }

    /// Shows a received snapshot, and its notice if that is new.
    pub(super) fn show(&mut self, mut snapshot: Snapshot) {
        snapshot.acknowledged = snapshot.acknowledged.max(self.completed);
        let theirs = snapshot.notice.take();
        snapshot.notice.clone_from(&self.snapshot.notice);
        if theirs != self.theirs {
            self.theirs.clone_from(&theirs);
            self.notices += 1;
            let number = self.notices;
            snapshot.notice = theirs.map(|notice| Notice { number, ..notice });
        }
        self.snapshot = Arc::new(snapshot);
    }

    /// Returns the notice after attaching: process, role, and the last warning of the run.
    pub(super) fn greeting(&self, how: &str) -> String {
        let to = match self.pid {
            0 => "the run".to_owned(),
            pid => format!("process {pid}"),
        };
        let mut text = match (self.role, self.why.as_str()) {
            (Role::Controller, _) => {
                format!("{how} to {to}: `q` leaves it running, `:quit-run` ends it")
            }
            (Role::Viewer, "") => format!("{how} to {to} as a viewer: `q` leaves it running"),
            (Role::Viewer, why) => format!("{how} to {to} as a viewer: {why}"),
        };
        let warning = self.theirs.as_ref().filter(|notice| notice.error);
        if let Some(warning) = warning {
            text.push_str(&format!(". Its last warning: {}", warning.text));
        }
        text
    }
}
