//! Lanes that are split off at planned steps (`--fork`), and the planned changes of each lane (`--at STEP@LANE:…`).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    Diagnostic, LaneId, Preset, Scheduled, Target, schedule,
    set::{set_all, split},
    setting::is_live,
};

const ORIGIN: &str = "--fork";
/// The most lanes of a run at a time, lane a included.
pub const MAX_LANES: usize = 4;

/// A lane that is split off from lane a before a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFork {
    /// The first step of the new lane.
    pub step: u64,
    /// The settings that the new lane changes.
    #[serde(default)]
    pub changes: Vec<Assignment>,
    /// The planned changes of the new lane.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<Scheduled>,
}

/// A setting with its new value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Path of the setting.
    pub key: String,
    /// The new value as RON.
    pub value: String,
}

/// As `--set` writes it: `KEY=VALUE`.
impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

impl PlannedFork {
    /// Its changes as `KEY=VALUE`.
    pub fn settings(&self) -> Vec<String> {
        self.changes.iter().map(ToString::to_string).collect()
    }
}

/// What is planned for all lanes of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes of lane a, by step.
    pub at: Vec<Scheduled>,
    /// The lanes that are split off, by step: b, c, d.
    pub forks: Vec<PlannedFork>,
}

/// Parses `--at STEP:KEY=VALUE`, `--at STEP@LANE:KEY=VALUE` with a lane or `*`, and `--fork STEP:KEY=VALUE;KEY=VALUE`, and
/// checks each change on the settings that are then in force in its lane.
///
/// # Errors
/// The first argument that has another form, names a lane that there is not, or is refused; see [`schedule()`].
pub fn plan<T: AsRef<str>>(preset: &Preset, at: &[T], forks: &[T]) -> Result<Plan, Diagnostic> {
    let mut planned = Vec::new();
    for fork in forks {
        planned.push((read(fork.as_ref())?, fork.as_ref()));
    }
    if planned.len() >= MAX_LANES {
        let message = format!(
            "{} times --fork: a run has at most four lanes",
            planned.len()
        );
        return Err(Diagnostic::plain(message));
    }
    planned.sort_by_key(|(fork, _)| fork.step);
    let mut changes = Vec::new();
    for change in at.iter().map(AsRef::as_ref) {
        changes.push(targeted(change, planned.len() + 1)?);
    }
    let of = |lane: LaneId| {
        let own = changes.iter();
        let own = own.filter(move |(target, _)| target.includes(lane));
        own.map(|(_, change)| change.clone()).collect::<Vec<_>>()
    };
    let first = schedule(preset, &of(LaneId::A))?;
    let mut all = Vec::new();
    for (lane, (mut fork, text)) in LaneId::all().skip(1).zip(planned) {
        let before = first.iter().filter(|change| change.step < fork.step);
        let before: Vec<_> = before
            .map(|it| format!("{}={}", it.key, it.value))
            .collect();
        let state = set_all(preset, &before)?;
        let state = changed(&state, &fork, text)?;
        let own = schedule(&state, &of(lane))?;
        let named = changes
            .iter()
            .filter(|(target, _)| *target == Target::Lane(lane));
        for (_, change) in named {
            if let Some(early) = schedule_step(change).filter(|&step| step < fork.step) {
                let message = format!(
                    "--at {change}: lane {} begins with step {}, after step {early}",
                    lane, fork.step
                );
                return Err(Diagnostic::plain(message));
            }
        }
        fork.at = own
            .into_iter()
            .filter(|change| change.step >= fork.step)
            .collect();
        all.push(fork);
    }
    Ok(Plan {
        at: first,
        forks: all,
    })
}

fn schedule_step(change: &str) -> Option<u64> {
    change.split_once(':')?.0.trim().parse().ok()
}

/// Splits `STEP@LANE:KEY=VALUE` into the lane and the change without it.
fn targeted(change: &str, lanes: usize) -> Result<(Target, String), Diagnostic> {
    let parts = change.split_once(':').and_then(|(step, setting)| {
        let (step, lane) = step.split_once('@')?;
        Some((step, lane.trim(), setting))
    });
    let Some((step, lane, setting)) = parts else {
        return Ok((Target::Lane(LaneId::A), change.to_owned()));
    };
    let target = if lane == "*" {
        Some(Target::All)
    } else {
        let mut known = LaneId::all().take(lanes);
        known
            .find(|known| lane == known.to_string())
            .map(Target::Lane)
    };
    let Some(target) = target else {
        let start = step.len() + 1;
        let message = match lanes {
            1 => format!("there is no lane `{lane}`: the run has none without --fork"),
            _ => {
                let last = LaneId::all().take(lanes).last().unwrap_or_default();
                format!("there is no lane `{lane}`: there are a to {last}, and * for all")
            }
        };
        return Err(Diagnostic::at(
            "--at",
            change,
            start..start + lane.len(),
            message,
        ));
    };
    Ok((target, format!("{step}:{setting}")))
}

