//! `sn-tui replay`: repeats a run and compares it.

use crate::{
    command,
    command::{Error, ReplayArgs},
    run::{
        self,
        replay::{Progress, Verdict},
    },
    rundir::{journal::DeviceChange, resume},
    text::streams::say,
};

/// What a replay on a GPU can show, for people.
const ON_A_GPU: &str = "The same card with the same NVRTC repeats it to the bit; on another card the last digits of a \
                        step may differ, and then later steps differ more. That is not an error.";

/// Exit code of a replay that differs.
const DIFFERS: u8 = 1;

/// Repeats a run, prints how it compares, and returns the exit code.
///
/// # Errors
/// The run cannot be read or repeated.
pub(crate) fn replay(arguments: &ReplayArgs) -> Result<u8, Error> {
    let stored = resume::load(&command::records::find(&arguments.run)?, None)?;
    let run = stored.directory.path().display();
    let on_gpu = stored.about.device().starts_with("cuda");
    if on_gpu {
        say(&format!("{run} was made on a GPU. {ON_A_GPU}"));
    }
    let device = command::device(arguments.device, stored.about.tf32, Some(&stored))?;
    if let Some(DeviceChange { step, device, .. }) = stored.journal.device_changes().next() {
        say(&format!(
            "warning: from step {step} on the run was made on {device}; one device cannot repeat the bits of two"
        ));
    }
    let quiet = arguments.quiet;
    let mut report = |progress: Progress| {
        if !quiet {
            say(&format!("step {} of {}", progress.step, progress.until));
        }
    };
    let threads = command::threads(arguments.threads);
    let build = |preset: &_, seed| device.build(preset, seed);
    let verdict = run::replay::replay(&stored, arguments.until, threads, build, &mut report)?;
    say(&format!("{run}: {verdict}"));
    Ok(match verdict {
        Verdict::Same { .. } => 0,
        Verdict::Differs { .. } => DIFFERS,
    })
}
