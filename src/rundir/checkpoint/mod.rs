//! Checkpoints: the whole state of a run between two steps, in one file each.
//!
//! A checkpoint is a safetensors file. It holds the tensors of the weights file under the same keys, so that whatever
//! reads weights reads checkpoints, and what else training needs under `training.`; see
//! [`TrainingState`]. Its metadata are `format: pt`, `checkpoint` (a JSON object,
//! [`Position`]) and `sha256`, over the position and over every tensor's key, shape and bytes.

mod encode;
mod listing;
mod name;
mod read;
mod saver;

use serde::{Deserialize, Serialize};

pub use encode::encode;
pub use listing::{Kind, Listed, list, newest, prune};
pub use name::Name;
pub use read::{Problem, decode, read, read_position};
pub use saver::{Saved, Saver, Task};

use crate::{gan::TrainingState, model::Updates};

/// Key of the position in the metadata.
pub const POSITION: &str = "checkpoint";
/// Key of the checksum in the metadata.
const CHECKSUM: &str = "sha256";

/// A state and where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub position: Position,
    pub state: TrainingState,
}

/// Where a state belongs in its run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    pub schema: u32,
    pub numerics: u32,
    /// Counts the checkpoints of a run in the order in which they were made, from 1.
    pub number: u64,
    /// Steps made.
    pub step: u64,
    pub updates_d: u64,
    pub updates_g: u64,
    pub seed: u64,
    /// Name of the preset.
    pub name: String,
    /// The preset in force, as RON.
    pub settings: String,
    /// Lines of the journal at that moment.
    pub journal: u64,
    /// Numbers, from 0, of lines among them whose change was still to come: those that a resumed run had not yet done
    /// again.
    pub pending: Vec<u64>,
    /// Changes decided beforehand (`--at`) that were done.
    pub planned: usize,
    /// The networks whose steps were being made, and how many were left of a number that was asked for.
    pub updates: Updates,
    pub left: Option<u64>,
    /// Seconds spent training, pauses left out.
    pub seconds: f64,
    /// The moment, as RFC 3339 has it.
    pub saved: String,
    /// The device that it was made on, as in [`About`](super::about::About).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The compiler of a GPU's kernels, as there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        preset,
        run::fake,
        rundir::about::{self, NUMERICS, SCHEMA},
        tensors::StateTensor,
    };

    /// A checkpoint of the fake's preset.
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
                planned: 0,
                updates: Updates::Both,
                left: None,
                seconds: 1.5,
                saved: about::now(),
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