/// The settings of a new lane.
fn changed(state: &Preset, fork: &PlannedFork, text: &str) -> Result<Preset, Diagnostic> {
    let changed = set_all(state, &fork.settings()).map_err(|error| Diagnostic {
        span: None,
        ..error
    });
    let changed = changed?;
    let sample = state.data.sample_shape();
    let fixed = fork.changes.iter().find(|change| !is_live(&change.key));
    if let Some(change) = fixed.or_else(|| {
        fork.changes
            .iter()
            .find(|_| changed.data.sample_shape() != sample)
    }) {
        let at = text.find(&change.key).unwrap_or(0);
        let message = format!("`{}` is fixed once a run has started", change.key);
        return Err(Diagnostic::at(
            ORIGIN,
            text,
            at..at + change.key.len(),
            message,
        ));
    }
    Ok(changed)
}

fn read(fork: &str) -> Result<PlannedFork, Diagnostic> {
    let wrong = |span, message: &str| {
        Diagnostic::at(ORIGIN, fork, span, message)
            .with_help("write it as STEP:KEY=VALUE;KEY=VALUE, or STEP: for a lane without changes: 500:spectral.enabled=false".to_owned())
    };
    let form = || wrong(0..fork.len(), "this is not STEP:KEY=VALUE");
    let (step, settings) = fork.split_once(':').ok_or_else(form)?;
    let number = match step.trim().parse::<u64>() {
        Ok(number) if number >= 1 => number,
        _ => {
            return Err(wrong(
                0..step.len(),
                "the step must be a whole number, 1 or more",
            ));
        }
    };
    let mut changes = Vec::new();
    for setting in settings.split(';').filter(|it| !it.trim().is_empty()) {
        let (key, value) = split(setting).ok_or_else(form)?;
        changes.push(Assignment {
            key: key.to_owned(),
            value: value.to_owned(),
        });
    }
    Ok(PlannedFork {
        step: number,
        changes,
        at: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    fn of(at: &[&str], forks: &[&str]) -> Result<Plan, String> {
        plan(&builtin("ring").unwrap(), at, forks).map_err(|error| error.to_string())
    }

    #[test]
    fn every_lane_has_its_own_changes() {
        let at = ["9@*:n_dis=3", "8@b:gain=2", "3:gain=3", "12@c:n_dis=1"];
        let plan = of(&at, &["10:", "7:spectral.enabled=false;gain=1"]).unwrap();
        let steps = |at: &[Scheduled]| at.iter().map(|it| it.step).collect::<Vec<_>>();
        assert_eq!(steps(&plan.at), [3, 9]);
        assert_eq!(plan.forks[0].step, 7);
        assert_eq!(
            plan.forks[0].settings(),
            ["spectral.enabled=false", "gain=1"]
        );
        assert_eq!(steps(&plan.forks[0].at), [8, 9]);
        assert_eq!(plan.forks[1].step, 10);
        assert_eq!(steps(&plan.forks[1].at), [12]);
        assert_eq!(of(&[], &[]).unwrap(), Plan::default());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (at, forks, part) in [
            (&["5@b:gain=2"][..], &[][..], "without --fork"),
            (&["5@d:gain=2"], &["3:"], "there are a to b"),
            (&["5@b:gain=2"], &["7:"], "lane b begins with step 7"),
            (&["5@b:gian=2"], &["3:"], "gian"),
            (&[], &["x:gain=2"], "whole number"),
            (&[], &["0:gain=2"], "whole number"),
            (&[], &["5"], "not STEP:KEY=VALUE"),
            (&[], &["5:gain"], "not STEP:KEY=VALUE"),
            (&[], &["5:gian=2"], "gian"),
            (&[], &["5:latent=3"], "fixed"),
            (&[], &["1:", "2:", "3:", "4:"], "at most four lanes"),
        ] {
            let said = of(at, forks).unwrap_err();
            assert!(said.contains(part), "{at:?} {forks:?}: {said}");
        }
    }
}
