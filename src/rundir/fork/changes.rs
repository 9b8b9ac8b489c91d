//! The settings of a forked run, and the planned changes that it takes over.

use crate::{
    model::Change,
    preset::{self, Diagnostic, Preset, Scheduled, is_live},
    rundir::{checkpoint::Position, resume},
};

const ORIGIN: &str = "--set";

/// The settings of a run that is forked from a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Forked {
    /// The settings of the state's tensors, with the steps of the new run: what its worker starts with.
    pub start: Preset,
    /// The settings with all changes: the effective preset of the new run.
    pub preset: Preset,
    /// What `--set` changes.
    pub changes: Vec<Change>,
}

/// The settings of a run of `steps` steps that is forked from the state at `position` with the changes `set`
/// (`KEY=VALUE`), made together.
///
/// # Errors
/// If a change is refused or its setting is fixed once a run has started, or the settings of the state are refused.
pub fn forked<T: AsRef<str>>(
    position: &Position,
    steps: u64,
    set: &[T],
) -> Result<Forked, Diagnostic> {
    let start = resume::settings(position)?.until(steps);
    let mut before = start.clone();
    for group in &position.changes {
        let settings = group.iter().map(|it| format!("{}={}", it.key, it.new));
        before = preset::set_all(&before, &settings.collect::<Vec<_>>())?;
    }
    let preset = preset::set_all(&before, set)?;
    let sample = before.data.sample_shape();
    let mut changes: Vec<Change> = Vec::new();
    for setting in set.iter().map(AsRef::as_ref) {
        let key = setting.split('=').next().unwrap_or_default();
        let at = key.len() - key.trim_start().len();
        let key = key.trim();
        if !is_live(key) || preset.data.sample_shape() != sample {
            return Err(fixed(setting, key, at));
        }
        let value = |of: &Preset| preset::get(of, key).unwrap_or_default();
        let (old, new) = (value(&before), value(&preset));
        if old != new && changes.iter().all(|change| change.key != key) {
            let key = key.to_owned();
            changes.push(Change { key, old, new });
        }
    }
    Ok(Forked {
        start,
        preset,
        changes,
    })
}

/// The refusal of a setting that no run changes.
fn fixed(setting: &str, key: &str, at: usize) -> Diagnostic {
    let message = format!("`{key}` is fixed once a run has started");
    let help = match key {
        "steps" => "give --steps",
        _ => "start another run with it; `sn-tui run` takes the folder of a run as its preset",
    };
    Diagnostic::at(ORIGIN, setting, at..at + key.len(), message).with_help(help.to_owned())
}

/// The planned changes (`--at`) of a run that lie after a state, by step. At the first step of the fork its own changes
/// take the place of planned ones of the same setting.
///
/// # Errors
/// If one is refused under the settings of the fork.
pub fn at_after(
    at: &[Scheduled],
    position: &Position,
    forked: &Forked,
) -> Result<Vec<Scheduled>, Diagnostic> {
    let mut at = at.to_vec();
    at.sort_by_key(|change| change.step);
    let later = at.into_iter().skip(position.planned);
    let replaced = |change: &Scheduled| {
        let is_within = |inner: &str, outer: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let own = forked.changes.iter();
        let mut own = own.map(|own| &*own.key);
        change.step <= position.step + 1 && own.any(|own| is_within(&change.key, own))
    };
    let later = later.filter(|change| !replaced(change));
    let texts = later.map(|Scheduled { step, key, value }| format!("{step}:{key}={value}"));
    preset::schedule(&forked.preset, &texts.collect::<Vec<_>>())
}
