//! Every command and flag.

mod attach;
mod audit;
mod bench;
mod effective;
mod listing;
mod manual;
mod output;
mod records;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::RangedU64ValueParser};
use clap_complete::Shell;

use crate::{preset::OptimizerSetting, run::Device};

pub use attach::AttachArgs;
pub use audit::AuditArgs;
pub use bench::BenchArgs;
pub use effective::{Effective, effective};
pub use listing::presets;
pub use manual::{completions, manual};
pub use output::{colored_errors, write_out};
pub use records::{CleanArgs, MetricsArgs, RunsArgs, WatchArgs};

/// Frames a second of the live screen where `--fps` does not say otherwise.
const FPS: u32 = 10;

/// Trains spectrally normalized GANs live in the terminal: watch the singular values, change a setting between two
/// steps, see what happens.
#[derive(Debug, Parser)]
#[command(
    name = "sn-tui",
    version,
    max_term_width = 100,
    after_help = "Without a command: sn-tui run digits

Examples:
  sn-tui                              train on handwritten digits, live
  sn-tui run ring --set gain=1        a ring of Gaussians, with a weaker discriminator
  sn-tui run digits --headless --log json > log.jsonl
  sn-tui show digits > mine.ron && sn-tui run mine.ron
  sn-tui audit weights.safetensors    σ by power iteration against σ by SVD
  sn-tui bench                        how long a training step takes, and where the time goes

Exit codes: 0 done, 2 wrong arguments, preset or --set, 1 every other failure."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train: the live screen on a terminal, lines of text otherwise
    Run(RunArgs),
    /// Show and control a run that goes on without a screen: headless, or kept running
    Attach(AttachArgs),
    /// List the built-in presets
    #[command(after_help = "Examples:
  sn-tui presets")]
    Presets,
    /// Print the effective RON of a preset, accepted back by `run`; the story of a run with --about
    Show(ShowArgs),
    /// List runs: state, steps, last scores, times, size
    Runs(RunsArgs),
    /// Print what a run measured as CSV or JSON lines
    Metrics(MetricsArgs),
    /// Say what runs could do without, and remove it with --yes
    Clean(CleanArgs),
    /// Hold σ by power iteration against σ by SVD, for every weight of a file or run
    Audit(AuditArgs),
    /// Time training steps: median, parts of a step, GFLOP/s, peak memory
    Bench(BenchArgs),
    /// Print a script that completes commands and flags in a shell
    #[command(after_help = "Examples:
  sn-tui completions bash > ~/.local/share/bash-completion/completions/sn-tui
  sn-tui completions fish > ~/.config/fish/completions/sn-tui.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "Examples:
  sn-tui man > sn-tui.1 && man ./sn-tui.1")]
    Man,
    /// Train the classifier that images of a bundled set are scored with, and write its file
    #[command(hide = true)]
    TrainClassifier(ClassifierArgs),
}

/// What to train and how to show it.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui run                          the preset digits on the live screen
  sn-tui run ring --seed 1 --steps 2000 --headless
  sn-tui run digits --set spectral.iterations=5 --set loss=non_saturating
  sn-tui run digits --data train-images-idx3-ubyte.gz
  sn-tui run digits --at 500:spectral.enabled=false --at 800:spectral.enabled=true
  sn-tui run mine.ron --out runs/mine --headless --log json --log-every 10")]
pub struct RunArgs {
    /// A built-in preset, a path (ends in .ron or holds a /): a file, or a run's folder; or a run's name or id [default: digits]
    #[arg(value_name = "PRESET|FILE.ron|RUN")]
    pub preset: Option<String>,
    /// Train without the live screen
    #[arg(long)]
    pub headless: bool,
    /// Form of the log lines; json goes to standard output and implies --headless
    #[arg(long, value_enum, value_name = "FORM")]
    pub log: Option<Log>,
    /// Steps between two log lines [default: 1 in json, 100 in text]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    pub log_every: Option<u64>,
    /// Optimizer setting of the paper's table 1 for both networks: learning rate, betas, D updates
    #[arg(long, value_name = "A..F")]
    pub setting: Option<OptimizerSetting>,
    /// Change a setting of the preset: a path and a RON value (spectral.iterations=3, loss=hinge); repeatable
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
    /// Change a setting while training, before this step; repeatable
    #[arg(long, value_name = "STEP:K=V")]
    pub at: Vec<String>,
    /// Images of your own: an IDX file, CIFAR-10 (a file, or the folder of data_batch_*.bin), a folder of images
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub data: Option<PathBuf>,
    /// Step at which to stop; the decay of learning rates keeps the preset's length
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Seed of all random streams
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Threads for the matrix products; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    pub threads: Option<usize>,
    /// Where to train: cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t = Device::Cpu)]
    pub device: Device,
    /// Folder for the run's files, new or empty [default: runs/DATE-PRESET-ID]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Most frames a second of the live screen
    #[arg(long, value_name = "N", default_value_t = FPS, value_parser = RangedU64ValueParser::<u32>::new().range(1..=240))]
    pub fps: u32,
    /// Keys of the live screen: a RON file of actions and keys [default: sn-tui/keys.ron in the configuration folder]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub keys: Option<PathBuf>,
    /// Go on without a screen where the terminal goes (`sn-tui attach` shows and controls the run then)
    #[arg(long)]
    pub keep_running: bool,
    /// Write nothing to standard error but errors
    #[arg(long)]
    pub quiet: bool,
}

