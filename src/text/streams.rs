//! The standard streams, the doors by which text leaves. Whatever text holds, a terminal takes it for text.
#![expect(clippy::disallowed_methods, reason = "these are the doors")]

use std::io::{self, ErrorKind, IsTerminal, Stderr, Stdout, Write};

use super::{Escaping, wording::unwritable};

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
/// Any other failure of writing, which says where.
pub fn write_out(bytes: &[u8]) -> io::Result<()> {
    write_to(stdout(), bytes)
}

/// Writes a text of our own to standard output, with the sequences of its colours.
///
/// # Errors
/// As of [`write_out`].
pub fn write_styled(text: &str) -> io::Result<()> {
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

/// A line to standard error; where that is closed, the exit code has to do.
pub fn say(text: &str) {
    let _ = stderr().write_all(format!("{text}\n").as_bytes());
}

/// Whether standard output may be coloured.
pub fn colors_output() -> bool {
    can_color(&io::stdout())
}

/// Whether standard error may be coloured.
pub fn colors_errors() -> bool {
    can_color(&io::stderr())
}

/// Whether a stream may be coloured: a terminal that can, unless `NO_COLOR` is set.
fn can_color(stream: &impl IsTerminal) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !set("NO_COLOR") && !dumb
}
