//! What a client knows of the run that it is attached to, and what it says of it to the person.

use std::{collections::VecDeque, sync::Arc};

use super::connection::Connection;
use crate::{
    feed::Branch,
    model::{Command, History, Look, Notice, Snapshot},
    preset::Preset,
    remote::{
        Role,
        protocol::{Ask, TO_SERVER, encode},
    },
};

/// Commands that wait to be sent.
const WAITING: usize = 64;

/// What is known of the run, and what waits to be told to it.
#[derive(Debug)]
pub struct State {
    pub snapshot: Arc<Snapshot>,
    pub initial: Arc<Preset>,
    pub curves: Curves,
    pub link: Link,
    pub role: Role,
    /// Why the role is another than the one wanted.
    pub why: String,
    pub pid: i32,
    /// Number of the last command, and commands as bytes that are to be sent.
    pub last: u64,
    pub commands: VecDeque<(u64, Vec<u8>)>,
    /// All commands up to this one are dealt with, or lost.
    pub dealt_with: u64,
    /// What the front end watches, to be told to the run when it is found again.
    pub watched: Vec<Look>,
    /// The run's last notice, and how many notices there were, the client's own ones included.
    pub theirs: Option<Notice>,
    pub notices: u64,
    /// Why the last command was not sent.
    pub refusal: String,
    pub closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Up,
    Lost,
    /// The run has ended.
    Over,
}

/// The curves of a run, and those of the branch that it left last.
#[derive(Debug, Default)]
pub struct Curves {
    pub history: History,
    pub branch: Option<Arc<Branch>>,
}

impl State {
    /// Of a connection that has just been made.
    pub fn of(connection: &Connection, curves: Curves, role: Role, why: String) -> Self {
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
            dealt_with: 0,
            watched: Vec::new(),
            notices: 0,
            refusal: String::new(),
            closed: false,
        }
    }

    pub fn send(&mut self, command: Command) -> Result<u64, String> {
        let watched = match &command {
            Command::Watch(looks) => Some(looks.clone()),
            _ => None,
        };
        if let Some(looks) = &watched {
            self.watched.clone_from(looks);
        }
        match self.link {
            Link::Over => return Err("The run has ended and takes no more commands.".to_owned()),
            Link::Lost => {
                return Err("The connection to the run is lost: nothing was sent.".to_owned());
            }
            Link::Up => {}
        }
        if self.role == Role::Viewer && watched.is_none() {
            return Err(match self.why.as_str() {
                "" => "This screen only looks on.".to_owned(),
                why => format!("This screen only looks on: {why}."),
            });
        }
        if self.commands.len() >= WAITING {
            return Err("The run's process does not keep up: nothing was sent.".to_owned());
        }
        let id = self.last + 1;
        let ask = encode(&Ask::Do { id, command })?;
        if ask.len() > TO_SERVER {
            return Err(format!("{} bytes are too many to be sent.", ask.len()));
        }
        self.last = id;
        self.commands.push_back((id, ask));
        Ok(id)
    }

    /// A line for the person, of the client's own.
    pub fn say(&mut self, text: String, error: bool) {
        self.notices += 1;
        let number = self.notices;
        self.snapshot = Arc::new(Snapshot {
            notice: Some(Notice {
                number,
                text,
                error,
            }),
            acknowledged: self.snapshot.acknowledged.max(self.dealt_with),
            ..(*self.snapshot).clone()
        });
    }

    /// Shows a snapshot that came; its notice is shown where it is a new one.
    pub fn show(&mut self, mut snapshot: Snapshot) {
        snapshot.acknowledged = snapshot.acknowledged.max(self.dealt_with);
        let theirs = snapshot.notice.take();
        snapshot.notice = self.snapshot.notice.clone();
        if theirs != self.theirs {
            self.theirs.clone_from(&theirs);
            self.notices += 1;
            let number = self.notices;
            snapshot.notice = theirs.map(|notice| Notice { number, ..notice });
        }
        self.snapshot = Arc::new(snapshot);
    }

    /// What the person should know of a connection that has been made.
    pub fn greeting(&self, how: &str) -> String {
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
