//! The arguments of `run`, `resume` and `replay`.

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};

use crate::{
    command::{ScreenArgs, thread_count},
    headless::Log,
    model::RunRequest,
    run::{DeviceChoice, OnNan},
};

/// Arguments of `run`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui run                          the preset digits on the live screen
  sn-tui run ring --seed 1 --steps 2000 --headless
  sn-tui run digits --set spectral.iterations=5 --set loss=non_saturating
  sn-tui run digits --data train-images-idx3-ubyte.gz
  sn-tui run ring --at 500:spectral.enabled=false --at 800:gain=2
  sn-tui run digits --init runs/mine --set loss=wasserstein
  sn-tui run mine.ron --out runs/mine --headless --log json --log-every 10
  sn-tui run cifar10 --out runs/mine --continue --headless    start or resume")]
pub struct RunArgs {
    /// What to train: preset, seed, settings, data.
    #[command(flatten)]
    pub request: RunRequest,
    /// Start from given weights: a file of weights, a checkpoint, an export, or a run (its latest weights)
    #[arg(long, value_name = "FILE.safetensors|RUN", value_hint = clap::ValueHint::AnyPath)]
    pub init: Option<String>,
    /// Folder for the run's files, new or empty [default: runs/DATE-PRESET-ID]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Resume the run in --out if there is one that was started with the same arguments: for a scheduler that starts the
    /// same command again
    #[arg(long = "continue", requires = "out")]
    pub continue_run: bool,
    /// On a GPU, round the factors of products to TF32: faster on tensor cores, with other results
    #[arg(long)]
    pub tf32: bool,
    /// How to run: device, threads, output.
    #[command(flatten)]
    pub mode: RunMode,
}

/// How a run computes and how it is shown. Its results depend on the device only.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct RunMode {
    /// Train without the live screen
    #[arg(long)]
    pub headless: bool,
    /// Format of the log lines; json goes to standard output and implies --headless
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub log: Option<Log>,
    /// Steps between two log lines [default: 1 in json, 100 in text]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub log_every: Option<u64>,
    /// Start paused on the live screen; Space resumes
    #[arg(long)]
    pub paused: bool,
    /// What a headless run does if a loss or gradient is not finite: stop, or rewind to the last checkpoint at half the
    /// learning rates, at most three times
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub on_nan: OnNan,
    /// Start this shell command when an alarm goes on, with a line of JSON about it on standard input; one at a time, at
    /// most every ten seconds
    #[arg(long, value_name = "CMD")]
    pub on_alarm: Option<String>,
    /// What computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Flags of the screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
    /// Continue without a screen if the terminal is lost; `sn-tui attach` shows and controls the run then
    #[arg(long)]
    pub keep_running: bool,
    /// Write only warnings and errors to standard error
    #[arg(long)]
    pub quiet: bool,
}

/// What computes the steps of a run.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ComputeArgs {
    /// Threads that compute; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count())]
    pub threads: Option<usize>,
    /// Where to train: auto, cpu, cuda or cuda:INDEX [default: auto, or the device of a resumed run]
    #[arg(long)]
    pub device: Option<DeviceChoice>,
}

/// Arguments of `resume`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui resume runs/mine               from its last checkpoint
  sn-tui resume runs/mine --steps 40000 --headless
  sn-tui resume runs/mine --from 12000  from an earlier checkpoint

With --from, the steps after that checkpoint stay in the run's files as an abandoned branch.")]
pub struct ResumeArgs {
    /// The run: its folder, name or id
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Step of the checkpoint to resume from [default: the last one]
    #[arg(long, value_name = "STEP")]
    pub from: Option<u64>,
    /// Total number of steps, those already made included; the decay of learning rates keeps the preset's length
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// How to run: device, threads, output.
    #[command(flatten)]
    pub mode: RunMode,
}

/// Arguments of `replay`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui replay runs/mine
  sn-tui replay runs/mine --until 500")]
pub struct ReplayArgs {
    /// The run: its folder, name or id
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Last step to compare [default: the last one made]
    #[arg(long, value_name = "STEP")]
    pub until: Option<u64>,
    /// Threads that compute; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = thread_count())]
    pub threads: Option<usize>,
    /// Where to train: auto, cpu, cuda or cuda:INDEX [default: the device of the run]
    #[arg(long)]
    pub device: Option<DeviceChoice>,
    /// Write no progress to standard error
    #[arg(long)]
    pub quiet: bool,
}

impl RunMode {
    /// Returns whether the arguments rule out the live screen.
    pub fn headless(&self) -> bool {
        self.headless || self.log == Some(Log::Json)
    }

    /// Returns the number of steps between two log lines.
    pub fn log_every(&self) -> u64 {
        self.log_every
            .unwrap_or(match self.log.unwrap_or_default() {
                Log::Json => 1,
                Log::Text => 100,
            })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::{Cli, Command};

    fn run(arguments: &[&str]) -> Result<RunArgs, clap::Error> {
        let all = ["sn-tui", "run"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Some(Command::Run(run)) => Ok(run),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_command_is_run_with_its_defaults() {
        assert_eq!(run(&[]).unwrap().request, RunRequest::default());
        let none = Cli::read(["sn-tui"]).unwrap();
        let Command::Run(none) = none else {
            panic!("{none:?}")
        };
        assert_eq!(none, run(&[]).unwrap());
    }

    #[test]
    fn json_implies_headless_and_every_step() {
        let json = run(&["--log", "json"]).unwrap();
        assert!(json.mode.headless() && json.mode.log_every() == 1);
        let text = run(&["--log", "text"]).unwrap();
        assert!(!text.mode.headless() && text.mode.log_every() == 100);
        assert_eq!(run(&["--log-every", "7"]).unwrap().mode.log_every(), 7);
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        for flag in ["--threads", "--fps", "--log-every"] {
            assert!(run(&[flag, "0"]).is_err(), "{flag} 0");
            assert!(run(&[flag, "1"]).is_ok(), "{flag} 1");
        }
        assert!(run(&["--steps", "-1"]).is_err());
        assert!(run(&["--steps", "0"]).is_ok());
    }
}
