//! `run --out DIR --continue`: the run that lies there goes on, where it is the one that is asked for.

use std::{fmt::Display, path::Path, sync::Arc};

use super::{Setup, say};
use crate::{
    command,
    command::{Effective, Error, RunArgs},
    preset::{self, Diagnostic, Preset, set::paths},
    run,
    rundir::{
        directory::RunDirectory,
        resume::{Stored, owned},
    },
    weights::Init,
};

/// Longest value that a message holds.
const LONGEST: usize = 60;

/// The run in a folder, kept from other processes; none where one is to be started there.
///
/// # Errors
/// A run that cannot be gone on with, or that another process has.
pub fn at(out: &Path) -> Result<Option<Stored>, run::Error> {
    if RunDirectory::is_begun(out) {
        return owned(out, None).map(Some);
    }
    RunDirectory::clear_unbegun(out).map(|()| None)
}

/// Goes on with a run, where the arguments are those that it was begun with; gives the exit code.
///
/// # Errors
/// In what they differ; a file of keys that is refused.
pub fn go_on(
    stored: Stored,
    arguments: &RunArgs,
    effective: Effective,
    init: Option<Arc<Init>>,
) -> Result<u8, Error> {
    let out = stored.directory.path().to_owned();
    match (stored.about.tf32, arguments.tf32) {
        (false, true) => return Err(refuse(&out, "was begun without --tf32")),
        (true, false) => return Err(refuse(&out, "was begun with --tf32")),
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
    if saved.is_some_and(|saved| saved.position.step >= steps) {
        if !arguments.mode.quiet {
            say(&format!("{}: all {steps} steps are made", out.display()));
        }
        return Ok(0);
    }
    let device = command::device(arguments.mode.device, stored.about.tf32, Some(&stored))
        .map_err(|reason| format!("{}: {reason}", out.display()))?;
    let setup = Setup {
        mode: &arguments.mode,
        device,
        request: arguments.request.clone(),
        out: arguments.out.as_deref(),
    };
    // Where a state was saved, the weights that it began with have done their part.
    let init = init.filter(|_| saved.is_none());
    setup.go_on(stored, steps, init)
}

fn refuse(out: &Path, difference: &str) -> Error {
    let message = format!("--continue: the run in {} {difference}", out.display());
    let help = "say what it was begun with, or take another --out; --steps, --threads, --device and what concerns \
                output and screen may differ";
    Diagnostic::plain(message).with_help(help.to_owned()).into()
}

/// How a run was begun otherwise than is asked for, as the end of a sentence.
fn difference(
    stored: &Stored,
    seed: u64,
    effective: &Effective,
    init: Option<&Init>,
) -> Option<String> {
    let about = &stored.about;
    let begun = |there: &dyn Display, here: &dyn Display| {
        Some(format!("was begun with {there}, not with {here}"))
    };
    if about.name() != effective.name {
        let (there, here) = (about.name(), &effective.name);
        return begun(&format!("the preset {there}"), &here);
    }
    if about.seed() != seed {
        return begun(&format!("--seed {}", about.seed()), &seed);
    }
    if let Some((path, there, here)) = setting(&stored.preset, &effective.preset) {
        return Some(match (there, here) {
            (Some(there), Some(here)) if there.len().max(here.len()) <= LONGEST => {
                format!("was begun with {path}={there}, not with {here}")
            }
            _ => format!("was begun with another {path}"),
        });
    }
    if about.at() != effective.schedule {
        let written = |planned: &[preset::Scheduled]| {
            let changes = planned.iter();
            let changes = changes.map(|it| format!("--at {}:{}={}", it.step, it.key, it.value));
            match planned.is_empty() {
                true => "no --at".to_owned(),
                false => changes.collect::<Vec<_>>().join(" "),
            }
        };
        return begun(&written(about.at()), &written(&effective.schedule));
    }
    match (about.init.as_deref(), init) {
        (None, None) => None,
        (Some(_), None) => begun(&"--init", &"fresh weights"),
        (None, Some(_)) => begun(&"fresh weights", &"--init"),
        (Some(there), Some(init)) => (there != init.sha256())
            .then(|| "was begun with other weights than --init has now".to_owned()),
    }
}

/// The first setting that differs, with both values as RON, the number of steps left out.
fn setting(there: &Preset, here: &Preset) -> Option<(String, Option<String>, Option<String>)> {
    // With the same end both have the length of their decay.
    let end = |preset: &Preset| preset.clone().until(0);
    let (there, here) = (end(there), end(here));
    if there == here {
        return None;
    }
    let paths = paths(&there).into_iter().chain(paths(&here));
    let mut differing: Vec<String> = paths
        .map(|(path, _)| path)
        .filter(|path| preset::get(&there, path) != preset::get(&here, path))
        .collect();
    // Of a setting and its parts, the part.
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
    let (there, here) = (preset::get(&there, &path), preset::get(&here, &path));
    Some((path, there, here))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    #[test]
    fn the_part_that_differs_is_named_and_the_end_is_not() {
        let ring = builtin("ring").unwrap();
        assert_eq!(setting(&ring, &ring.clone().until(7)), None);
        assert_eq!(setting(&ring.clone().until(9), &ring), None);
        for (given, path) in [
            ("batch=17", "batch"),
            ("generator.betas=(0.1, 0.9)", "generator.betas.0"),
            ("steps=12", "decay_steps"),
        ] {
            let other = preset::set_all(&ring, &[given]).unwrap();
            let (found, there, here) = setting(&ring, &other).unwrap();
            assert_eq!(found, path, "{given}");
            assert!(there != here, "{given}");
        }
    }
}
