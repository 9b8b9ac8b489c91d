//! Parsing of the command line, and arguments that several commands share.
#![expect(clippy::disallowed_methods, reason = "streams are asked, not written")]

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    process, thread,
};

use clap::{
    Args,
    builder::{
        MapValueParser, PathBufValueParser, RangedU64ValueParser, TypedValueParser,
        ValueParserFactory,
    },
};

use super::{Cli, Command, Error};
use crate::{
    files::Output,
    preset::Diagnostic,
    text::{self, streams::say},
    tui,
};

/// The frame rates that `--fps` takes.
const FPS: std::ops::RangeInclusive<u64> = 1..=240;

/// Flags of the live screen.
#[derive(Clone, Debug, PartialEq, Args)]
pub struct ScreenArgs {
    /// Frames a second of the live screen at most, 1 to 240; above 60 it draws 60
    #[arg(long, value_name = "N", default_value_t = tui::FPS, value_parser = RangedU64ValueParser::<u32>::new().range(FPS))]
    pub fps: u32,
    /// Use the mouse on the live screen: click a view, a lane, a pane, a row, a step of a chart; scroll lists and help, zoom
    /// charts. Text is then selected with Shift held
    #[arg(long)]
    pub mouse: bool,
    /// Keys of the live screen: a RON file of actions and keys [default: sn-tui/keys.ron in the configuration folder]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub keys: Option<PathBuf>,
}

impl ScreenArgs {
    /// Reads the table of keys.
    ///
    /// # Errors
    /// The file cannot be read or is refused.
    pub fn key_table(&self) -> Result<tui::app::keys::Table, Diagnostic> {
        tui::app::keys::load(self.keys.as_deref())
    }
}

/// Why the text of an argument is refused.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Invalid {
    #[error("expected {0}")]
    Expected(String),
    #[error("more than {0} numbers")]
    TooMany(usize),
}

/// Parses the number of a `--threads` flag, 1 to 1024.
pub fn thread_count() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=1024)
}

/// Returns the number of threads that compute: the one asked for, else one for each processor.
pub fn threads(asked: Option<usize>) -> usize {
    asked
        .or_else(|| thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1)
}

/// Makes [`Output`] the type of every argument that names a file to write.
impl ValueParserFactory for Output {
    type Parser = MapValueParser<PathBufValueParser, fn(PathBuf) -> Self>;

    fn value_parser() -> Self::Parser {
        PathBufValueParser::new().map(Self::from)
    }
}

/// Checks, before any work is done, that a safetensors file can be written to `output`.
///
/// # Errors
/// The name has the extension of another format (a [`Diagnostic`]), or the place cannot be written to.
pub fn check_safetensors(output: &Output) -> Result<(), Error> {
    if let Some(end) = output.foreign_extension() {
        let message = format!("{output} would hold safetensors, and its name ends in {end}");
        let help =
            "let the name end in .safetensors; in Python, safetensors.torch.load_file reads it";
        return Err(Diagnostic::plain(message).with_help(help.to_owned()).into());
    }
    Ok(output.check()?)
}

/// Parses the command line. If it is wrong or asks for help, prints that and ends the program, as clap does.
pub fn parse() -> Command {
    let error = match Cli::read(std::env::args_os()) {
        Ok(command) => return command,
        Err(error) => error,
    };
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    if !words.iter().any(|word| word.contains(text::is_unsafe)) {
        error.exit();
    }
    // clap styles the words in its message, which cannot be escaped after that: parse escaped words again.
    let safe = words.iter().map(|word| text::one_line(word).into_owned());
    match Cli::read(safe) {
        Err(error) => error.exit(),
        Ok(_) => {
            say(error.to_string().trim_end());
            process::exit(error.exit_code())
        }
    }
}

/// Returns whether the live screen can be shown: standard input and output are terminals.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
