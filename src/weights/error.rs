//! What is wrong with a file of weights.

use std::{fmt, path::PathBuf};

use crate::{
    preset::Diagnostic,
    rundir::{layout, record::Unknown},
    tensors,
    text::wording::unreadable,
};

/// Most tensors that an error names.
const NAMED: usize = 20;

/// Why weights cannot be had, or not be used here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}; a .safetensors file may be given as well")]
    NotFound(#[from] Unknown),
    #[error("{} holds no weights: there is neither {} nor a checkpoint in it", .0.display(), layout::WEIGHTS)]
    NoWeights(PathBuf),
    #[error("{} is no run with weights; give one of the files in it: {}", folder.display(), there.join(", "))]
    NoRun { folder: PathBuf, there: Vec<String> },
    #[error("no weights can be read: {}", .0.join("; "))]
    Torn(Vec<String>),
    #[error("{}", unreadable(path.display(), source))]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} has no checkpoint of step {step}: {}", folder.display(), those_there(there))]
    NoStep {
        folder: PathBuf,
        step: u64,
        there: Vec<u64>,
    },
    #[error("--step picks a checkpoint of a run's folder, and {} is a file: leave it out", .0.display())]
    StepOfFile(PathBuf),
    #[error(transparent)]
    File(#[from] tensors::Error),
    #[error("{}: {reason}", path.display())]
    About { path: PathBuf, reason: String },
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
    #[error("{} does not fit {of}:{}", path.display(), listed(misfits))]
    Misfit {
        path: PathBuf,
        /// `the generator of digits`
        of: String,
        misfits: Vec<TensorMisfit>,
    },
    #[error("{}: {key} holds a number that is not finite: these weights are of a training that failed; take an earlier checkpoint", path.display())]
    NotFinite { path: PathBuf, key: String },
    #[error("{}: {reason}", path.display())]
    Unclear { path: PathBuf, reason: String },
    #[error(
        "layer {layer}: σ is zero or not finite, and PyTorch would divide by it: take --format baked, which holds the weight that is computed with"
    )]
    NoSigma { layer: String },
    #[error("{0}")]
    Encode(String),
}

/// A tensor that is not as it must be.
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
                    "{key} is of type {held}: F64, F32, F16, BF16, F8_E4M3 and F8_E5M2 are read"
                )
            }
            Self::Unexpected { key } => write!(f, "{key} is of no layer there"),
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
    for misfit in misfits.iter().take(NAMED) {
        text += &format!("\n  {misfit}");
    }
    if let Some(more) = misfits.len().checked_sub(NAMED).filter(|&more| more > 0) {
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

fn those_there(steps: &[u64]) -> String {
    match steps {
        [] => "it has none at all".to_owned(),
        steps => {
            let steps: Vec<String> = steps.iter().map(u64::to_string).collect();
            format!("those there are of steps {}", steps.join(", "))
        }
    }
}
