//! From the arguments of `replay` to a verdict.

use crate::{
    command,
    command::{Error, ReplayArgs},
    run::{
        self,
        replay::{Progress, Verdict},
    },
    rundir::journal::Move,
    text::streams::say,
};

/// What a replay on a GPU can show.
const ON_A_GPU: &str = "The same card with the same NVRTC repeats it to the bit; on another one a step may differ in \
                        its last digits and lead the run elsewhere, without a fault.";

/// The exit code of a run that did not come out the same.
const DIFFERS: u8 = 1;

/// Runs a run again and says how it compares; gives the exit code.
///
/// # Errors
/// A run that cannot be run again.
pub fn replay(arguments: &ReplayArgs) -> Result<u8, Error> {
    let stored =
        crate::rundir::resume::stored(&crate::command::records::find(&arguments.run)?, None)?;
    let run = stored.directory.path().display();
    let on_gpu = stored.about.device().starts_with("cuda");
    if on_gpu {
        say(&format!("{run} was made on a GPU. {ON_A_GPU}"));
    }
    let device = command::device(arguments.device, stored.about.tf32, Some(&stored))?;
    if let Some(elsewhere) = stored.journal.moves().next() {
        let Move { step, device, .. } = elsewhere;
        say(&format!(
            "warning: from step {step} on the run was made on {device}; one device cannot repeat the bits of two"
        ));
    }
    let quiet = arguments.quiet;
    let mut tell = |progress: Progress| {
        if !quiet {
            say(&format!("step {} of {}", progress.step, progress.until));
        }
    };
    let threads = super::threads(arguments.threads);
    let build = |preset: &_, seed| device.build(preset, seed);
    let verdict = run::replay::replay(&stored, arguments.until, threads, build, &mut tell)?;
    say(&format!("{run}: {verdict}"));
    Ok(match verdict {
        Verdict::Same { .. } => 0,
        Verdict::Differs { .. } => DIFFERS,
    })
}
