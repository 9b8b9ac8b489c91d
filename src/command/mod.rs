//! The command line: every command, its flags, and what it does.

pub mod audit;
pub(crate) mod bench;
pub(crate) mod ctl;
pub(crate) mod export;
pub(crate) mod presets;
pub(crate) mod records;
pub mod sample;
pub(crate) mod train;
pub(crate) mod watch;

mod arguments;
mod columns;
mod complete;
mod device;
mod effective;
mod error;
pub mod exit;
mod lanes;
mod manual;
mod show;
mod stored;
mod topics;
mod viewer;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::RangedU64ValueParser};
use clap_complete::Shell;

use crate::{files::Output, run::DeviceChoice};

pub use crate::text::streams::{say, stderr, stdout, write_out};
pub use arguments::{
    Invalid, ScreenArgs, check_safetensors, is_interactive, parse, thread_count, threads,
};
pub use audit::arguments::AuditArgs;
pub use bench::arguments::BenchArgs;
pub use complete::{answer, completions};
pub use ctl::arguments::CtlArgs;
pub use device::device;
pub use effective::{Effective, effective};
pub use error::Error;
pub use export::arguments::{ExportArgs, Format, What};
pub use manual::manual;
pub use presets::presets;
pub use records::arguments::{CleanArgs, MetricsArgs, RunsArgs, WatchArgs};
pub use sample::arguments::SampleArgs;
pub use show::ShowArgs;
pub use topics::{HelpArgs, PAGES, help};
pub use train::arguments::{ComputeArgs, ReplayArgs, ResumeArgs, RunArgs, RunMode};
pub use train::attach_arguments::AttachArgs;
pub use train::demo::DemoArgs;
pub use train::fork::arguments::ForkArgs;

/// Trains spectrally normalized GANs live in the terminal: watch the singular values, change a setting between two steps,
/// see what happens.
#[derive(Debug, Parser)]
#[command(
    name = "sn-tui",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Without a command: sn-tui run digits

Examples:
  sn-tui                              train on handwritten digits, live
  sn-tui run ring --set gain=1        a ring of Gaussians, with a weaker D
  sn-tui run digits --headless --log json > log.jsonl
  sn-tui show digits > mine.ron && sn-tui run mine.ron
  sn-tui resume runs/mine             continue a run
  sn-tui fork runs/mine --set gain=2  another run from its last state
  sn-tui audit weights.safetensors    σ by power iteration against σ by SVD
  sn-tui bench                        the time of a training step, and its parts

Exit codes: 0 done or quit; 2 wrong arguments, preset or --set; 1 any other failure; 3 nobody is there (ctl); 85 ended by SIGUSR1; 128 + n ended by signal n."
)]
pub struct Cli {
    /// The subcommand; without one, the screen begins with its list of presets.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Parses words, of which the first is the program's name. Without a command the command is `run`.
    ///
    /// # Errors
    /// The words are wrong, or ask for help.
    pub fn read<W: Into<OsString> + Clone>(
        words: impl IntoIterator<Item = W>,
    ) -> Result<Command, clap::Error> {
        match Self::try_parse_from(words)?.command {
            Some(command) => Ok(command),
            None => Self::read(["sn-tui", "run"]),
        }
    }
}

