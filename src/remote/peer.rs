//! One peer, served on a thread of its own.

use std::{
    collections::VecDeque,
    fmt, io,
    os::unix::net::UnixStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{
    Role,
    address::Peer,
    curves::{self, CurveNews},
    frame, parts,
    protocol::{
        Answer, Ask, GREETING, Hello, News, PROTOCOL, TO_CLIENT, TO_SERVER, Welcome, decode, encode,
    },
    server::{Shared, Stop},
};
use crate::{
    feed::{Branch, Requests},
    model::{Command, Snapshot},
};

/// How long a peer may take to greet, to finish what it began to send, and to read an answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long a peer has to fetch the last news.
pub const FAREWELL: Duration = Duration::from_millis(300);
/// Least time between two answers with news.
const PAUSE: Duration = Duration::from_millis(4);

/// Why a peer is served no more.
#[derive(Debug)]
pub enum Gone {
    /// It went.
    Left,
    /// The run is over.
    Over,
    /// It does not keep to the protocol.
    Nonsense(String),
    /// The connection is broken, or the peer stopped in the midst of something.
    Broken(io::Error),
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => write!(f, "left"),
            Self::Over => write!(f, "saw the end"),
            Self::Nonsense(what) => write!(f, "speaks nonsense: {what}"),
            Self::Broken(error) => write!(f, "broke off: {error}"),
        }
    }
}

impl From<io::Error> for Gone {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => Self::Left,
            io::ErrorKind::InvalidData => Self::Nonsense(error.to_string()),
            _ => Self::Broken(error),
        }
    }
}

/// A peer and what it has been told.
pub struct Served<'a> {
    pub number: u64,
    pub peer: Peer,
    pub stream: &'a UnixStream,
    pub shared: &'a Shared,
    pub stop: &'a Stop,
    requests: Requests,
    wants: Role,
    role: Role,
    snapshot: Option<Arc<Snapshot>>,
    parts: parts::Sent,
    curves: curves::Sent,
    /// The branch that the peer knows to have been left.
    branch: Option<Arc<Branch>>,
    /// Commands on their way: the worker's numbers and the peer's.
    pending: VecDeque<(u64, u64)>,
    /// The peer's last command, and the last that the worker has dealt with.
    last: u64,
    acknowledged: u64,
    answered: Option<Instant>,
}

impl<'a> Served<'a> {
    pub fn new(
        number: u64,
        peer: Peer,
        stream: &'a UnixStream,
        shared: &'a Shared,
        stop: &'a Stop,
    ) -> Self {
        Self {
            number,
            peer,
            stream,
            shared,
            stop,
            requests: shared.requests.another(),
            wants: Role::Viewer,
            role: Role::Viewer,
            snapshot: None,
            parts: parts::Sent::default(),
            curves: curves::Sent::default(),
            branch: None,
            pending: VecDeque::new(),
            last: 0,
            acknowledged: 0,
            answered: None,
        }
    }

    /// Greets the peer and answers it until it goes or the run is over; `seat`: whether there is room for it.
    pub fn serve(mut self, seat: bool) -> Gone {
        let gone = self.greet(seat).and_then(|()| self.answer_all());
        self.shared.control.leave(self.number);
        self.requests.leave();
        gone.err().unwrap_or(Gone::Over)
    }

    fn greet(&mut self, seat: bool) -> Result<(), Gone> {
        if !self.is_waiting(Some(PATIENCE), true)? {
            return Err(Gone::Over);
        }
        let deadline = Instant::now() + PATIENCE;
        let hello = frame::read(self.stream, GREETING, deadline)?;
        let hello: Hello =
            serde_json::from_slice(&hello).map_err(|error| Gone::Nonsense(error.to_string()))?;
        let (role, why) = if hello.protocol != PROTOCOL {
            let why = format!(
                "the run's sn-tui {} speaks protocol {PROTOCOL}, this one ({}) speaks {}: attach with the version that the run was started with",
                env!("CARGO_PKG_VERSION"),
                hello.program,
                hello.protocol
            );
            (None, why)
        } else if !seat {
            (None, "too many are attached already".to_owned())
        } else {
            let pid = self.peer.pid;
            let control = &self.shared.control;
            let (role, why) = control.ask(hello.wants, hello.take, self.number, pid);
            tracing::info!("attach: process {pid} is a {}", name(role));
            (self.wants, self.role) = (hello.wants, role);
            (Some(role), why)
        };
        let refused = role.is_none().then(|| Gone::Nonsense(why.clone()));
        let welcome = Welcome {
            protocol: PROTOCOL,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            role,
            why,
        };
        let welcome = serde_json::to_vec(&welcome).map_err(io::Error::from)?;
        frame::write(self.stream, &welcome, GREETING, deadline)?;
        refused.map_or(Ok(()), Err)
    }

