//! The messages on the socket.
//!
//! ```text
//! client                          server
//! Hello (JSON)        ──────►
//!                     ◄──────     Welcome (JSON); without a role the connection ends
//! Ask::News           ──────►
//!                     ◄──────     Answer::News: what is new since the last
//! Ask::Do             ──────►
//!                     ◄──────     Answer::Taken or Answer::Refused
//! Ask::Act            ──────►
//!                     ◄──────     Answer::Reply when it is executed; Answer::Refused or Answer::Over
//! Ask::State          ──────►
//!                     ◄──────     Answer::State
//! ```
//!
//! The client sends a request, the server answers with one frame; the server never sends first. Greetings are JSON whose
//! unknown fields are ignored, so that all versions understand them. All other messages are MessagePack with named fields,
//! in which floats keep their bits. They need equal [`PROTOCOL`]s on both sides.

use rmp_serde::config::BytesMode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Error, curves::CurveNews, parts::Part};
use crate::model::{Command, Reply, Snapshot, Target};

/// Version of the messages after the greetings. It rises with every change of them.
pub(super) const PROTOCOL: u32 = 8;
/// Bytes of a greeting, at most.
pub(super) const GREETING: usize = 4 << 10;
/// Bytes of a message to the server, at most.
pub const TO_SERVER: usize = 4 << 20;
/// Bytes of a message to the client, at most.
pub const TO_CLIENT: usize = 16 << 20;

/// The greeting of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub protocol: u32,
    /// The program's version, for people.
    pub program: String,
    pub wants: Role,
    /// Take control from another peer that has it.
    #[serde(default)]
    pub take: bool,
}

/// The greeting of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Welcome {
    pub protocol: u32,
    pub program: String,
    /// `None` if the server refuses this client.
    pub role: Option<Role>,
    /// Why the role is not the wanted one; empty if it is.
    #[serde(default)]
    pub why: String,
}

/// What a peer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// View and change the run; at most one peer.
    Controller,
    /// View the run.
    Viewer,
}

impl Role {
    /// Returns the name in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Controller => "controller",
            Self::Viewer => "viewer",
        }
    }
}

/// A request of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Ask {
    /// Send what is new since the last answer.
    News,
    /// Execute a command. `id` rises with each command of a client; later snapshots acknowledge it.
    /// `to` are the lanes on which it acts, the one of the socket if `None`.
    Do {
        id: u64,
        to: Option<Target>,
        command: Command,
    },
    /// Execute a command of a program, and answer once that is done. Any peer may ask.
    Act(Box<Act>),
    /// Send the last published state of the run, for a program.
    State,
}

/// A request of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Act {
    /// The lanes on which it acts; `None` for the lane of the socket.
    pub to: Option<Target>,
    pub command: Command,
    /// Why the program asks, for the journal.
    pub note: Option<String>,
}

/// An answer of the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    News(Box<News>),
    /// The command was passed to the worker.
    Taken,
    /// The command was refused, for this reason.
    Refused(String),
    /// What became of the command of a program.
    Reply(Reply),
    /// The run ended before the command of a program was executed.
    Over,
    /// The snapshot without its large parts, and those that a program reads.
    State(Box<Snapshot>, Vec<Part>),
}

/// Changes of a run since the last answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct News {
    /// The current role of the peer.
    pub role: Role,
    /// The snapshot without its large parts; `None` if it is unchanged.
    pub state: Option<Box<Snapshot>>,
    /// Changed large parts of the snapshot.
    pub parts: Vec<Part>,
    pub curves: Vec<CurveNews>,
    /// The curves now form a branch that ended at this step and was abandoned. New curves begin.
    pub left: Option<u64>,
    /// More news are available at once.
    pub more: bool,
    /// The run is over, and these are the last news.
    pub last: bool,
}

/// Maximal nesting of a message.
const MAX_DEPTH: usize = 32;

/// Encodes a message.
///
/// # Errors
/// [`Error::Encode`]; none is known, because the messages are plain data.
pub(super) fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut to = rmp_serde::Serializer::new(&mut bytes)
        .with_struct_map()
        .with_bytes(BytesMode::ForceIterables);
    message.serialize(&mut to)?;
    Ok(bytes)
}

/// Decodes a message.
///
/// # Errors
/// [`Error::Decode`] if the bytes are not such a message, [`Error::TrailingBytes`] if more bytes follow it.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut rest = bytes;
    let mut from = rmp_serde::Deserializer::new(&mut rest);
    from.set_max_depth(MAX_DEPTH);
    let message = T::deserialize(&mut from)?;
    match rest.len() {
        0 => Ok(message),
        more => Err(Error::TrailingBytes(more)),
    }
}
