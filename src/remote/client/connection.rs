//! A connection to the process of a run: greeting it, asking it what is new, sending it commands.

use std::{
    io::{self, ErrorKind},
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Shared, Wants, state::Curves};
use crate::{
    feed::Branch,
    model::Snapshot,
    preset::Preset,
    remote::{
        Role,
        address::{self, Peer},
        frame,
        parts::{Part, renew},
        protocol::{
            Answer, Ask, GREETING, Hello, News, PROTOCOL, TO_CLIENT, TO_SERVER, Welcome, decode,
            encode,
        },
    },
};

/// How long the run's process may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that was greeted, and the snapshot that its news are put into.
pub struct Connection {
    stream: UnixStream,
    pub peer: Peer,
    pub snapshot: Snapshot,
    pub initial: Arc<Preset>,
}

impl Connection {
    /// A connection that has the whole of the first snapshot.
    pub fn begin(
        stream: UnixStream,
        peer: Peer,
        directory: &Path,
        curves: &mut Curves,
    ) -> Result<Self, String> {
        let mut news = news(&stream)?;
        let initial = news.parts.iter().find_map(Part::initial);
        let (Some(initial), Some(state)) = (initial, news.state.take()) else {
            return Err("it does not begin at the beginning".to_owned());
        };
        let initial = initial?;
        let mut connection = Self {
            stream,
            peer,
            initial: Arc::clone(&initial),
            snapshot: Snapshot {
                settings: initial,
                directory: directory.to_owned(),
                ..*state
            },
        };
        connection.put(news, curves)?;
        Ok(connection)
    }

    /// Sends what waits to be sent and takes what is new; whether the run is over.
    pub fn round(&mut self, shared: &Shared) -> Result<bool, String> {
        loop {
            let next = shared.lock().commands.pop_front();
            let Some((id, command)) = next else {
                break;
            };
            match self.ask(&command)? {
                Answer::Taken => {}
                Answer::Refused(reason) => {
                    let mut state = shared.lock();
                    state.dealt_with = state.dealt_with.max(id);
                    state.say(format!("not done: {reason}"), true);
                }
                Answer::News(_) => return Err("it answers what was not asked".to_owned()),
            }
        }
        let mut new = false;
        loop {
            let news = self.news()?;
            let mut state = shared.lock();
            let (role, more, last) = (news.role, news.more, news.last);
            new |= news.state.is_some() || !news.parts.is_empty();
            self.put(news, &mut state.curves)?;
            if role != state.role {
                state.role = role;
                let text = match role {
                    Role::Controller => "This screen controls the run now",
                    Role::Viewer => "Another attached screen has taken control: this one looks on",
                };
                state.say(text.to_owned(), role == Role::Viewer);
                state.why = "another attached screen has taken control".to_owned();
            }
            // Whole or not at all: what is shown belongs to one moment.
            if !more {
                if new {
                    state.show(self.snapshot.clone());
                }
                return Ok(last);
            }
        }
    }

    /// Takes all that is there; whether the run is over.
    pub fn catch_up(&mut self, curves: &mut Curves) -> Result<bool, String> {
        loop {
            let news = self.news()?;
            let (more, last) = (news.more, news.last);
            self.put(news, curves)?;
            if !more {
                return Ok(last);
            }
        }
    }

    fn put(&mut self, news: News, curves: &mut Curves) -> Result<(), String> {
        for part in news.parts {
            part.put(&mut self.snapshot, &mut self.initial)?;
        }
        for curve in news.curves {
            curve.put(&mut curves.history)?;
        }
        if let Some(step) = news.left {
            let history = std::mem::take(&mut curves.history);
            curves.branch = Some(Arc::new(Branch { step, history }));
        }
        if let Some(state) = news.state {
            renew(&mut self.snapshot, *state);
        }
        Ok(())
    }

    fn news(&self) -> Result<News, String> {
        news(&self.stream)
    }

    fn ask(&self, ask: &[u8]) -> Result<Answer, String> {
        request(&self.stream, ask)
    }
}

fn request(stream: &UnixStream, ask: &[u8]) -> Result<Answer, String> {
    let deadline = Instant::now() + PATIENCE;
    let answer = frame::write(stream, ask, TO_SERVER, deadline)
        .and_then(|()| frame::read(stream, TO_CLIENT, deadline));
    let answer = answer.map_err(|error| match error.kind() {
        ErrorKind::TimedOut => "its process does not answer".to_owned(),
        ErrorKind::UnexpectedEof => "its process has closed it".to_owned(),
        _ => error.to_string(),
    })?;
    decode(&answer)
}

fn news(stream: &UnixStream) -> Result<News, String> {
    match request(stream, &encode(&Ask::News)?)? {
        Answer::News(news) => Ok(*news),
        Answer::Taken | Answer::Refused(_) => Err("it answers what was not asked".to_owned()),
    }
}

/// Connects and greets; gives the role that was given, and why it is another than the one wanted.
pub fn greet(directory: &Path, wants: Wants) -> io::Result<(UnixStream, Peer, Role, String)> {
    let stream = address::connect(directory)?;
    let peer = address::peer(&stream)?;
    if !peer.same_user {
        let message = format!("process {} that listens there is of another user", peer.pid);
        return Err(io::Error::new(ErrorKind::PermissionDenied, message));
    }
    let hello = Hello {
        protocol: PROTOCOL,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        wants: wants.role,
        take: wants.take,
    };
    let deadline = Instant::now() + PATIENCE;
    frame::write(&stream, &serde_json::to_vec(&hello)?, GREETING, deadline)?;
    let welcome: Welcome = serde_json::from_slice(&frame::read(&stream, GREETING, deadline)?)?;
    match welcome.role {
        Some(role) if welcome.protocol == PROTOCOL => Ok((stream, peer, role, welcome.why)),
        _ => Err(io::Error::other(welcome.why)),
    }
}

/// Why nobody could be attached to, for people.
pub fn no_run(directory: &Path, error: &io::Error) -> String {
    let directory = directory.display();
    match error.kind() {
        ErrorKind::NotFound => format!("no run is going on in {directory}"),
        ErrorKind::ConnectionRefused => {
            format!("no run is going on in {directory}: its process has been killed")
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            format!("the run in {directory} does not answer: its process may be stopped")
        }
        _ => format!("the run in {directory} cannot be attached to: {error}"),
    }
}
