//! The connection to the process of a run: greeting, requests for news, commands.

use std::{
    io::{self, ErrorKind},
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{super::Error, Shared, Wants, state::Curves};
use crate::{
    model::{Snapshot, feed::Branch},
    preset::Preset,
    remote::{
        Role,
        address::{self, Peer},
        frame,
        parts::{Part, apply_state},
        protocol::{
            Answer, Ask, GREETING, Hello, News, PROTOCOL, TO_CLIENT, TO_SERVER, Welcome, decode,
            encode,
        },
    },
};

/// Time that the run's process has to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection after the greeting, with the snapshot received so far.
pub(super) struct Connection {
    stream: UnixStream,
    pub peer: Peer,
    pub snapshot: Snapshot,
    pub initial: Arc<Preset>,
}

impl Connection {
    /// Fetches the first snapshot and all news since. Returns whether the run is over as well.
    ///
    /// # Errors
    /// The connection fails, or an answer is invalid or has no snapshot.
    pub(super) fn begin(
        stream: UnixStream,
        peer: Peer,
        directory: &Path,
        curves: &mut Curves,
    ) -> Result<(Self, bool), Error> {
        let mut news = news(&stream)?;
        let last = news.last;
        let initial = news.parts.iter().find_map(Part::initial);
        let (Some(initial), Some(state)) = (initial, news.state.take()) else {
            return Err(Error::NoSnapshot);
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
        connection.apply(news, curves)?;
        // The process of a run that is over answers no more.
        let over = last || connection.catch_up(curves)?;
        Ok((connection, over))
    }

    /// Sends all queued commands, then fetches the news. Returns whether the run is over.
    ///
    /// # Errors
    /// The connection fails, or an answer is invalid.
    pub(super) fn exchange(&mut self, shared: &Shared) -> Result<bool, Error> {
        loop {
            let next = shared.lock().commands.pop_front();
            let Some((id, command)) = next else {
                break;
            };
            match self.ask(&command)? {
                Answer::Taken => {}
                Answer::Refused(reason) => {
                    let mut state = shared.lock();
                    state.completed = state.completed.max(id);
                    state.notify(format!("Refused: {reason}"), true);
                }
                _ => return Err(Error::UnexpectedAnswer),
            }
        }
        let mut new = false;
        loop {
            let news = self.news()?;
            let mut state = shared.lock();
            let (role, more, last) = (news.role, news.more, news.last);
            new |= news.state.is_some() || !news.parts.is_empty();
            self.apply(news, &mut state.curves)?;
            if role != state.role {
                state.role = role;
                let text = match role {
                    Role::Controller => "This screen controls the run now",
                    Role::Viewer => "Another attached screen has taken control: this one looks on",
                };
                state.notify(text.to_owned(), role == Role::Viewer);
                "another attached screen has taken control".clone_into(&mut state.why);
            }
            // Show nothing before all news have arrived: the parts of a snapshot belong to one step.
            if !more {
                if new {
                    state.show(self.snapshot.clone());
                }
                return Ok(last);
            }
        }
    }

    /// Fetches all news. Returns whether the run is over.
    ///
    /// # Errors
    /// The connection fails, or an answer is invalid.
    fn catch_up(&mut self, curves: &mut Curves) -> Result<bool, Error> {
        loop {
            let news = self.news()?;
            let (more, last) = (news.more, news.last);
            self.apply(news, curves)?;
            if !more {
                return Ok(last);
            }
        }
    }

    /// Applies news to the snapshot and the curves.
    fn apply(&mut self, news: News, curves: &mut Curves) -> Result<(), Error> {
        for part in news.parts {
            part.apply(&mut self.snapshot, &mut self.initial)?;
        }
        for curve in news.curves {
            curve.apply(&mut curves.history)?;
        }
        if let Some(step) = news.left {
            let history = std::mem::take(&mut curves.history);
            curves.branch = Some(Arc::new(Branch { step, history }));
        }
        if let Some(state) = news.state {
            apply_state(&mut self.snapshot, *state);
        }
        Ok(())
    }

    fn news(&self) -> Result<News, Error> {
        news(&self.stream)
    }

    fn ask(&self, ask: &[u8]) -> Result<Answer, Error> {
        request(&self.stream, ask)
    }
}

/// Sends an encoded request and waits for the answer.
fn request(stream: &UnixStream, ask: &[u8]) -> Result<Answer, Error> {
    let deadline = Instant::now() + PATIENCE;
    frame::write(stream, ask, TO_SERVER, deadline)?;
    decode(&frame::read(stream, TO_CLIENT, deadline)?)
}

fn news(stream: &UnixStream) -> Result<News, Error> {
    match request(stream, &encode(&Ask::News)?)? {
        Answer::News(news) => Ok(*news),
        _ => Err(Error::UnexpectedAnswer),
    }
}

/// Connects to the run in `directory` and greets it. Returns the connection, the process, the granted role, and why that
/// is not the wanted one (empty if it is).
///
/// # Errors
/// No process listens, it belongs to another user, or it refuses this client.
pub(in crate::remote) fn greet(
    directory: &Path,
    wants: Wants,
) -> io::Result<(UnixStream, Peer, Role, String)> {
    let stream = address::connect(directory)?;
    let peer = address::peer(&stream)?;
    if !peer.same_user {
        let message = format!("its process {} belongs to another user", peer.pid);
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
