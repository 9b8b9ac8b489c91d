//! The arguments of `runs`, `metrics`, `clean` and `watch`.

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};

use crate::{command::ScreenArgs, files::Output};

/// Arguments of `runs`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui runs
  sn-tui runs /scratch/me/runs --json | jq -r '.[].directory'

States: running; paused (by a person, or all steps are made); silent (a process has the run but has written nothing for a minute); finished; interrupted (ended by a person or a signal, or killed: `resume` continues it); failed; over (by an older version, which did not record how it ended).")]
pub struct RunsArgs {
    /// The folder of runs
    #[arg(value_name = "DIR", default_value = "runs", value_hint = clap::ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Print a JSON array with one object for each run
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `metrics`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui metrics a1b2c3 > measures.csv
  sn-tui metrics runs/mine --abandoned -o all.csv
  sn-tui metrics a1b2c3 --json | jq .sigma

Columns: step, branch, abandoned (with --abandoned), updates, seconds, the measures of a headless line, then one column for each measure and layer (sigma.d.0, weight_norm.d.0, gradient_norm.d.0), then scores and their step. A cell is empty if nothing was measured or the number is not finite.")]
pub struct MetricsArgs {
    /// A run: its folder, its name in runs/, its id, or the beginning of either
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Print comma-separated values under a line of names (the default)
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print the JSON lines of metrics.jsonl, with their branch
    #[arg(long)]
    pub json: bool,
    /// Include the steps that a rewind or a resume abandoned
    #[arg(long)]
    pub abandoned: bool,
    /// Where to write; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: Output,
}

/// Arguments of `clean`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui clean                         list what can be removed, with sizes
  sn-tui clean --yes
  sn-tui clean --older-than 30 --keep 0
  sn-tui clean a1b2c3 0c0c0c --yes     remove two whole runs

Without names of runs it removes: partial files of killed processes; scheduled checkpoints of finished runs except the last --keep; runs that were interrupted or failed and left neither checkpoint nor weights. It never removes marked checkpoints, runs that a process has, and runs with files of other programs.")]
pub struct CleanArgs {
    /// A folder of runs [default: runs], or whole runs to remove
    #[arg(value_name = "DIR|RUN")]
    pub what: Vec<String>,
    /// Only runs to which nothing was written for this many days
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u64>,
    /// Number of scheduled checkpoints that a finished run keeps
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub keep: usize,
    /// Remove the listed files
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `watch`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui watch                         the newest run in runs/
  sn-tui watch a1b2c3
  sn-tui watch runs/sn runs/no-sn      two runs; the key O swaps them
  ssh box sn-tui watch a1b2c3 | tee log

Shows runs, read from their directories only: nothing can be changed. Without a terminal it prints a line for every new step divisible by --log-every, until no process trains the runs.")]
pub struct WatchArgs {
    /// Runs: folders, names in runs/, ids, or beginnings of either [default: the newest]
    #[arg(value_name = "RUN")]
    pub runs: Vec<String>,
    /// Flags of the screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// Steps between two lines without a terminal
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub log_every: u64,
}
