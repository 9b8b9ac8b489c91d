//! `sn-tui fork`: a new run from a saved state of another one, under changed settings.

pub(crate) mod arguments;

use std::path::{Path, PathBuf};

use super::Setup;
use crate::{
    command::{self, Effective, Error, ForkArgs},
    model::{Cause, FIRST_LANE, Parent},
    preset::{Diagnostic, Plan},
    run,
    rundir::{
        about::{About, NUMERICS},
        fork::{Fork, at_after, forked},
        resume::load_to_fork,
    },
    text::streams::say,
};

/// Forks a run, trains the new one and returns the exit code.
///
/// # Errors
/// - The run, its state or its data cannot be read, or it has no state of the step.
/// - A setting, a planned change that is taken over, the number of steps or the file of keys is refused.
/// - The device or the folder cannot be used.
pub(crate) fn fork(arguments: &ForkArgs) -> Result<u8, Error> {
    let directory = command::records::find(&arguments.run)?;
    let mut stored = load_to_fork(&directory, arguments.from)?;
    for warning in &stored.warnings {
        say(&format!("warning: {warning}"));
    }
    let (parent_steps, at) = (stored.total()?, stored.about.at().to_vec());
    let device = command::device(
        arguments.mode.compute.device,
        stored.about.tf32,
        Some(&stored),
    )?;
    let start = stored.take_state()?;
    let steps = arguments.steps.unwrap_or(parent_steps);
    check_steps(&directory, start.position.step, steps, arguments.steps)?;
    let settings = forked(&start.position, steps, &arguments.set)?;
    let at = at_after(&at, &start.position, &settings)?;
    let parent = parent(&directory, &stored.about, start.position.step)?;
    let setup = Setup {
        mode: &arguments.mode,
        device,
        request: None,
        seed: stored.about.seed(),
        out: arguments.out.as_deref(),
    };
    let effective = Effective {
        name: stored.about.name().to_owned(),
        preset: settings.start.clone(),
        plan: Plan {
            at,
            forks: Vec::new(),
        },
    };
    setup.show(|live| {
        let (seed, out) = (setup.seed, arguments.out.clone());
        let options = setup.options(effective, seed, None, out, live);
        let device = setup.device.clone();
        let fork = Fork {
            parent,
            start,
            changes: settings.changes,
            preset: settings.preset,
            cause: Cause::Key,
        };
        run::fork(options, fork, move |preset, seed| {
            device.build(preset, seed)
        })
    })
}

/// Checks that the new run has a step to make.
///
/// # Errors
/// It has none.
fn check_steps(parent: &Path, step: u64, steps: u64, asked: Option<u64>) -> Result<(), Diagnostic> {
    if steps > step {
        return Ok(());
    }
    let message = match asked {
        Some(steps) => {
            format!("--steps {steps}: the state is that of step {step}, so no step is left")
        }
        None => format!(
            "{}: all {steps} steps were made at its state of step {step}",
            parent.display()
        ),
    };
    let help = "give more with --steps (those up to the state are included), or an earlier state with --from";
    Err(Diagnostic::plain(message).with_help(help.to_owned()))
}

/// Returns what run.json of the new run says of its parent.
fn parent(directory: &Path, about: &About, step: u64) -> Result<Parent, Error> {
    let path = std::path::absolute(directory)?;
    // Normalized: a trailing slash does not make another path.
    let path: PathBuf = path.components().collect();
    Ok(Parent {
        run: path.to_string_lossy().into_owned(),
        lane: FIRST_LANE.to_owned(),
        step,
        numerics: about.numerics.filter(|&numerics| numerics != NUMERICS),
    })
}