/// The commands, with the text of `--help`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train: on the live screen in a terminal, else with lines of text
    Run(RunArgs),
    /// A guided experiment of three minutes on the live screen: with and without spectral normalization
    Demo(DemoArgs),
    /// Continue a run from its last checkpoint, to the bit as if it had never stopped
    Resume(ResumeArgs),
    /// Start a new run from a saved state of another one, under changed settings
    Fork(ForkArgs),
    /// Repeat a run from its preset, seed and journal, and compare every number
    Replay(ReplayArgs),
    /// Show and control a run that trains without a screen
    Attach(AttachArgs),
    /// Act on a run that trains, as a program does: one JSON object in answer
    Ctl(CtlArgs),
    /// List the built-in presets
    #[command(after_help = "Examples:
  sn-tui presets")]
    Presets,
    /// Print a preset as RON with all overrides, as `run` accepts it; with --about, how a run went
    Show(ShowArgs),
    /// List runs: state, step, last scores, times, size
    Runs(RunsArgs),
    /// Show runs on the live screen, read from their directories only: running or ended ones
    Watch(WatchArgs),
    /// Print the measures of a run as CSV or JSON lines
    Metrics(MetricsArgs),
    /// List files that can be pruned, and remove them with --yes
    Clean(CleanArgs),
    /// Compare σ by power iteration with σ by SVD, for every weight of a file or run
    Audit(AuditArgs),
    /// Write one network of a run as a file that PyTorch loads
    Export(ExportArgs),
    /// Write samples of the generator of a run: a picture, an interpolation, numbers
    Sample(Box<SampleArgs>),
    /// Time training steps: median, parts of a step, GFLOP/s, peak memory
    Bench(BenchArgs),
    /// Print a script for a shell that completes commands, flags, presets, runs and settings
    #[command(after_help = "Examples:
  source <(sn-tui completions bash)    in ~/.bashrc
  source <(sn-tui completions zsh)     in ~/.zshrc, after compinit
  sn-tui completions fish | source     in ~/.config/fish/config.fish

The script asks this program for completions, so they always fit its version. Print the script again after moving the program.")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the help of a command, or a page of the documentation
    Help(HelpArgs),
    /// Print the manual page
    #[command(after_help = "Examples:
  sn-tui man > sn-tui.1 && man ./sn-tui.1")]
    Man,
    /// Train the classifier that scores images of a bundled set, and write its file
    #[command(hide = true)]
    TrainClassifier(ClassifierArgs),
}

impl Command {
    /// Executes the command and returns the exit code.
    ///
    /// # Errors
    /// The command failed.
    pub fn execute(&self) -> Result<u8, Error> {
        match self {
            Self::Run(arguments) => return train::run(arguments),
            Self::Demo(arguments) => return train::demo::demo(arguments),
            Self::Attach(arguments) => return train::attach::attach(arguments),
            Self::Ctl(arguments) => return ctl::ctl(arguments),
            Self::Resume(arguments) => return train::resume(arguments),
            Self::Fork(arguments) => return train::fork::fork(arguments),
            Self::Replay(arguments) => return train::replay::replay(arguments),
            Self::Watch(arguments) => return watch::watch(arguments),
            Self::Presets => write_out(presets()?.as_bytes())?,
            Self::Show(arguments) => show::show(arguments)?,
            Self::Runs(arguments) => records::runs(arguments)?,
            Self::Metrics(arguments) => records::metrics(arguments)?,
            Self::Clean(arguments) => records::clean(arguments)?,
            Self::Audit(arguments) => audit::audit(arguments)?,
            Self::Export(arguments) => export::export(arguments)?,
            Self::Sample(arguments) => sample::sample(arguments)?,
            Self::Bench(arguments) => bench::bench(arguments)?,
            Self::Completions { shell } => write_out(&completions(*shell)?)?,
            Self::Help(arguments) => help(arguments)?,
            Self::Man => write_out(&manual()?)?,
            Self::TrainClassifier(arguments) => train::classifier::train(arguments)?,
        }
        Ok(0)
    }
}

/// Arguments of `train-classifier`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui train-classifier digits --out assets/classifier-digits.safetensors
  sn-tui train-classifier fashion --out assets/classifier-fashion.safetensors")]
pub struct ClassifierArgs {
    /// The bundled set of images
    #[arg(value_enum, value_name = "SET")]
    pub set: ClassifierSet,
    /// Where to write the weights; - is standard output
    #[arg(long, value_name = "FILE")]
    pub out: Output,
    /// Passes over the training images
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub epochs: usize,
    /// Seed of the weights, the order of images and their shifts
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Where to train: auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t = DeviceChoice::Cpu)]
    pub device: DeviceChoice,
}

/// A bundled set of images with ten classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "a docstring would become a line of the help")]
pub enum ClassifierSet {
    Digits,
    Fashion,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
