//! The client of a program: requests, each with its answer.

use std::{
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    AttachError, Error, Role, Wants,
    address::Peer,
    client::greet,
    frame,
    parts::Part,
    protocol::{Act, Answer, Ask, TO_CLIENT, TO_SERVER, decode, encode},
};
use crate::model::{Command, Reply, Snapshot, Target};

/// Time that the worker may take for a request: it may be scoring, or writing to a slow disk.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Time that the run's process has to take a request.
const TO_SEND: Duration = Duration::from_secs(10);

/// A connection of a program to a run.
#[derive(Debug)]
pub struct CommandClient {
    stream: UnixStream,
    peer: Peer,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    /// The worker executed or refused it.
    Reply(Reply),
    /// The run ended before.
    Over,
}

impl CommandClient {
    /// Connects to the run in `directory`.
    ///
    /// # Errors
    /// No process trains there, or it refuses this one.
    pub fn open(directory: &Path) -> Result<Self, AttachError> {
        let wants = Wants {
            role: Role::Viewer,
            take: false,
        };
        let greeted = greet(directory, wants);
        let (stream, peer, ..) =
            greeted.map_err(|error| AttachError::from_connect(directory, error))?;
        Ok(Self { stream, peer })
    }

    /// The process of the run, 0 if the system does not know it.
    pub fn pid(&self) -> i32 {
        self.peer.pid
    }

    /// Has the run execute a command in these lanes, by default that of the socket, and waits for what became of it.
    ///
    /// # Errors
    /// The connection fails, or the request is too long.
    pub fn act(
        &self,
        to: Option<Target>,
        command: Command,
        note: Option<String>,
    ) -> Result<Acted, Error> {
        let ask = encode(&Ask::Act(Box::new(Act { to, command, note })))?;
        frame::write(&self.stream, &ask, TO_SERVER, Instant::now() + TO_SEND)?;
        let answer = frame::read(&self.stream, TO_CLIENT, Instant::now() + PATIENCE)?;
        match decode(&answer)? {
            Answer::Reply(reply) => Ok(Acted::Reply(reply)),
            Answer::Refused(why) => Ok(Acted::Reply(Reply::Refused(why))),
            Answer::Over => Ok(Acted::Over),
            Answer::Taken | Answer::News(_) | Answer::State(..) => Err(Error::UnexpectedAnswer),
        }
    }

    /// Fetches the last published state of the run in `directory`: all of a snapshot but samples, plane and interpolation.
    ///
    /// # Errors
    /// The connection fails, or the answer is invalid.
    pub fn state(&self, directory: &Path) -> Result<Snapshot, Error> {
        let deadline = Instant::now() + TO_SEND;
        frame::write(&self.stream, &encode(&Ask::State)?, TO_SERVER, deadline)?;
        let answer = decode(&frame::read(&self.stream, TO_CLIENT, deadline)?)?;
        let Answer::State(state, parts) = answer else {
            return Err(Error::UnexpectedAnswer);
        };
        let mut initial = parts
            .iter()
            .find_map(Part::initial)
            .ok_or(Error::NoSnapshot)??;
        let mut snapshot = Snapshot {
            settings: Arc::clone(&initial),
            directory: directory.to_owned(),
            ..*state
        };
        for part in parts {
            part.apply(&mut snapshot, &mut initial)?;
        }
        Ok(snapshot)
    }
}
