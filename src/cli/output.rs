//! Standard streams, and arguments that name files to be written.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
};

use clap::builder::{MapValueParser, PathBufValueParser, TypedValueParser, ValueParserFactory};

use crate::{
    preset::Diagnostic,
    run::output::{NotWritten, Output},
};

/// The type of an argument says that it is written: by it those arguments are known.
impl ValueParserFactory for Output {
    type Parser = MapValueParser<PathBufValueParser, fn(PathBuf) -> Self>;

    fn value_parser() -> Self::Parser {
        PathBufValueParser::new().map(Self::from)
    }
}

/// Writes to standard output. A reader that has gone away is no error.
///
/// # Errors
/// Any other failure of writing.
pub fn write_out(bytes: &[u8]) -> Result<(), NotWritten> {
    Output::Stdout.write(bytes)
}

/// Says early what stands in the way of a safetensors file there.
///
/// # Errors
/// A [`Diagnostic`] where the name says another format; a place that cannot be written to.
pub fn takes_safetensors(output: &Output) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(end) = output.says_another_format() {
        let message = format!("{output} would hold safetensors, and its name ends in {end}");
        let help =
            "let the name end in .safetensors; in Python, safetensors.torch.load_file reads it";
        return Err(Diagnostic::plain(message).with_help(help.to_owned()).into());
    }
    Ok(output.check()?)
}

/// Whether errors may be coloured: on a terminal that can, unless `NO_COLOR` is set.
pub fn colored_errors() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !set("NO_COLOR") && !dumb
}
