//! run.json: who made a run, and from what.

use std::{collections::BTreeMap, env, io, thread};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    data::fingerprint,
    files::folder::Place,
    preset::{Data, Scheduled},
};

/// The form of run.json and of checkpoints; rises where an older program would misread a newer one's.
pub const SCHEMA: u32 = 1;

/// Rises with every change of the program after which the same preset and seed give other numbers: runs of another
/// numerics cannot be resumed or replayed to the bit.
pub const NUMERICS: u32 = 5;

/// Most bytes of run.json, of which changes decided beforehand (`--at`) take the most.
pub const MOST_BYTES: u64 = 4 << 20;

/// What a run was started with, besides its preset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub schema: u32,
    /// Of the program.
    pub version: String,
    pub numerics: u32,
    /// Name of the preset.
    pub name: String,
    pub seed: u64,
    /// `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`.
    pub device: String,
    /// Whether products round their factors to TF32.
    #[serde(default)]
    pub tf32: bool,
    /// The compiler of a GPU's kernels, on which bits depend: `NVRTC 13.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compiler: Option<String>,
    pub threads: usize,
    /// When the run was begun, as RFC 3339 has it.
    pub started: String,
    /// Changes decided beforehand (`--at`).
    pub at: Vec<Scheduled>,
    /// SHA-256 of the tensors that it began with instead of fresh ones (`--init`); the checkpoint marked at step 0 holds
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// SHA-256 of preset.ron as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// What a scheduler says of the process that began it: its variables that are known here.
    #[serde(default, skip_serializing_if = "Environment::is_empty")]
    pub environment: Environment,
    /// Fingerprint of the data where they are the person's own; see [`crate::data::fingerprint`].
    pub data: Option<String>,
}

impl About {
    /// Reads run.json.
    ///
    /// # Errors
    /// The disk's; something else than run.json.
    pub fn read(place: &Place) -> io::Result<Self> {
        Ok(serde_json::from_slice(&place.read(MOST_BYTES)?)?)
    }

    /// Adds the fingerprint of the person's own data to run.json, on a thread of its own: there may be much to read.
    ///
    /// # Errors
    /// No thread.
    pub fn add_fingerprint(place: Place, data: Data) -> io::Result<()> {
        let look = move || {
            // That data cannot be read is for training to tell; a run without a fingerprint is not held to one.
            if let Ok(Some(fingerprint)) = fingerprint(&data)
                && let Ok(mut about) = Self::read(&place)
            {
                about.data = Some(fingerprint);
                let _ = about.write(&place);
            }
        };
        let thread = thread::Builder::new().name("sn-tui fingerprint".into());
        thread.spawn(look).map(drop)
    }

    /// Writes run.json as a whole.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, place: &Place) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        place.write(text.as_bytes())
    }
}

/// Variables by their names.
pub type Environment = BTreeMap<String, String>;

/// The variables of a scheduler that are set, as far as they belong to a run's story.
pub fn environment() -> Environment {
    let known = ["SLURM_JOB_ID", "SLURM_RESTART_COUNT"];
    let set = known.iter().filter_map(|&name| {
        let value = env::var(name).ok()?;
        Some((name.to_owned(), value))
    });
    set.collect()
}

/// SHA-256 in lower-case hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// This moment, as RFC 3339 has it.
pub fn now() -> String {
    let now = jiff::Zoned::now();
    let seconds = now.round(jiff::Unit::Second).unwrap_or(now);
    seconds.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
