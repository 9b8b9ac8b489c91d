//! Checkpoints: the whole state of a run between two steps, one file each.
//!
//! A checkpoint is a safetensors file. Its weights have the keys of the weights file, so that readers of weights can
//! read it. Everything else that training needs has keys with the prefix `training.`, see [`TrainingState`]. Its metadata
//! are `format: pt`, `checkpoint` (a JSON object, see [`Position`]) and `sha256`, a checksum of the position and of the
//! key, shape and bytes of every tensor.

mod encode;
mod listing;
mod name;
mod read;
mod saver;

use serde::{Deserialize, Serialize};

pub use encode::encode;
pub(crate) use listing::clear;
pub use listing::{Kind, ListedCheckpoint, list, newest, prune};
pub use name::Name;
pub use read::{Error, decode, read, read_position};
pub use saver::{SaveReport, SaveTask, Saver};

use crate::{
    engine::gan::TrainingState,
    model::{Change, Event, Updates},
    rundir::journal::lineage::ranges,
};

/// Metadata key of the position.
pub const POSITION: &str = "checkpoint";
/// Metadata key of the checksum.
const CHECKSUM: &str = "sha256";

/// A training state and its position in the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Its position in the run.
    pub position: Position,
    /// The training state.
    pub state: TrainingState,
}

/// The position of a state in its run, with everything else that resuming needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Version of the format, see [`SCHEMA`](super::about::SCHEMA).
    pub schema: u32,
    /// Version of the numerics, see [`NUMERICS`](super::about::NUMERICS).
    pub numerics: u32,
    /// Number of the checkpoint in its run, from 1, in the order of creation.
    pub number: u64,
    /// Steps made.
    pub step: u64,
    /// Updates of D.
    pub updates_d: u64,
    /// Updates of G.
    pub updates_g: u64,
    /// Seed of the run.
    pub seed: u64,
    /// Name of the preset.
    pub name: String,
    /// The settings in force, as RON.
    pub settings: String,
    /// Number of lines in the journal.
    pub journal: u64,
    /// Numbers, from 0, of the journal lines that a resumed run had yet to replay or to produce again.
    pub pending: Vec<u64>,
    /// Size of metrics.jsonl in bytes: its lines led to this state. `None` if it is unknown, as in older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<u64>,
    /// Scheduled changes (`--at`) made so far.
    pub planned: usize,
    /// The networks whose steps were being made.
    pub updates: Updates,
    /// Steps left of a requested number. `None` if no number was given.
    pub left: Option<u64>,
    /// Seconds of training, without pauses.
    pub seconds: f64,
    /// When it was saved, in RFC 3339.
    pub saved: String,
    /// Changes that are made to the state before its next step, one group after the other: those with which a fork
    /// begins. Settings and tensors are those before the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Vec<Change>>,
    /// The device of the computation, as in [`About`](super::about::About).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The compiler of the GPU kernels, as in [`About`](super::about::About).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
}

impl Position {
    /// The entry with which a run that had made `from` steps goes back to this state, or for `None` to its start.
    pub fn rewind(position: Option<&Self>, from: u64) -> Event {
        let mut pending = position.map_or_else(Vec::new, |position| position.pending.clone());
        pending.sort_unstable();
        Event::Rewind {
            lines: position.map_or(0, |position| position.journal),
            from,
            to: position.map_or(0, |position| position.step),
            without: ranges(&pending),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        files::tensors::StateTensor,
        preset,
        run::fake,
        rundir::about::{self, NUMERICS, SCHEMA},
    };

    /// A checkpoint of the fake preset.
    pub(crate) fn checkpoint(step: u64, number: u64) -> Checkpoint {
        let tensor = |key: &str, shape: &[usize], data: &[f32]| StateTensor {
            key: key.into(),
            shape: shape.into(),
            data: data.into(),
        };
        Checkpoint {
            position: Position {
                schema: SCHEMA,
                numerics: NUMERICS,
                number,
                step,
                updates_d: 2 * step,
                updates_g: step,
                seed: 1,
                name: "fake".into(),
                settings: preset::print(&fake::preset(), "fake"),
                journal: 0,
                pending: Vec::new(),
                metrics: None,
                planned: 0,
                updates: Updates::Both,
                left: None,
                seconds: 1.5,
                saved: about::now(),
                changes: Vec::new(),
                device: None,
                compiler: None,
            },
            state: TrainingState {
                steps: step,
                updates_d: 2 * step,
                updates_g: step,
                tensors: vec![
                    tensor("d.0.weight", &[2, 1], &[1.0, f32::NAN]),
                    tensor("g.0.bias", &[3], &[0.5, -0.0, 1e-40]),
                ],
            },
        }
    }
}
