//! Snapshots: the state of a run as front ends see it.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Alarm, Entry, Interpolation, Load, Measures, Outputs, Plane, Scores, Spectra};
use crate::preset::{Preset, builtin};

/// Maximum number of journal entries in a snapshot.
pub(crate) const CHANGES: usize = 100;

/// The samples of a step.
pub(crate) type Picture = (u64, Arc<Samples>);

/// The state of a run at one moment. It is cheap to clone, because large parts are shared. Serialization omits the large
/// parts, the settings and the directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// Whether the run is running, paused or over.
    pub status: Status,
    /// Completed steps.
    pub step: u64,
    /// Total number of steps of the run.
    pub steps: u64,
    /// Mean over about the last second; 0 while paused.
    pub steps_per_second: f32,
    /// Training time in seconds, without pauses.
    pub seconds: f64,
    /// Seed of the random streams.
    pub seed: u64,
    /// Number of compute threads.
    pub threads: usize,
    /// Name of the device, for example `cpu` or `cuda:0 NVIDIA H100 80GB HBM3`.
    pub device: String,
    /// Utilization of the device; unknown for a run that is watched through its files.
    pub load: Load,
    /// Name of the preset from which the run started.
    pub name: String,
    /// The settings in force: the preset with all changes so far.
    #[serde(skip, default = "builtin::default")]
    pub settings: Arc<Preset>,
    /// Number of parameters of (G, D).
    pub parameters: (usize, usize),
    /// Measures of the last measured step; `None` before the first.
    pub measures: Option<Arc<Measures>>,
    /// The latest histograms of D's output; `None` before the first.
    pub outputs: Option<Arc<Outputs>>,
    /// The latest samples; `None` before the first.
    #[serde(skip)]
    pub samples: Option<Arc<Samples>>,
    /// The latest scores; `None` before the first.
    #[serde(skip)]
    pub scores: Option<Arc<Scores>>,
    /// The latest spectra of the weights; `None` before the first.
    #[serde(skip)]
    pub spectra: Option<Arc<Spectra>>,
    /// The latest evaluation of D on the plane; `None` if it was never watched or the data are images.
    #[serde(skip)]
    pub plane: Option<Arc<Plane>>,
    /// The requested interpolation between two samples, if any.
    #[serde(skip)]
    pub interpolation: Option<Arc<Interpolation>>,
    /// Samples of earlier steps with these, as the pictures in the run's directory show them: read for those who watch the
    /// run through its files, while they look at them. Empty for the process that trains.
    #[serde(skip)]
    pub pictures: Arc<[Picture]>,
    /// Active alarms, the latest last.
    pub alarms: Vec<Alarm>,
    /// Maximum steps per second; `None` without a limit.
    pub pace: Option<f32>,
    /// Frames of the GIF in progress; `None` if there is no GIF in progress.
    pub gif: Option<usize>,
    /// Number of the last request that was executed or refused.
    pub acknowledged: u64,
    /// The latest notice, for example that a picture was saved or a change was refused.
    pub notice: Option<Notice>,
    /// The last entries of the journal, at most 100.
    pub changes: Vec<Entry>,
    /// Saved states to which the run can be rewound, in the order of saving.
    pub states: Vec<Saved>,
    /// Step of the last checkpoint on the disk; `None` before the first.
    pub saved: Option<u64>,
    /// The run directory.
    #[serde(skip)]
    pub directory: PathBuf,
}

/// A saved state to which a run can be rewound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The step of the state.
    pub step: u64,
    /// Whether a user marked the state. Unmarked states are pruned after newer ones are saved.
    pub marked: bool,
}

impl Snapshot {
    /// The outcome of a run that is over, as the end of a sentence: `was interrupted at step 5 of 20`.
    pub fn outcome(&self) -> String {
        let (step, steps) = (self.step, self.steps);
        match &self.status {
            Status::Failed(reason) => format!("has failed at step {step}: {reason}"),
            Status::Still(how) => format!("was {how} at step {step} of {steps}"),
            _ => format!("has made all its {steps} steps"),
        }
    }

    /// The first snapshot of a run, with device `cpu`, one thread and seed 0. The caller overrides these if needed.
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
            outputs: None,
            samples: None,
            scores: None,
            spectra: None,
            plane: None,
            interpolation: None,
            pictures: Arc::default(),
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

/// The status of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// Data are being loaded and networks built.
    Starting,
    /// Steps are being made.
    Running,
    /// The run waits for a command.
    Paused,
    /// All steps are completed.
    Finished,
    /// The run failed with this error message.
    Failed(String),
    /// The run does not make steps, for the given reason: `ended by a person`, or for a run watched through its files
    /// `silent for 3 min` or `interrupted`.
    Still(String),
}

impl Status {
    /// Whether no more steps are made.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Status::Starting | Status::Running | Status::Paused => false,
            Status::Finished | Status::Failed(_) | Status::Still(_) => true,
        }
    }
}

/// A message to the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Number of the message, starting at 1. It distinguishes messages with equal text.
    pub number: u64,
    /// The text of the message.
    pub text: String,
    /// Whether the message is an error or a warning.
    pub error: bool,
}

impl Samples {
    /// The step after which the samples were generated.
    pub fn step(&self) -> u64 {
        match self {
            Samples::Images { step, .. } | Samples::Points { step, .. } => *step,
        }
    }
}

/// Generated samples of the fixed latents, with real samples for comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Samples {
    /// 8-bit images. Each has `height`×`width`×`channels` bytes, row by row, channels last.
    Images {
        /// The step after which the samples were generated.
        step: u64,
        /// 1 (grey) or 3 (RGB).
        channels: usize,
        /// Height in pixels.
        height: usize,
        /// Width in pixels.
        width: usize,
        /// The generated images.
        pixels: Vec<Vec<u8>>,
        /// Real images of the same shape.
        real: Vec<Vec<u8>>,
    },
    /// Points in data units.
    Points {
        /// The step after which the samples were generated.
        step: u64,
        /// The generated points.
        generated: Vec<[f32; 2]>,
        /// Real points.
        real: Vec<[f32; 2]>,
    },
}
