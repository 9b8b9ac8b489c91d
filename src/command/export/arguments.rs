//! The arguments of `export`.

use clap::{Args, ValueEnum};

use crate::{
    files::Output,
    weights::{Form, Part},
};

/// Arguments of `export`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui export runs/mine --what ema -o g.safetensors
  sn-tui export runs/mine --what d --format torch-old -o d.safetensors
  sn-tui export runs/mine --what d --step 500 --format baked
  sn-tui export runs/mine --what d -o d.safetensors --python > d.py

Keys are those of the equivalent nn.Sequential, without g. or d. in front: net.load_state_dict(load_file(FILE)) loads them. torch-old is for torch.nn.utils.spectral_norm, torch-new for torch.nn.utils.parametrizations.spectral_norm. baked has plain weights, layer_gain·W/σ. No form includes `gain`: multiply D's output by it.")]
pub struct ExportArgs {
    /// A run (its folder, name or id), or a .safetensors file: weights or a checkpoint
    #[arg(value_name = "RUN", value_hint = clap::ValueHint::AnyPath)]
    pub run: String,
    /// The network: G, D, or ema, the moving average of G that makes the samples of a run
    #[arg(long, value_enum, value_name = "NETWORK")]
    pub what: What,
    /// Form of the spectrally normalized layers
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Format::TorchNew)]
    pub format: Format,
    /// Where to write the safetensors file; - is standard output [default: NETWORK.safetensors, which must not exist]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<Output>,
    /// Take the run's checkpoint of this step [default: its latest weights]
    #[arg(long, value_name = "STEP")]
    pub step: Option<u64>,
    /// Print a Python program with the PyTorch module that loads the file
    #[arg(long)]
    pub python: bool,
}

/// A network of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "a docstring would become a line of the help")]
pub enum What {
    G,
    D,
    Ema,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "a docstring would become a line of the help")]
pub enum Format {
    TorchOld,
    TorchNew,
    Baked,
}

impl From<What> for Part {
    fn from(what: What) -> Self {
        match what {
            What::G => Self::G,
            What::D => Self::D,
            What::Ema => Self::Ema,
        }
    }
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        match format {
            Format::TorchOld => Self::TorchOld,
            Format::TorchNew => Self::TorchNew,
            Format::Baked => Self::Baked,
        }
    }
}
