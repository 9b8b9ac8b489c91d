//! The standard streams. Text is escaped on its way to them.
#![expect(
    clippy::disallowed_methods,
    reason = "only this module uses the standard streams for text"
)]

use std::io::{self, ErrorKind, IsTerminal, Stderr, Stdout, Write};

use super::{Escaping, wording::unwritable};

/// Standard output with escaping, for text and JSON.
pub fn stdout() -> Escaping<Stdout> {
    Escaping(io::stdout())
}

/// Standard error with escaping.
pub fn stderr() -> Escaping<Stderr> {
    Escaping(io::stderr())
}

/// Writes to standard output with escaping. A closed pipe is not an error.
///
/// # Errors
/// If writing fails otherwise; the message names standard output.
pub fn write_out(bytes: &[u8]) -> io::Result<()> {
    write_to(stdout(), bytes)
}

/// Writes a text with colour sequences to standard output, without escaping. The text must not contain untrusted text. A
/// closed pipe is not an error.
///
/// # Errors
/// If writing fails otherwise; the message names standard output.
pub(crate) fn write_styled(text: &str) -> io::Result<()> {
    write_to(io::stdout(), text.as_bytes())
}

fn write_to(mut out: impl Write, bytes: &[u8]) -> io::Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::new(
            error.kind(),
            unwritable("standard output", error),
        )),
        Ok(()) => Ok(()),
    }
}

/// Writes a line to standard error. Errors are ignored: there is no other stream to report them on.
pub fn say(text: &str) {
    let _ = stderr().write_all(format!("{text}\n").as_bytes());
}

/// Whether to use colours on standard output.
pub(crate) fn colors_output() -> bool {
    can_color(&io::stdout())
}

/// Whether to use colours on standard error.
pub(crate) fn colors_errors() -> bool {
    can_color(&io::stderr())
}

/// Whether a stream is a terminal with colours, and `NO_COLOR` is not set.
fn can_color(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !set("NO_COLOR") && !dumb
}
