//! Limits the number of peers by the file descriptors of this process: saving the run needs some.

use std::{fs, io};

use rustix::process::{Resource, getrlimit};

/// Descriptors that no peer may take. They are for a checkpoint, weights, pictures and other files written at one time.
pub const RESERVE: u64 = 8;

/// A folder with one name for each open descriptor of this process.
const OPEN: &str = "/dev/fd";

/// Checks that another connection leaves [`RESERVE`] descriptors.
///
/// # Errors
/// Too many descriptors are in use, or they cannot be counted because none is left.
pub(super) fn check() -> io::Result<()> {
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return Ok(());
    };
    let open = match fs::read_dir(OPEN) {
        Ok(entries) => entries.count() as u64,
        // This system does not list descriptors: do not limit the peers.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    enough(limit, open)
}

/// Compares the counts. Counting itself takes one of the `open` descriptors, which the new connection then gets.
fn enough(limit: u64, open: u64) -> io::Result<()> {
    if open + RESERVE <= limit {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{open} of {limit} descriptors are in use, the rest are for saving (`ulimit -n`)"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_descriptors_are_not_for_peers() {
        assert!(enough(1024, 30).is_ok());
        assert!(enough(24, 16).is_ok());
        let message = enough(24, 17).unwrap_err().to_string();
        assert!(
            message.contains("17 of 24") && message.contains("ulimit"),
            "{message}"
        );
        assert!(check().is_ok());
    }
}
