//! Every command and flag.

pub mod audit;
pub mod bench;
pub mod export;
pub mod presets;
pub mod records;
pub mod sample;
pub mod train;
pub mod watch;

mod arguments;
mod complete;
mod device;
mod effective;
mod error;
pub mod exit;
mod manual;
mod show;
mod topics;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueEnum, builder::RangedU64ValueParser};
use clap_complete::Shell;

use crate::{files::Output, run::Wanted};

pub use crate::text::streams::{say, stderr, stdout, write_out};
pub use arguments::{can_show, parse, takes_safetensors};
pub use audit::arguments::AuditArgs;
pub use bench::arguments::BenchArgs;
pub use complete::{answer, completions};
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
pub use train::arguments::{ReplayArgs, ResumeArgs, RunArgs, RunMode};
pub use train::attach_arguments::AttachArgs;

/// Trains spectrally normalized GANs live in the terminal: watch the singular values, change a setting between two
/// steps, see what happens.
#[derive(Debug, Parser)]
#[command(
    name = "sn-tui",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Without a command: sn-tui run digits

Examples:
  sn-tui                              train on handwritten digits, live
  sn-tui run ring --set gain=1        a ring of Gaussians, with a weaker discriminator
  sn-tui run digits --headless --log json > log.jsonl
  sn-tui show digits > mine.ron && sn-tui run mine.ron
  sn-tui resume runs/mine             go on with a run
  sn-tui audit weights.safetensors    σ by power iteration against σ by SVD
  sn-tui bench                        how long a training step takes, and where the time goes

Exit codes: 0 done, 2 wrong arguments, preset or --set, 1 every other failure."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// The command that these words ask for, the program's name first: `run` where they name none.
    ///
    /// # Errors
    /// Words that make no command, or ask for help.
    pub fn read<W: Into<OsString> + Clone>(
        words: impl IntoIterator<Item = W>,
    ) -> Result<Command, clap::Error> {
        match Self::try_parse_from(words)?.command {
            Some(command) => Ok(command),
            None => Self::read(["sn-tui", "run"]),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train: the live screen on a terminal, lines of text otherwise
    Run(RunArgs),
    /// Go on with a run from its last checkpoint, to the bit as if it had never stopped
    Resume(ResumeArgs),
    /// Run a run again from preset, seed and journal, and say whether every number is the same
    Replay(ReplayArgs),
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
    /// Show runs of other processes, or finished ones, on the live screen, from their directories alone
    Watch(WatchArgs),
    /// Print what a run measured as CSV or JSON lines
    Metrics(MetricsArgs),
    /// Say what runs could do without, and remove it with --yes
    Clean(CleanArgs),
    /// Hold σ by power iteration against σ by SVD, for every weight of a file or run
    Audit(AuditArgs),
    /// Write one network of a run as weights that PyTorch loads
    Export(ExportArgs),
    /// Write what the generator of a run makes: a picture, an interpolation, numbers
    Sample(Box<SampleArgs>),
    /// Time training steps: median, parts of a step, GFLOP/s, peak memory
    Bench(BenchArgs),
    /// Print a script that completes commands, flags, presets, runs and settings in a shell
    #[command(after_help = "Examples:
  source <(sn-tui completions bash)    # bash and zsh, there behind compinit; for good in ~/.bashrc or ~/.zshrc
  sn-tui completions fish | source     # fish; for good in ~/.config/fish/config.fish

The shell asks this program itself, so that what it offers is what this version knows: print the script anew where the
program has moved.")]
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
    /// Train the classifier that images of a bundled set are scored with, and write its file
    #[command(hide = true)]
    TrainClassifier(ClassifierArgs),
}

impl Command {
    /// Does what is asked for; gives the exit code.
    ///
    /// # Errors
    /// Why nothing came of it.
    pub fn execute(&self) -> Result<u8, Error> {
        match self {
            Self::Run(arguments) => return train::run(arguments),
            Self::Attach(arguments) => return train::attach::attach(arguments),
            Self::Resume(arguments) => return train::resume(arguments),
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

/// The classifier of a set of images, as it stands in assets/.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui train-classifier digits --out assets/classifier-digits.safetensors
  sn-tui train-classifier fashion --out assets/classifier-fashion.safetensors")]
pub struct ClassifierArgs {
    /// The set
    #[arg(value_enum, value_name = "SET")]
    pub set: ClassifierSet,
    /// Where to write the weights; - is standard output
    #[arg(long, value_name = "FILE")]
    pub out: Output,
    /// Passes over the training images
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub epochs: usize,
    /// Seed of weights, order and shifts
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Where to train: auto, cpu, cuda or cuda:INDEX
    #[arg(long, default_value_t = Wanted::Cpu)]
    pub device: Wanted,
}

/// A bundled set of ten classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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
