//! Changes that are decided before the run starts (`--at`).

use std::{collections::VecDeque, str::FromStr};

use super::{Error, settings};
use crate::preset::Preset;

/// A live change to be made before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The first step it acts on, from 1.
    pub step: u64,
    /// The path of the setting.
    pub key: String,
    /// Its new value, RON.
    pub value: String,
}

impl FromStr for Scheduled {
    type Err = String;

    /// Reads `STEP:KEY=VALUE`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (step, key, value) = text
            .split_once(':')
            .and_then(|(step, rest)| rest.split_once('=').map(|(key, value)| (step, key, value)))
            .ok_or("expected STEP:KEY=VALUE, as in 500:spectral.enabled=false")?;
        let step = step.trim();
        Ok(Self {
            step: match step.parse() {
                Ok(0) | Err(_) => return Err(format!("`{step}` is no step: they count from 1")),
                Ok(step) => step,
            },
            key: key.trim().to_owned(),
            value: value.trim().to_owned(),
        })
    }
}

/// Scheduled changes that still wait, by step; those of one step in the order they were given.
#[derive(Clone, Debug, Default)]
pub struct Schedule(VecDeque<Scheduled>);

impl Schedule {
    /// Orders `changes` after trying them on `preset` one after the other.
    ///
    /// # Errors
    /// The first change that names no setting, cannot be made while a run is under way or has a wrong value.
    pub fn new(preset: &Preset, mut changes: Vec<Scheduled>) -> Result<Self, Error> {
        changes.sort_by_key(|change| change.step);
        let mut settings = preset.clone();
        for change in &changes {
            settings = try_set(&settings, &change.key, &change.value).map_err(|reason| {
                Error::Schedule {
                    step: change.step,
                    key: change.key.clone(),
                    value: change.value.clone(),
                    reason,
                }
            })?;
        }
        Ok(Self(changes.into()))
    }

    /// Takes the next change that is due before `step`.
    pub fn due(&mut self, step: u64) -> Option<Scheduled> {
        self.0.pop_front_if(|change| change.step <= step)
    }
}

/// `settings` with one live change.
///
/// # Errors
/// No such setting, one that cannot change while a run is under way, or a wrong value.
pub fn try_set(settings: &Preset, key: &str, value: &str) -> Result<Preset, String> {
    let changed = settings::set(settings, key, value)?;
    if settings::is_live(key) {
        Ok(changed)
    } else {
        Err(format!("`{key}` cannot change while a run is under way"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    fn at(text: &str) -> Scheduled {
        text.parse().unwrap()
    }

    #[test]
    fn changes_are_read_from_the_command_line() {
        let change = at("500:spectral.layers={\"d.0\": (enabled: Some(false))}");
        assert_eq!((change.step, change.key.as_str()), (500, "spectral.layers"));
        assert_eq!(change.value, "{\"d.0\": (enabled: Some(false))}");
        for text in ["0:gain=1", "x:gain=1", "gain=1", "5:gain", "-1:gain=2", ""] {
            assert!(text.parse::<Scheduled>().is_err(), "{text}");
        }
    }

    #[test]
    fn changes_come_due_by_step_in_the_order_given() {
        let changes = vec![at("9:gain=1"), at("2:gain=2"), at("2:gain=3")];
        let mut schedule = Schedule::new(&fake::preset(), changes).unwrap();
        assert_eq!(schedule.due(1), None);
        assert_eq!(schedule.due(2), Some(at("2:gain=2")));
        assert_eq!(schedule.due(2), Some(at("2:gain=3")));
        assert_eq!(schedule.due(8), None);
        assert_eq!(schedule.due(9), Some(at("9:gain=1")));
    }

    #[test]
    fn wrong_changes_are_refused_before_the_run_with_exit_code_2() {
        for text in ["3:gane=1", "3:gain=much", "3:latent=5"] {
            let error = Schedule::new(&fake::preset(), vec![at(text)]).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}
