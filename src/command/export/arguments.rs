//! The arguments of `export`.

use clap::{Args, ValueEnum};

use crate::{
    files::Output,
    weights::{Form, Part},
};

/// What to export and how.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui export runs/mine --what ema -o g.safetensors
  sn-tui export runs/mine --what d --format torch-old -o d.safetensors
  sn-tui export runs/mine --what d --step 500 --format baked
  sn-tui export runs/mine --what d -o d.safetensors --python > d.py && python d.py

Keys are those of the same nn.Sequential, with no g. or d. before them: net.load_state_dict(load_file(FILE)) takes
them. torch-old is torch.nn.utils.spectral_norm, torch-new torch.nn.utils.parametrizations.spectral_norm; baked is a
Sequential without either, with the weights that are computed with, layer_gain·W/σ. D's layers do not hold `gain`:
multiply D's output by it.")]
pub struct ExportArgs {
    /// A run's folder, the id of one under runs/, or a .safetensors file of weights or a checkpoint
    #[arg(value_name = "RUN", value_hint = clap::ValueHint::AnyPath)]
    pub run: String,
    /// The network: ema is the moving average of G, of which a run shows samples
    #[arg(long, value_enum, value_name = "NETWORK")]
    pub what: What,
    /// The keys of layers that are spectrally normalized
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Format::TorchNew)]
    pub format: Format,
    /// Where to write safetensors; - is standard output [default: g.safetensors, d.safetensors or ema.safetensors, where
    /// none is there]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<Output>,
    /// The run's checkpoint of this step [default: its latest weights]
    #[arg(long, value_name = "STEP")]
    pub step: Option<u64>,
    /// Print the PyTorch module that loads the file, as a Python program
    #[arg(long)]
    pub python: bool,
}

/// A network of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    G,
    D,
    Ema,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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
