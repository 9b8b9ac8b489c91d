//! The command line read, and arguments that name files to be written.
#![expect(clippy::disallowed_methods, reason = "streams are asked, not written")]

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    process,
};

use clap::builder::{MapValueParser, PathBufValueParser, TypedValueParser, ValueParserFactory};

use super::{Cli, Command, Error};
use crate::{
    files::Output,
    preset::Diagnostic,
    text::{self, streams::say},
};

/// The type of an argument says that it is written: by it those arguments are known.
impl ValueParserFactory for Output {
    type Parser = MapValueParser<PathBufValueParser, fn(PathBuf) -> Self>;

    fn value_parser() -> Self::Parser {
        PathBufValueParser::new().map(Self::from)
    }
}

/// Says early what stands in the way of a safetensors file there.
///
/// # Errors
/// A [`Diagnostic`] where the name says another format; a place that cannot be written to.
pub fn takes_safetensors(output: &Output) -> Result<(), Error> {
    if let Some(end) = output.foreign_extension() {
        let message = format!("{output} would hold safetensors, and its name ends in {end}");
        let help =
            "let the name end in .safetensors; in Python, safetensors.torch.load_file reads it";
        return Err(Diagnostic::plain(message).with_help(help.to_owned()).into());
    }
    Ok(output.check()?)
}

/// Reads the command line. Where it is wrong, or asks for help, says so and ends the program as clap does.
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
    // Words in its message are styled before they can be escaped: so they are escaped before it is made.
    let safe = words.iter().map(|word| text::one_line(word).into_owned());
    match Cli::read(safe) {
        Err(error) => error.exit(),
        Ok(_) => {
            say(error.to_string().trim_end());
            process::exit(error.exit_code())
        }
    }
}

/// Whether a person can be shown the live screen: standard input and output are terminals.
pub fn can_show() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
