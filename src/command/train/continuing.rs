//! `sn-tui run --out DIR --continue`: resumes the run in DIR if it was started with the same arguments.

use std::{fmt::Display, path::Path, sync::Arc};

use super::{Setup, say};
use crate::{
    command::{self, Effective, Error, RunArgs},
    model::Parent,
    preset::{self, Diagnostic, LaneId, Plan, Preset, set::paths},
    run,
    rundir::{
        directory::RunDirectory,
        fork::going_lanes,
        resume::{StoredRun, load, lock_and_load},
    },
    weights::Init,
};

/// Length of a value in a message, at most.
const MAX_VALUE: usize = 60;

/// Returns the run in a folder, locked for this process, or `None` if a new run must be started there.
///
/// # Errors
/// The run cannot be resumed, or another process has it.
pub(super) fn find(out: &Path) -> Result<Option<StoredRun>, run::Error> {
    if RunDirectory::is_started(out) {
        return lock_and_load(out, None).map(Some);
    }
    RunDirectory::clear_unstarted(out).map(|()| None)
}

/// Resumes a run and returns the exit code.
///
/// # Errors
/// The arguments are not those with which the run was started (the message has the difference), or the file of keys is
/// refused.
pub(super) fn resume(
    stored: StoredRun,
    arguments: &RunArgs,
    effective: Effective,
    init: Option<Arc<Init>>,
) -> Result<u8, Error> {
    let out = stored.directory.path().to_owned();
    if let Some(Parent { run, step, .. }) = &stored.about.parent {
        let difference =
            format!("was forked from {run} at step {step}; `sn-tui resume` goes on with it");
        return Err(refuse(&out, &difference));
    }
    match (stored.about.tf32, arguments.tf32) {
        (false, true) => return Err(refuse(&out, "was started without --tf32")),
        (true, false) => return Err(refuse(&out, "was started with --tf32")),
        _ => {}
    }
    if let Some(difference) = difference(
        &stored,
        arguments.request.seed(),
        &effective,
        init.as_deref(),
    ) {
        return Err(refuse(&out, &difference));
    }
    let steps = effective.preset.steps;
    let saved = stored.checkpoint.as_ref();
    let made = saved.is_some_and(|saved| saved.position.step >= steps);
    if made && !lane_is_behind(&stored, steps)? {
        if !arguments.mode.quiet {
            say(&format!("{}: all {steps} steps are made", out.display()));
        }
        return Ok(0);
    }
    let device = command::device(
        arguments.mode.compute.device,
        stored.about.tf32,
        Some(&stored),
    )
    .map_err(|reason| Error::failed(format!("{}: {reason}", out.display())))?;
    let setup = Setup {
        mode: &arguments.mode,
        device,
        request: Some(&arguments.request),
        seed: arguments.request.seed(),
        out: arguments.out.as_deref(),
    };
    // A checkpoint replaces the weights to start from.
    let init = init.filter(|_| saved.is_none());
    setup.resume(stored, steps, init)
}

