//! Changes scheduled before a run starts (`--at`).

use serde::{Deserialize, Serialize};

use super::{
    Diagnostic, Preset,
    set::{set_all, split},
    setting::is_live,
};

const ORIGIN: &str = "--at";

/// A live change that takes effect before a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// The first step with the new value, from 1.
    pub step: u64,
    /// Path of a live setting.
    pub key: String,
    /// The new value as RON.
    pub value: String,
}

/// Parses `STEP:KEY=VALUE` changes, sorts them by step and checks each on the preset that is then in force.
///
/// # Errors
/// A change has another form, step 0, a setting that is not live, data with another sample shape, or a value that
/// [`set_all`] refuses.
pub fn schedule<T: AsRef<str>>(
    preset: &Preset,
    changes: &[T],
) -> Result<Vec<Scheduled>, Diagnostic> {
    let mut planned = Vec::with_capacity(changes.len());
    for change in changes {
        planned.push((read(change.as_ref())?, change.as_ref()));
    }
    planned.sort_by_key(|(scheduled, _)| scheduled.step);
    let mut state = preset.clone();
    for (scheduled, change) in &planned {
        let prefix = change.find(':').map_or("", |colon| &change[..=colon]);
        let setting = &change[prefix.len()..];
        let sample = state.data.sample_shape();
        state = set_all(&state, &[setting]).map_err(|error| error.after(ORIGIN, prefix))?;
        if state.data.sample_shape() != sample || !is_live(&scheduled.key) {
            let at = prefix.len() + setting.find(&scheduled.key).unwrap_or(0);
            let message = format!("`{}` is fixed once a run has started", scheduled.key);
            let span = at..at + scheduled.key.len();
            return Err(Diagnostic::at(ORIGIN, change, span, message)
                .with_help("give it with --set".to_owned()));
        }
    }
    Ok(planned
        .into_iter()
        .map(|(scheduled, _)| scheduled)
        .collect())
}

fn read(change: &str) -> Result<Scheduled, Diagnostic> {
    let wrong = |span, message: &str| {
        Diagnostic::at(ORIGIN, change, span, message)
            .with_help("write it as STEP:KEY=VALUE: 500:spectral.enabled=false".to_owned())
    };
    let form = || wrong(0..change.len(), "this is not STEP:KEY=VALUE");
    let (step, setting) = change.split_once(':').ok_or_else(form)?;
    let (key, value) = split(setting).ok_or_else(form)?;
    match step.trim().parse::<u64>() {
        Ok(number) if number >= 1 => Ok(Scheduled {
            step: number,
            key: key.to_owned(),
            value: value.to_owned(),
        }),
        _ => Err(wrong(
            0..step.len(),
            "the step must be a whole number, 1 or more",
        )),
    }
}
