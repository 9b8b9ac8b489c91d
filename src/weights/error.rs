//! Errors of weights files.

use std::{fmt, path::PathBuf};

use super::about::Unreadable;
use crate::{
    files::tensors,
    preset::{self, Diagnostic},
    rundir::{checkpoint, layout, record::FindError},
    text::wording::unreadable,
};

/// Most tensors that an error names.
const MAX_NAMED: usize = 20;

/// An error of finding, reading or using weights.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Error {
    #[error("{0}; a .safetensors file may be given as well")]
    NotFound(#[from] FindError),
    #[error("{} holds no weights: there is neither {} nor a checkpoint in it", .0.display(), layout::WEIGHTS)]
    NoWeights(PathBuf),
    #[error("{} is not a run with weights; give one of its files: {}", folder.display(), there.join(", "))]
    NoRun { folder: PathBuf, there: Vec<String> },
    #[error("no weights can be read: {}", .0.join("; "))]
    Unreadable(Vec<String>),
    #[error("{}", unreadable(path.display(), source))]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} has no checkpoint of step {step}: {}", folder.display(), steps_present(there))]
    NoStep {
        folder: PathBuf,
        step: u64,
        there: Vec<u64>,
    },
    #[error("--step selects a checkpoint of a run's folder, and {} is a file: leave it out", .0.display())]
    StepOfFile(PathBuf),
    #[error(transparent)]
    File(#[from] tensors::Error),
    #[error("{}: its metadata cannot be read: {source}", path.display())]
    About { path: PathBuf, source: Unreadable },
    #[error("{}: {problem}", path.display())]
    Checkpoint {
        path: PathBuf,
        problem: checkpoint::Error,
    },
    #[error("{}: {misfit}", path.display())]
    Layers {
        path: PathBuf,
        misfit: Box<preset::Misfit>,
    },
    #[error("{} does not say which networks it holds: give the folder of its run instead, or put the run's {} beside it", .0.display(), layout::PRESET)]
    NoPreset(PathBuf),
    #[error("the preset of {}: {source}", path.display())]
    Preset {
        path: PathBuf,
        source: Box<Diagnostic>,
    },
    #[error("{} holds nothing of {what}: its tensors are {}", path.display(), few(there))]
    NoNetwork {
        path: PathBuf,
        what: &'static str,
        there: Vec<String>,
    },
    #[error("{} does not fit {network}:{}", path.display(), listed(misfits))]
    Misfit {
        path: PathBuf,
        /// `the generator of digits`
        network: String,
        misfits: Vec<TensorMisfit>,
    },
    #[error("{}: {key} holds a number that is not finite: these weights are of a training that failed; use an earlier checkpoint", path.display())]
    NotFinite { path: PathBuf, key: String },
    #[error("{}: layer {layer} is normalized, but its u or v is missing", path.display())]
    NoVectors { path: PathBuf, layer: String },
    #[error("{}: its tensors fit the generator and the discriminator: put `g.` or `d.` before their keys", .0.display())]
    Ambiguous(PathBuf),
    #[error(
        "layer {layer}: σ is zero or not finite, and PyTorch would divide by it: use --format baked, which holds the weight that the layer computes with"
    )]
    NoSigma { layer: String },
    #[error("{0}")]
    Encode(String),
}

/// A tensor that does not fit a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TensorMisfit {
    Missing {
        key: String,
        shape: Vec<usize>,
    },
    Shape {
        key: String,
        needed: Vec<usize>,
        held: Vec<usize>,
    },
    Type {
        key: String,
        held: String,
    },
    Unexpected {
        key: String,
    },
}

impl fmt::Display for TensorMisfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { key, shape } => {
                write!(f, "{key} {} is missing", Shape(shape))
            }
            Self::Shape { key, needed, held } => write!(
                f,
                "{key} has the shape {}, {} is needed",
                Shape(held),
                Shape(needed)
            ),
            Self::Type { key, held } => {
                write!(
                    f,
                    "{key} is of type {held}: F64, F32, F16, BF16, F8_E4M3 and F8_E5M2 are supported"
                )
            }
            Self::Unexpected { key } => write!(f, "{key} belongs to no layer"),
        }
    }
}

/// `(32, 1, 4, 4)`
struct Shape<'a>(&'a [usize]);

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sides: Vec<String> = self.0.iter().map(usize::to_string).collect();
        write!(f, "({})", sides.join(", "))
    }
}

fn listed(misfits: &[TensorMisfit]) -> String {
    let mut text = String::new();
    for misfit in misfits.iter().take(MAX_NAMED) {
        text += &format!("\n  {misfit}");
    }
    if let Some(more) = misfits
        .len()
        .checked_sub(MAX_NAMED)
        .filter(|&more| more > 0)
    {
        text += &format!("\n  … and {more} more");
    }
    text
}

fn few(keys: &[String]) -> String {
    match keys.len() {
        0 => "none".to_owned(),
        1..=6 => keys.join(", "),
        _ => format!("{}, …", keys[..6].join(", ")),
    }
}

fn steps_present(steps: &[u64]) -> String {
    match steps {
        [] => "it has no checkpoints".to_owned(),
        steps => {
            let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
            format!("it has checkpoints of steps {}", steps.join(", "))
        }
    }
}
