//! What comes out of the worker.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Alarm, Entry, Interpolation, Load, Measures, Plane, Scores, Spectra};
use crate::preset::{Preset, builtin};

/// Entries of the journal that a snapshot carries.
pub(crate) const CHANGES: usize = 100;

/// The state of a run at one moment. Cheap to clone: large parts are shared. Serialized it lacks them, the settings and the
/// directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    pub status: Status,
    /// Steps made.
    pub step: u64,
    /// Steps at which the run is done.
    pub steps: u64,
    /// Rate over about the last second; 0 while nothing moves.
    pub steps_per_second: f32,
    /// Seconds spent training, pauses left out.
    pub seconds: f64,
    pub seed: u64,
    pub threads: usize,
    /// The device that trains: `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`.
    pub device: String,
    /// What the device does; of runs of other processes that are only watched, nothing is known.
    pub load: Load,
    /// Name of the preset the run was started from.
    pub name: String,
    /// The preset with every change made so far: what is in force now.
    #[serde(skip, default = "builtin::default")]
    pub settings: Arc<Preset>,
    /// Parameters of (G, D).
    pub parameters: (usize, usize),
    /// Measures of the last step; none before the first.
    pub measures: Option<Arc<Measures>>,
    /// The latest samples; none until the first are made.
    #[serde(skip)]
    pub samples: Option<Arc<Samples>>,
    /// The latest scores, with the step they are of; none until the first are computed.
    #[serde(skip)]
    pub scores: Option<Arc<Scores>>,
    /// The latest spectra of the weights; none until the first are made.
    #[serde(skip)]
    pub spectra: Option<Arc<Spectra>>,
    /// The plane as D saw it last; none until it is watched, and of images.
    #[serde(skip)]
    pub plane: Option<Arc<Plane>>,
    /// Samples between two others, while they are asked for.
    #[serde(skip)]
    pub interpolation: Option<Arc<Interpolation>>,
    /// Alarms that are on, the latest last.
    pub alarms: Vec<Alarm>,
    /// Steps a second at most; none: as fast as it goes.
    pub pace: Option<f32>,
    /// Frames of the GIF that is being taken; none while none is.
    pub gif: Option<usize>,
    /// Number of the last request carried out or refused.
    pub acknowledged: u64,
    /// The last thing worth a line: a picture saved, a change refused.
    pub notice: Option<Notice>,
    /// The last hundred entries of the journal.
    pub changes: Vec<Entry>,
    /// States to which the run can return, in the order in which they were saved.
    pub states: Vec<Saved>,
    /// Step of the last checkpoint that is on the disk; none before the first.
    pub saved: Option<u64>,
    /// Where files are written.
    #[serde(skip)]
    pub directory: PathBuf,
}

/// A state on the disk to which a run can return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub step: u64,
    /// Whether a person marked it; others go when there are newer ones.
    pub marked: bool,
}

impl Snapshot {
    /// How a run came out that is over, as the rest of a sentence about it.
    pub fn outcome(&self) -> String {
        let (step, steps) = (self.step, self.steps);
        match &self.status {
            Status::Failed(reason) => format!("has failed at step {step}: {reason}"),
            Status::Still(how) => format!("was {how} at step {step} of {steps}"),
            _ => format!("has made all its {steps} steps"),
        }
    }

    /// A run of which nothing is known yet but what it is made from; on the processor, with one thread and seed 0, unless
    /// the caller says otherwise.
    pub fn starting(name: String, settings: Arc<Preset>, directory: PathBuf) -> Self {
        Self {
            status: Status::Starting,
            step: 0,
            steps: settings.steps,
            steps_per_second: 0.0,
            seconds: 0.0,
            seed: 0,
            threads: 1,
            device: "cpu".to_owned(),
            load: Load::default(),
            name,
            settings,
            parameters: (0, 0),
            measures: None,
            samples: None,
            scores: None,
            spectra: None,
            plane: None,
            interpolation: None,
            alarms: Vec::new(),
            pace: None,
            gif: None,
            acknowledged: 0,
            notice: None,
            changes: Vec::new(),
            states: Vec::new(),
            saved: None,
            directory,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// Networks and data are being made.
    Starting,
    Running,
    Paused,
    /// All steps are made.
    Finished,
    /// The run is over; the message says why.
    Failed(String),
    /// Nothing moves, in words: `ended by a person` before all steps were made; of runs that are watched, as far as their
    /// files tell: `silent for 3 min`, `interrupted`.
    Still(String),
}

/// A message to the person, numbered so that a new one can be told from an old one of the same text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub number: u64,
    pub text: String,
    pub error: bool,
}

impl Samples {
    /// The step after which they were made.
    pub fn step(&self) -> u64 {
        match self {
            Samples::Images { step, .. } | Samples::Points { step, .. } => *step,
        }
    }
}

/// What G makes of the fixed latents, beside real samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Samples {
    /// 8-bit images, each `height`×`width`×`channels` bytes, row by row, channels (1 or 3) last.
    Images {
        step: u64,
        channels: usize,
        height: usize,
        width: usize,
        pixels: Vec<Vec<u8>>,
        /// Real images of the same form.
        real: Vec<Vec<u8>>,
    },
    /// Points in data units.
    Points {
        step: u64,
        generated: Vec<[f32; 2]>,
        real: Vec<[f32; 2]>,
    },
}
