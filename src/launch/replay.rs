//! From the arguments of `replay` to a verdict.

use std::error::Error;

use crate::{
    cli::{ReplayArgs, say},
    run::{
        self, Device,
        replay::{Progress, Verdict},
    },
};

/// The exit code of a run that did not come out the same.
const DIFFERS: u8 = 1;

/// Runs a run again and says how it compares; gives the exit code.
///
/// # Errors
/// A run that cannot be run again.
pub fn replay(arguments: &ReplayArgs) -> Result<u8, Box<dyn Error>> {
    let stored = run::resume::stored(&crate::records::find(&arguments.run)?, None)?;
    let device: Device = stored.about.device.parse()?;
    let quiet = arguments.quiet;
    let mut tell = |progress: Progress| {
        if !quiet {
            say(&format!("step {} of {}", progress.step, progress.until));
        }
    };
    let threads = super::threads(arguments.threads);
    let build = |preset: &_, seed| device.build(preset, seed);
    let verdict = run::replay::replay(&stored, arguments.until, threads, build, &mut tell)
        .map_err(|error| error as Box<dyn Error>)?;
    say(&format!("{}: {verdict}", stored.directory.path().display()));
    Ok(match verdict {
        Verdict::Same { .. } => 0,
        Verdict::Differs { .. } => DIFFERS,
    })
}
