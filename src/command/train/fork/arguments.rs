//! The arguments of `fork`.

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};

use crate::command::train::arguments::RunMode;

/// Arguments of `fork`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui fork runs/mine --set spectral.enabled=false
  sn-tui fork runs/mine --from 600 --set gain=2 --out runs/gain-2
  sn-tui fork runs/mine --from 600 --steps 900 --headless
  sn-tui fork runs/old              go on with a run of an older version

The new run begins with a saved state of RUN: weights, moments, settings and counters, so that its batches and latents are those of RUN. It is whole in itself and does not need RUN, which may be training meanwhile.

Without --set it is what RUN would be, to the bit: the changes that RUN planned with --at after that state are taken over. Changes that a person made by key after that state are not repeated.

All --set are made together, before the first step. Settings that are fixed once a run has started cannot change.")]
pub struct ForkArgs {
    /// The run to fork: its folder, name or id
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Step of the saved state to begin with [default: the last one]
    #[arg(long, value_name = "STEP")]
    pub from: Option<u64>,
    /// Change a setting of the run: a path and a RON value (spectral.iterations=3, loss=hinge); repeatable
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
    /// Folder for the new run's files, new or empty [default: runs/DATE-PRESET-ID]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Total number of steps, those up to the saved state included [default: those of RUN]; the decay of learning rates
    /// keeps its length
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new())]
    pub steps: Option<u64>,
    /// How to run: device, threads, output.
    #[command(flatten)]
    pub mode: RunMode,
}
