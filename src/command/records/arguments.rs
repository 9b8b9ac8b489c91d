//! The arguments of the commands that read runs.

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};

use crate::files::Output;

/// Runs to list.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui runs
  sn-tui runs /scratch/me/runs --json | jq -r '.[] | select(.state == \"interrupted\") | .directory'

States: running; paused (by a person, or all steps are made); silent (a process has the run and has written nothing for a
minute); finished; interrupted (ended by a person, by a signal, or killed: `resume` goes on); failed; over (by an
older program, which did not write how it ended).")]
pub struct RunsArgs {
    /// The folder of runs
    #[arg(value_name = "DIR", default_value = "runs", value_hint = clap::ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Print a JSON array, one object a run
    #[arg(long)]
    pub json: bool,
}

/// Measures to print.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui metrics a1b2c3 > measures.csv
  sn-tui metrics runs/mine --abandoned -o all.csv
  sn-tui metrics a1b2c3 --json | jq .sigma

Columns: step, branch, abandoned (with --abandoned), updates, seconds, the measures of a headless line, then one column a
layer (sigma.d.0, weight_norm.d.0, gradient_norm.d.0), then scores and the step that they are of. What was not measured
or is not finite is empty.")]
pub struct MetricsArgs {
    /// A run: its folder, its name in runs/, its id, or the beginning of either
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Comma-separated values with a line of names (the default)
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// One JSON object a line: those of metrics.jsonl, with their branch
    #[arg(long)]
    pub json: bool,
    /// What a rewind or a resume left behind as well
    #[arg(long)]
    pub abandoned: bool,
    /// Where to write; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub output: Output,
}

/// What to take away.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui clean                         what could go, and how large it is
  sn-tui clean --yes
  sn-tui clean --older-than 30 --keep 0
  sn-tui clean a1b2c3 0c0c0c --yes     two runs as a whole

Without names of runs: files that killed processes left half written; scheduled checkpoints of finished runs but the last
--keep; runs that were interrupted or failed and left neither checkpoint nor weights. Marked checkpoints, runs that a
process is at, and runs with files that are none of sn-tui's are never touched.")]
pub struct CleanArgs {
    /// A folder of runs [default: runs], or runs to remove as a whole
    #[arg(value_name = "DIR|RUN")]
    pub what: Vec<String>,
    /// Only of runs that nothing was written to for so many days
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u64>,
    /// Scheduled checkpoints that a finished run keeps
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub keep: usize,
    /// Do it
    #[arg(long)]
    pub yes: bool,
}

/// Runs to watch.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui watch                         the run in runs/ that was begun last
  sn-tui watch a1b2c3
  sn-tui watch runs/sn runs/no-sn      one in front, the other's curves behind it; O changes places
  ssh box sn-tui watch a1b2c3 | tee log

The screen of a run, read from its directory alone: nothing can be changed from there. Where standard input or output is no
terminal, a line for every new step that --log-every divides goes to standard output, until no process is at
the runs any more.")]
pub struct WatchArgs {
    /// Runs: folders, names in runs/, ids, or beginnings of either [default: the newest]
    #[arg(value_name = "RUN")]
    pub runs: Vec<String>,
    /// Most frames a second
    #[arg(long, value_name = "N", default_value_t = crate::tui::FPS, value_parser = RangedU64ValueParser::<u32>::new().range(1..=240))]
    pub fps: u32,
    /// Keys of the screen: a RON file of actions and keys [default: sn-tui/keys.ron in the configuration folder]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub keys: Option<PathBuf>,
    /// Steps between two lines where there is no terminal
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub log_every: u64,
}
