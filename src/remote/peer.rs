//! Serves one peer, on its own thread.

mod waiting;

use std::{
    collections::VecDeque,
    io,
    os::unix::net::UnixStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{
    Role,
    address::Peer,
    curves::{CurveNews, SentCurves},
    disconnect::Disconnect,
    error::{Refusal, TurnedAway},
    frame,
    parts::SentParts,
    protocol::{
        Answer, Ask, GREETING, Hello, News, PROTOCOL, TO_CLIENT, TO_SERVER, Welcome, decode, encode,
    },
    server::Shared,
    stop::Stop,
};
use crate::{
    model::feed::{Branch, Requests},
    model::{Cause, Command, Snapshot, Target},
};

/// Time that a peer has to greet, to finish a message, and to read an answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Time that a peer has to fetch the last news.
pub(super) const LAST_NEWS_WAIT: Duration = Duration::from_millis(300);
/// Time between two answers with news, at least.
const NEWS_INTERVAL: Duration = Duration::from_millis(4);

/// A connected peer and everything it has received.
pub(super) struct PeerSession<'a> {
    pub number: u64,
    pub peer: Peer,
    pub stream: &'a UnixStream,
    pub shared: &'a Shared,
    pub stop: &'a Stop,
    pub requests: Requests,
    wants: Role,
    role: Role,
    snapshot: Option<Arc<Snapshot>>,
    parts: SentParts,
    curves: SentCurves,
    /// The abandoned branch that the peer has.
    branch: Option<Arc<Branch>>,
    /// Commands that the worker has not acknowledged: its numbers and the peer's.
    pending: VecDeque<(u64, u64)>,
    /// Number of the peer's last command.
    last: u64,
    /// Number of the peer's last command that the worker acknowledged.
    acknowledged: u64,
    /// Time of the last answer with news.
    answered: Option<Instant>,
}

impl<'a> PeerSession<'a> {
    /// Creates the session of peer `number`, which views until it is greeted.
    pub(super) fn new(
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
            parts: SentParts::default(),
            curves: SentCurves::default(),
            branch: None,
            pending: VecDeque::new(),
            last: 0,
            acknowledged: 0,
            answered: None,
        }
    }

    /// Greets the peer and answers it until it leaves or the run is over. Without `has_seat` there are too many peers: it
    /// is turned away.
    pub(super) fn serve(mut self, has_seat: bool) -> Disconnect {
        let served = self.greet(has_seat).and_then(|()| self.answer_all());
        self.shared.control.leave(self.number);
        self.requests.leave();
        served.err().unwrap_or(Disconnect::Over)
    }

    fn greet(&mut self, has_seat: bool) -> Result<(), Disconnect> {
        if !self.wait_for_message(Some(PATIENCE), true)? {
            return Err(Disconnect::Over);
        }
        let deadline = Instant::now() + PATIENCE;
        let hello = frame::read(self.stream, GREETING, deadline)?;
        let hello: Hello = serde_json::from_slice(&hello)
            .map_err(|error| Disconnect::Protocol(error.to_string()))?;
        let turned_away = if hello.protocol == PROTOCOL {
            (!has_seat).then_some(TurnedAway::Full)
        } else {
            let (program, protocol) = (hello.program, hello.protocol);
            Some(TurnedAway::Protocol { program, protocol })
        };
        let (role, why) = match &turned_away {
            Some(reason) => (None, reason.to_string()),
            None => {
                let pid = self.peer.pid;
                let control = &self.shared.control;
                let (role, why) = control.request(hello.wants, hello.take, self.number, pid);
                tracing::info!("attach: process {pid} is a {}", role.name());
                (self.wants, self.role) = (hello.wants, role);
                (Some(role), why)
            }
        };
        let refused = turned_away.map(|reason| Disconnect::Protocol(reason.to_string()));
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

    fn answer_all(&mut self) -> Result<(), Disconnect> {
        while !self.stop.is_over() && self.wait_for_message(None, true)? {
            self.answer(Instant::now() + PATIENCE, false)?;
        }
        // The run is over: the peer can fetch the last news for a moment.
        let deadline = Instant::now() + LAST_NEWS_WAIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if !self.wait_for_message(Some(left), false)? || self.answer(deadline, true)? {
                return Ok(());
            }
        }
    }

    /// Answers one request and returns whether the answer was the last news.
    fn answer(&mut self, deadline: Instant, over: bool) -> Result<bool, Disconnect> {
        let ask = frame::read(self.stream, TO_SERVER, deadline)?;
        let bytes = ask.len();
        let mut deadline = deadline;
        let answer = match decode(&ask)? {
            Ask::News => {
                if let Some(answered) = self.answered {
                    thread::sleep(NEWS_INTERVAL.saturating_sub(answered.elapsed()));
                }
                self.answered = Some(Instant::now());
                Answer::News(Box::new(self.news(over)))
            }
            Ask::Do { id, to, command } => match self.forward(id, to, command, bytes) {
                Ok(()) => Answer::Taken,
                Err(reason) => Answer::Refused(reason.to_string()),
            },
            Ask::State => self.state(),
            Ask::Act(request) => {
                let answer = self.act(*request, bytes);
                // The worker may have taken its time.
                deadline = deadline.max(Instant::now() + LAST_NEWS_WAIT);
                answer
            }
        };
        let last = matches!(&answer, Answer::News(news) if news.last);
        let answer = encode(&answer)?;
        frame::write(self.stream, &answer, TO_CLIENT, deadline)?;
        Ok(last)
    }

    /// Returns what is new for the peer. `over`: whether the run is over.
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

    /// Returns new points of the curves, the last step of a branch that was abandoned, and whether these are all. The
    /// remaining points of an abandoned branch come first, its step with the last of them.
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
                    self.curves = SentCurves::default();
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

    /// Updates and returns the role of the peer. A peer that wants control gets it as soon as it is free.
    fn role(&mut self) -> Role {
        let Peer { pid, .. } = self.peer;
        let control = &self.shared.control;
        let (role, _) = control.request(self.wants, false, self.number, pid);
        if role != self.role {
            tracing::info!("attach: process {pid} is a {} now", role.name());
            self.role = role;
        }
        role
    }

    /// Passes a command on to the worker.
    fn forward(
        &mut self,
        id: u64,
        to: Option<Target>,
        command: Command,
        bytes: usize,
    ) -> Result<(), Refusal> {
        if id <= self.last {
            let last = self.last;
            return Err(Refusal::Order { id, last });
        }
        self.last = id;
        match command {
            Command::GoHeadless => return Err(Refusal::OwnProcess),
            Command::Watch(_) => {}
            _ if self.role() == Role::Viewer => return Err(Refusal::Viewer),
            _ => {}
        }
        if matches!(command, Command::Quit) {
            tracing::info!("attach: process {} ends the run", self.peer.pid);
        }
        let send = || self.requests.send_as(to, command, Cause::Key, None);
        let worker = self.shared.forward(bytes, send)?;
        self.pending.push_back((worker, id));
        Ok(())
    }
}
