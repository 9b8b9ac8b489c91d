//! The arguments of `bench`.

use clap::{Args, builder::RangedU64ValueParser};

use crate::run::Wanted;

/// What to time.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(
    after_help = "ring, digits and cifar are the networks of benches/torch_step.py: batch 256, 64 and 64, uniform samples.
Every other name is a preset with its own settings and data, uniform samples where its data are not there.

Examples:
  sn-tui bench                        ring, digits and cifar, each in a process of its own
  sn-tui bench digits --threads 1
  sn-tui bench ring --no-sn           what a step costs without spectral normalization
  sn-tui bench ring --sn-cost         the same as a share of the step, with its interval
  sn-tui bench dolls cifar10-resnet --json"
)]
pub struct BenchArgs {
    /// ring, digits, cifar, a built-in preset, or a file (ends in .ron or holds a /) [default: ring digits cifar]
    #[arg(value_name = "NETWORK|PRESET|FILE.ron")]
    pub networks: Vec<String>,
    /// Steps to time, after a fifth as many that are not timed [default: about six seconds of them]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub steps: Option<u64>,
    /// Threads for the matrix products [default: all cores]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub threads: Option<usize>,
    /// D updates in a step [default: 1, or the preset's own]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub n_dis: Option<usize>,
    /// Switch spectral normalization off, and measure no σ
    #[arg(long)]
    pub no_sn: bool,
    /// What spectral normalization costs: steps with it and without it, in turn in one process
    #[arg(long, conflicts_with = "no_sn")]
    pub sn_cost: bool,
    /// Where to train: auto, cpu, cuda or cuda:INDEX [default: auto]
    #[arg(long)]
    pub device: Option<Wanted>,
    /// Let products on a GPU round their factors to TF32, as its tensor cores do
    #[arg(long)]
    pub tf32: bool,
    /// Print a JSON object a network, one in a line
    #[arg(long)]
    pub json: bool,
}