/// A preset to print.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui show digits
  sn-tui show ring --set batch=512 > mine.ron
  sn-tui show a1b2c3                  what a run was made from
  sn-tui show a1b2c3 --about          how it went: steps, time, changes, alarms, checkpoints, scores")]
pub struct ShowArgs {
    /// A built-in preset, a path (ends in .ron or holds a /): a file, or a run's folder; or a run's name or id
    #[arg(value_name = "PRESET|FILE.ron|RUN")]
    pub preset: String,
    /// Tell how a run went instead
    #[arg(long, conflicts_with_all = ["setting", "set"])]
    pub about: bool,
    /// The same as a JSON object
    #[arg(long, conflicts_with_all = ["setting", "set"])]
    pub json: bool,
    /// Optimizer setting of the paper's table 1 for both networks: learning rate, betas, D updates
    #[arg(long, value_name = "A..F")]
    pub setting: Option<OptimizerSetting>,
    /// Change a setting of the preset: a path and a RON value; repeatable
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
}

/// The classifier of a set of images, as it stands in assets/.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui train-classifier digits --out assets/classifier-digits.safetensors
  sn-tui train-classifier fashion --out assets/classifier-fashion.safetensors")]
pub struct ClassifierArgs {
    /// The set
    #[arg(value_enum, value_name = "SET")]
    pub set: ClassifierSet,
    /// Where to write the weights
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Passes over the training images
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub epochs: usize,
    /// Seed of weights, order and shifts
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

/// A bundled set of ten classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClassifierSet {
    Digits,
    Fashion,
}

/// Form of the log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Log {
    Text,
    Json,
}

impl Default for RunArgs {
    fn default() -> Self {
        Self {
            preset: None,
            headless: false,
            log: None,
            log_every: None,
            setting: None,
            set: Vec::new(),
            at: Vec::new(),
            data: None,
            steps: None,
            seed: 0,
            threads: None,
            device: Device::Cpu,
            out: None,
            fps: FPS,
            keys: None,
            keep_running: false,
            quiet: false,
        }
    }
}

impl RunArgs {
    /// Whether the arguments alone rule out the live screen.
    pub fn headless(&self) -> bool {
        self.headless || self.log == Some(Log::Json)
    }

    /// Steps between two log lines.
    pub fn log_every(&self) -> u64 {
        self.log_every.unwrap_or(match self.log {
            Some(Log::Json) => 1,
            Some(Log::Text) | None => 100,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn run(arguments: &[&str]) -> Result<RunArgs, clap::Error> {
        let all = ["sn-tui", "run"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Some(Command::Run(run)) => Ok(run),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_is_run_with_its_defaults() {
        assert_eq!(run(&[]).unwrap(), RunArgs::default());
    }

    #[test]
    fn json_implies_headless_and_every_step() {
        let json = run(&["--log", "json"]).unwrap();
        assert!(json.headless() && json.log_every() == 1);
        let text = run(&["--log", "text"]).unwrap();
        assert!(!text.headless() && text.log_every() == 100);
        assert_eq!(run(&["--log-every", "7"]).unwrap().log_every(), 7);
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused() {
        for flag in ["--threads", "--fps", "--log-every"] {
            assert!(run(&[flag, "0"]).is_err(), "{flag} 0");
            assert!(run(&[flag, "1"]).is_ok(), "{flag} 1");
        }
        assert!(run(&["--steps", "-1"]).is_err());
        assert!(run(&["--steps", "0"]).is_ok());
    }
}
