//! The standard streams, the doors by which text leaves. Whatever text holds, a terminal takes it for text.
#![expect(clippy::disallowed_methods, reason = "these are the doors")]

use std::io::{self, ErrorKind, Stderr, Stdout, Write};

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
    let mut out = stdout();
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
