//! What goes over the socket.
//!
//! ```text
//! client                          server
//! Hello (JSON)        ──────►
//!                     ◄──────     Welcome (JSON); without a role the connection ends
//! Ask::News           ──────►
//!                     ◄──────     Answer::News: what is new since the last
//! Ask::Do             ──────►
//!                     ◄──────     Answer::Taken or Answer::Refused
//! ```
//!
//! The client asks, the server answers with one frame each; it never speaks first. Greetings are JSON, whose unknown
//! fields are passed over, so that all versions understand them; what follows is MessagePack with named fields, in which
//! floats keep their bits, of exactly this [`PROTOCOL`].

use rmp_serde::config::BytesMode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{curves::CurveNews, parts::Part};
use crate::model::{Command, Snapshot};

/// Rises with every change of what goes over the socket after the greetings.
pub const PROTOCOL: u32 = 5;
/// Most bytes of a greeting, of what a client sends, and of what a server sends.
pub const GREETING: usize = 4 << 10;
pub const TO_SERVER: usize = 4 << 20;
pub const TO_CLIENT: usize = 16 << 20;

/// The first word of a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    pub protocol: u32,
    /// The program's version, for people.
    pub program: String,
    pub wants: Role,
    /// Take control from another peer that has it.
    #[serde(default)]
    pub take: bool,
}

/// The server's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    pub protocol: u32,
    pub program: String,
    /// None: the server does not want this client.
    pub role: Option<Role>,
    /// Why it is not the role that was wanted; empty where it is.
    #[serde(default)]
    pub why: String,
}

/// What a peer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything; there is one at most.
    Controller,
    /// Look.
    Viewer,
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    News,
    /// Carry out a command; `id` rises with each of a client's commands, and its snapshots acknowledge that number.
    Do {
        id: u64,
        command: Command,
    },
}

/// What the server answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    News(Box<News>),
    /// The command is on its way to the worker.
    Taken,
    /// It is not, for this reason.
    Refused(String),
}

/// What is new since the last answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct News {
    /// Role of the peer from now on.
    pub role: Role,
    /// The snapshot without its large parts; none: as before.
    pub state: Option<Box<Snapshot>>,
    /// Parts of the snapshot that are others than before.
    pub parts: Vec<Part>,
    pub curves: Vec<CurveNews>,
    /// With these the curves are those of a branch that got as far as this step and was left; new ones begin.
    pub left: Option<u64>,
    /// There is more to be had at once.
    pub more: bool,
    /// The run is over; nothing comes any more.
    pub last: bool,
}

/// Deeper messages are none of ours.
const DEEPEST: usize = 32;

/// A message as bytes.
///
/// # Errors
/// None that is known: the messages are plain.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut to = rmp_serde::Serializer::new(&mut bytes)
        .with_struct_map()
        .with_bytes(BytesMode::ForceIterables);
    match message.serialize(&mut to) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(format!("it cannot be sent: {error}")),
    }
}

/// Bytes as a message.
///
/// # Errors
/// Bytes that are no such message, or more than one.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut rest = bytes;
    let mut from = rmp_serde::Deserializer::new(&mut rest);
    from.set_max_depth(DEEPEST);
    let message = T::deserialize(&mut from).map_err(|error| error.to_string())?;
    match rest.len() {
        0 => Ok(message),
        more => Err(format!("{more} bytes too many")),
    }
}