    fn answer_all(&mut self) -> Result<(), Gone> {
        while !self.stop.is_over() && self.is_waiting(None, true)? {
            self.answer(Instant::now() + PATIENCE, false)?;
        }
        // The end: whoever looks in time sees how it came out.
        let deadline = Instant::now() + FAREWELL;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if !self.is_waiting(Some(left), false)? || self.answer(deadline, true)? {
                return Ok(());
            }
        }
    }

    /// Answers what the peer asks; whether it has been told the last.
    fn answer(&mut self, deadline: Instant, over: bool) -> Result<bool, Gone> {
        let ask = frame::read(self.stream, TO_SERVER, deadline)?;
        let bytes = ask.len();
        let ask: Ask = decode(&ask).map_err(Gone::Nonsense)?;
        let answer = match ask {
            Ask::News => {
                if let Some(answered) = self.answered {
                    thread::sleep(PAUSE.saturating_sub(answered.elapsed()));
                }
                self.answered = Some(Instant::now());
                Answer::News(Box::new(self.news(over)))
            }
            Ask::Do { id, command } => match self.take(id, command, bytes) {
                Ok(()) => Answer::Taken,
                Err(reason) => Answer::Refused(reason),
            },
        };
        let last = matches!(&answer, Answer::News(news) if news.last);
        let answer = encode(&answer).map_err(Gone::Nonsense)?;
        frame::write(self.stream, &answer, TO_CLIENT, deadline)?;
        Ok(last)
    }

    fn news(&mut self, over: bool) -> News {
        let snapshot = self.shared.feed.snapshot();
        let known = self.snapshot.as_ref();
        let new = known.is_none_or(|known| !Arc::ptr_eq(known, &snapshot));
        while let Some(&(worker, peer)) = self.pending.front()
            && worker <= snapshot.acknowledged
        {
            self.acknowledged = peer;
            self.pending.pop_front();
        }
        let state = new.then(|| Snapshot {
            acknowledged: self.acknowledged,
            ..(*snapshot).clone()
        });
        let (parts, all) = self.parts.news(&snapshot, &self.shared.initial);
        let (curves, left, whole) = self.curves();
        self.snapshot = Some(snapshot);
        let more = !(all && whole);
        News {
            role: self.role(),
            state: state.map(Box::new),
            parts,
            curves,
            left,
            more,
            last: over && !more,
        }
    }

    /// What is new of the curves; where a branch was left, its last points and then its step; whether that is all.
    fn curves(&mut self) -> (Vec<CurveNews>, Option<u64>, bool) {
        let feed = &self.shared.feed;
        let branch = feed.branch();
        let known = match (&self.branch, &branch) {
            (Some(known), Some(branch)) => Arc::ptr_eq(known, branch),
            (None, None) => true,
            _ => false,
        };
        match branch {
            Some(branch) if !known => {
                let (news, whole) = self.curves.news(&branch.history);
                let left = whole.then_some(branch.step);
                if whole {
                    self.curves = curves::Sent::default();
                    self.branch = Some(branch);
                }
                (news, left, false)
            }
            _ => {
                let (news, whole) = feed.read_history(|history| self.curves.news(history));
                (news, None, whole)
            }
        }
    }

    /// The role of the peer now: one that wants control gets it when it is free.
    fn role(&mut self) -> Role {
        let Peer { pid, .. } = self.peer;
        let control = &self.shared.control;
        let (role, _) = control.ask(self.wants, false, self.number, pid);
        if role != self.role {
            tracing::info!("attach: process {pid} is a {} now", name(role));
            self.role = role;
        }
        role
    }

    fn take(&mut self, id: u64, command: Command, bytes: usize) -> Result<(), String> {
        if id <= self.last {
            return Err(format!("command {id} comes after {}", self.last));
        }
        self.last = id;
        match command {
            Command::GoHeadless => return Err("that is for the run's own process".to_owned()),
            Command::Watch(_) => {}
            _ if self.role() == Role::Viewer => {
                return Err("this screen only looks on".to_owned());
            }
            _ => {}
        }
        if matches!(command, Command::Quit) {
            tracing::info!("attach: process {} ends the run", self.peer.pid);
        }
        let worker = self.shared.pass_on(&self.requests, command, bytes)?;
        self.pending.push_back((worker, id));
        Ok(())
    }

    /// Waits until the peer sends something or goes; false where `patience` ends before, or the run while it is `going`.
    fn is_waiting(&self, patience: Option<Duration>, going: bool) -> io::Result<bool> {
        let deadline = patience.map(|patience| Instant::now() + patience);
        loop {
            let mut fds = [
                PollFd::new(self.stream, PollFlags::IN),
                PollFd::new(self.stop.watched(), PollFlags::IN),
            ];
            let fds = if going { &mut fds[..] } else { &mut fds[..1] };
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(fds, left.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) => return Ok(!fds[0].revents().is_empty()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

pub fn name(role: Role) -> &'static str {
    match role {
        Role::Controller => "controller",
        Role::Viewer => "viewer",
    }
}
