//! The standard streams: the doors by which text leaves. Whatever it holds, a terminal takes it for text.

use std::{
    io::{self, ErrorKind, IsTerminal, Stderr, Stdout, Write},
    process,
};

use clap::Parser;

use super::Cli;
use crate::{
    preset::Diagnostic,
    text::{self, Escaping},
};

/// Standard output, for text and JSON.
pub fn stdout() -> Escaping<Stdout> {
    Escaping(io::stdout())
}

/// Standard error.
pub fn stderr() -> Escaping<Stderr> {
    Escaping(io::stderr())
}

/// Writes to standard output. A reader that has gone away is no error.
///
/// # Errors
/// Any other failure of writing.
pub fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut out = stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// A line to standard error; where that is closed, the exit code has to do.
pub fn say(text: &str) {
    let _ = stderr().write_all(format!("{text}\n").as_bytes());
}

/// What is wrong with something that a person wrote, to standard error. It is escaped before it is coloured.
pub fn say_wrong(wrong: &Diagnostic) {
    let _ = io::stderr().write_all(wrong.render(colored_errors()).as_bytes());
}

/// Reads the command line. Where it is wrong, or asks for help, says so and ends the program as clap does.
pub fn parse() -> Cli {
    let error = match Cli::try_parse() {
        Ok(cli) => return cli,
        Err(error) => error,
    };
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    if !words.iter().any(|word| word.contains(text::is_unsafe)) {
        error.exit();
    }
    // Words in its message are styled before they can be escaped: so they are escaped before it is made.
    let safe = words.iter().map(|word| text::one_line(word).into_owned());
    match Cli::try_parse_from(safe) {
        Err(error) => error.exit(),
        Ok(_) => {
            say(error.to_string().trim_end());
            process::exit(error.exit_code())
        }
    }
}

/// Whether errors may be coloured: on a terminal that can, unless `NO_COLOR` is set.
fn colored_errors() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !set("NO_COLOR") && !dumb
}
