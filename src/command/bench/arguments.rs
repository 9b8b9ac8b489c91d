//! The arguments of `bench`.

use clap::{Args, builder::RangedU64ValueParser};

use crate::{command::thread_count, run::DeviceChoice};

/// Arguments of `bench`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(
    after_help = "ring, digits and cifar are the networks of benches/torch_step.py, with batches of 256, 64 and 64 uniform samples. Every other name is a preset with its own settings and data, or with uniform samples if its data are missing.

Examples:
  sn-tui bench                        ring, digits and cifar
  sn-tui bench digits --threads 1
  sn-tui bench ring --no-sn           without spectral normalization
  sn-tui bench ring --sn-cost         the cost of spectral normalization
  sn-tui bench dolls cifar10-resnet --json"
)]
pub struct BenchArgs {
    /// ring, digits, cifar, a built-in preset, or a file (ends in .ron or holds a /) [default: ring digits cifar]
    #[arg(value_name = "NETWORK|PRESET|FILE.ron")]
    pub networks: Vec<String>,
    /// Number of timed steps, after a fifth as many for warm-up [default: as many as take six seconds]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub steps: Option<u64>,
    /// Threads that compute [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count())]
    pub threads: Option<usize>,
    /// D updates in each step [default: 1, or as the preset says]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub n_dis: Option<usize>,
    /// Switch spectral normalization off, and measure no σ
    #[arg(long)]
    pub no_sn: bool,
    /// Measure the cost of spectral normalization: steps with and without it, alternating in one process
    #[arg(long, conflicts_with = "no_sn")]
    pub sn_cost: bool,
    /// Where to train: auto, cpu, cuda or cuda:INDEX [default: auto]
    #[arg(long)]
    pub device: Option<DeviceChoice>,
    /// On a GPU, round the factors of products to TF32
    #[arg(long)]
    pub tf32: bool,
    /// Print one JSON line for each network
    #[arg(long)]
    pub json: bool,
}