/// Whether a lane of the run has not made all steps.
fn lane_is_behind(stored: &StoredRun, steps: u64) -> Result<bool, Error> {
    for (_, path) in going_lanes(&stored.directory)? {
        let lane = load(&path, None)?;
        let saved = lane.checkpoint.map_or(0, |saved| saved.position.step);
        if saved < steps {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the error of a run in `out` that differs in this way.
fn refuse(out: &Path, difference: &str) -> Error {
    let message = format!("--continue: the run in {} {difference}", out.display());
    let help = "give the arguments with which it was started, or another --out; --steps, --threads, --device and the \
                flags of output and screen may differ";
    Diagnostic::plain(message).with_help(help.to_owned()).into()
}

/// Returns the first difference between the stored run and the arguments, as the end of a sentence.
fn difference(
    stored: &StoredRun,
    seed: u64,
    effective: &Effective,
    init: Option<&Init>,
) -> Option<String> {
    let about = &stored.about;
    let started = |stored: &dyn Display, given: &dyn Display| {
        Some(format!("was started with {stored}, not with {given}"))
    };
    if about.name() != effective.name {
        let (stored, given) = (about.name(), &effective.name);
        return started(&format!("the preset {stored}"), &given);
    }
    if about.seed() != seed {
        return started(&format!("--seed {}", about.seed()), &seed);
    }
    if let Some((path, stored, given)) = setting(&stored.preset, &effective.preset) {
        return Some(match (stored, given) {
            (Some(stored), Some(given)) if stored.len().max(given.len()) <= MAX_VALUE => {
                format!("was started with {path}={stored}, not with {given}")
            }
            _ => format!("was started with another {path}"),
        });
    }
    let written = |of: &Plan| {
        let at = of.at.iter();
        let at = at.map(|it| format!("--at {}:{}={}", it.step, it.key, it.value));
        let forks = LaneId::all().skip(1).zip(&of.forks);
        let forks = forks.flat_map(|(lane, fork)| {
            let own = fork.at.iter();
            let own = own.map(move |it| format!("--at {}@{lane}:{}={}", it.step, it.key, it.value));
            let fork = format!("--fork {}:{}", fork.step, fork.settings().join(";"));
            std::iter::once(fork).chain(own).collect::<Vec<_>>()
        });
        let all: Vec<String> = at.chain(forks).collect();
        if all.is_empty() {
            "no --at".to_owned()
        } else {
            all.join(" ")
        }
    };
    let stored_plan = Plan {
        at: about.at().to_vec(),
        forks: about.forks.clone(),
    };
    if stored_plan != effective.plan {
        return started(&written(&stored_plan), &written(&effective.plan));
    }
    match (about.init.as_deref(), init) {
        (None, None) => None,
        (Some(_), None) => started(&"--init", &"fresh weights"),
        (None, Some(_)) => started(&"fresh weights", &"--init"),
        (Some(stored), Some(init)) => (stored != init.sha256())
            .then(|| "was started with other weights than --init has now".to_owned()),
    }
}

/// Returns the first setting that differs, except `steps`, with the stored and the given value as RON.
fn setting(stored: &Preset, given: &Preset) -> Option<(String, Option<String>, Option<String>)> {
    // `until` sets equal steps, and keeps the length of the decay.
    let normalized = |preset: &Preset| preset.clone().until(0);
    let (stored, given) = (normalized(stored), normalized(given));
    if stored == given {
        return None;
    }
    let paths = paths(&stored).into_iter().chain(paths(&given));
    let mut differing: Vec<String> = paths
        .map(|(path, _)| path)
        .filter(|path| preset::get(&stored, path) != preset::get(&given, path))
        .collect();
    // If a part of a setting differs, name the part and not the whole.
    let whole = differing.clone();
    differing.retain(|path| {
        let part = |other: &String| {
            other
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        !whole.iter().any(part)
    });
    let path = differing
        .into_iter()
        .next()
        .unwrap_or_else(|| "preset".to_owned());
    let (stored, given) = (preset::get(&stored, &path), preset::get(&given, &path));
    Some((path, stored, given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    #[test]
    fn the_part_that_differs_is_named_and_steps_are_not() {
        let ring = builtin("ring").unwrap();
        assert_eq!(setting(&ring, &ring.clone().until(7)), None);
        assert_eq!(setting(&ring.clone().until(9), &ring), None);
        for (given, path) in [
            ("batch=17", "batch"),
            ("generator.betas=(0.1, 0.9)", "generator.betas.0"),
            ("steps=12", "decay_steps"),
        ] {
            let other = preset::set_all(&ring, &[given]).unwrap();
            let (found, before, now) = setting(&ring, &other).unwrap();
            assert_eq!(found, path, "{given}");
            assert!(before != now, "{given}");
        }
    }
}
