//! Whether this process can have another peer: descriptors must be left for what saves the run.

use std::{fs, io};

use rustix::process::{Resource, getrlimit};

/// Descriptors that no peer gets: for a checkpoint, the weights, pictures and what else is written at the same time.
pub const RESERVE: u64 = 8;

/// All descriptors of this process, each a name in a folder.
const OPEN: &str = "/dev/fd";

/// Checks that a peer leaves enough for everything else.
///
/// # Errors
/// There are too few, or none.
pub fn check() -> io::Result<()> {
    let Some(limit) = getrlimit(Resource::Nofile).current else {
        return Ok(());
    };
    let open = match fs::read_dir(OPEN) {
        Ok(entries) => entries.count() as u64,
        // A system that does not show them is not asked again for what it does not know.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    enough(limit, open)
}

/// One that is open is that by which they were counted, and makes room for the peer.
fn enough(limit: u64, open: u64) -> io::Result<()> {
    if open + RESERVE <= limit {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{open} of {limit} descriptors are in use, the rest is for saving (`ulimit -n`)"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_descriptors_are_not_for_peers() {
        assert!(enough(1024, 30).is_ok());
        assert!(enough(24, 16).is_ok());
        let told = enough(24, 17).unwrap_err().to_string();
        assert!(
            told.contains("17 of 24") && told.contains("ulimit"),
            "{told}"
        );
        assert!(check().is_ok());
    }
}
