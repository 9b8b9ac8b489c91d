//! What goes into the worker.

use serde::{Deserialize, Serialize};

/// A command and its number; the worker names the last number it has carried out in each snapshot, so that a front
/// end can show what is still pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Rises by one with each request of a front end, from 1.
    pub id: u64,
    pub command: Command,
}

/// What a person can ask of a running worker. Carried out between two steps, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Change a setting: a path of the preset (`spectral.iterations`) and a RON value, as in `--set`.
    Set { key: String, value: String },
    /// Stop before the next step.
    Pause,
    /// Go on.
    Resume,
    /// Make this many steps, then pause.
    Step(u64),
    /// Write a picture of the present samples into the run directory.
    SavePicture,
    /// Finish the step, write what a run leaves behind, end.
    Quit,
}
