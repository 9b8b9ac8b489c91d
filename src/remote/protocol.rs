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
//! fields are passed over, so that all versions understand them; what follows is postcard of exactly this [`PROTOCOL`].

use std::{path::Path, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{curves::CurveNews, parts::Part};
use crate::{
    model::{Alarm, Change, Command, Load, Measures, Notice, Snapshot, Status, snapshot::Saved},
    preset::Preset,
};

/// Rises with every change of what goes over the socket after the greetings.
pub const PROTOCOL: u32 = 3;
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    News(Box<News>),
    /// The command is on its way to the worker.
    Taken,
    /// It is not, for this reason.
    Refused(String),
}

/// What is new since the last answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct News {
    /// Role of the peer from now on.
    pub role: Role,
    /// None: as before.
    pub state: Option<State>,
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

/// A snapshot without its large parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    status: Status,
    step: u64,
    steps: u64,
    steps_per_second: f32,
    seconds: f64,
    seed: u64,
    threads: usize,
    device: String,
    load: Load,
    name: String,
    parameters: (usize, usize),
    measures: Option<Measures>,
    alarms: Vec<Alarm>,
    pace: Option<f32>,
    gif: Option<usize>,
    acknowledged: u64,
    notice: Option<Notice>,
    changes: Vec<Change>,
    states: Vec<Saved>,
    saved: Option<u64>,
}

impl State {
    /// The state in `snapshot`, acknowledging another number.
    pub fn of(snapshot: &Snapshot, acknowledged: u64) -> Self {
        Self {
            status: snapshot.status.clone(),
            step: snapshot.step,
            steps: snapshot.steps,
            steps_per_second: snapshot.steps_per_second,
            seconds: snapshot.seconds,
            seed: snapshot.seed,
            threads: snapshot.threads,
            device: snapshot.device.clone(),
            load: snapshot.load,
            name: snapshot.name.clone(),
            parameters: snapshot.parameters,
            measures: snapshot.measures.as_deref().cloned(),
            alarms: snapshot.alarms.clone(),
            pace: snapshot.pace,
            gif: snapshot.gif,
            acknowledged,
            notice: snapshot.notice.clone(),
            changes: snapshot.changes.clone(),
            states: snapshot.states.clone(),
            saved: snapshot.saved,
        }
    }

    /// A snapshot without its large parts.
    pub fn snapshot(self, settings: Arc<Preset>, directory: &Path) -> Snapshot {
        Snapshot {
            status: self.status,
            step: self.step,
            steps: self.steps,
            steps_per_second: self.steps_per_second,
            seconds: self.seconds,
            seed: self.seed,
            threads: self.threads,
            device: self.device,
            load: self.load,
            name: self.name,
            settings,
            parameters: self.parameters,
            measures: self.measures.map(Into::into),
            samples: None,
            scores: None,
            spectra: None,
            plane: None,
            interpolation: None,
            alarms: self.alarms,
            pace: self.pace,
            gif: self.gif,
            acknowledged: self.acknowledged,
            notice: self.notice,
            changes: self.changes,
            states: self.states,
            saved: self.saved,
            directory: directory.to_owned(),
        }
    }

    /// Puts the state into a snapshot; its large parts and its directory stay.
    pub fn put(self, snapshot: &mut Snapshot) {
        let now = self.snapshot(Arc::clone(&snapshot.settings), &snapshot.directory);
        let before = std::mem::replace(snapshot, now);
        snapshot.samples = before.samples;
        snapshot.scores = before.scores;
        snapshot.spectra = before.spectra;
        snapshot.plane = before.plane;
        snapshot.interpolation = before.interpolation;
    }
}

/// A message as bytes.
///
/// # Errors
/// None that is known: the messages are plain.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, String> {
    postcard::to_stdvec(message).map_err(|error| format!("it cannot be sent: {error}"))
}

/// Bytes as a message.
///
/// # Errors
/// Bytes that are no such message, or more than one.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok((_, rest)) => Err(format!("{} bytes too many", rest.len())),
        Err(error) => Err(error.to_string()),
    }
}
