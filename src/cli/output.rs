//! Writing to the standard streams.

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Writes to standard output. A reader that has gone away is no error.
///
/// # Errors
/// Any other failure of writing.
pub fn write_out(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Whether errors may be coloured: on a terminal that can, unless `NO_COLOR` is set.
pub fn colored_errors() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !set("NO_COLOR") && !dumb
}
