//! What became of a request to the worker.

use serde::{Deserialize, Serialize};

use super::{Change, LaneId};

/// The answer of the worker to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The request was executed.
    Applied {
        /// The first step that it affects, as in the journal.
        step: u64,
        /// The settings that changed.
        changes: Vec<LaneChange>,
        /// The lane that was split off or brought back.
        lane: Option<LaneId>,
    },
    /// The request was refused, for this reason, and nothing changed.
    Refused(String),
}

/// A change of a setting in a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneChange {
    /// The change.
    #[serde(flatten)]
    pub change: Change,
    /// The lane whose setting changed.
    pub lane: LaneId,
}
