//! Settings with their values, for the panel and the settings pane.

use crate::preset::{
    Preset,
    setting::{Setting, knobs},
};

/// A knob of the run with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub setting: &'static Setting,
    /// The value in force, as RON.
    pub now: String,
    /// The value at the start of the run, if it differs.
    pub preset: Option<String>,
    /// The value after all pending changes, if it differs.
    pub pending: Option<String>,
}

/// Returns all knobs of a run in the order of the table.
pub(crate) fn entries(in_force: &Preset, initial: &Preset, intended: &Preset) -> Vec<Entry> {
    let others = [initial, intended].map(|preset| {
        if preset == in_force {
            Vec::new()
        } else {
            knobs(preset)
        }
    });
    let [initial, intended] = others;
    let entry = |(setting, now): (&'static Setting, String)| {
        let other = |all: &[(&Setting, String)]| {
            let found = all.iter().find(|(known, _)| known.path == setting.path);
            found
                .map(|(_, value)| value.clone())
                .filter(|value| *value != now)
        };
        Entry {
            setting,
            preset: other(&initial),
            pending: other(&intended),
            now,
        }
    };
    knobs(in_force).into_iter().map(entry).collect()
}

/// Returns the value of a setting in words.
pub(crate) fn spoken(path: &str, value: &str) -> String {
    match value {
        "true" => "on".to_owned(),
        "false" => "off".to_owned(),
        "None" | "()" if path.starts_with("spectral.layers.") => "as network".to_owned(),
        "None" if path == "decay_steps" => "all steps".to_owned(),
        "None" => "off".to_owned(),
        "{}" => "none".to_owned(),
        pair if pair.starts_with('(') => pair.trim_matches(['(', ')']).replace(", ", " "),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preset::set, run::fake};

    #[test]
    fn entries_tell_what_is_in_force_pending_and_the_presets() {
        let initial = fake::preset();
        let now = set(&initial, "gain", "2").unwrap();
        let intended = set(&now, "loss", "wasserstein").unwrap();
        let all = entries(&now, &initial, &intended);
        let of = |path: &str| all.iter().find(|e| e.setting.path == path).unwrap();
        assert_eq!(of("gain").now, "2");
        assert_eq!(of("gain").preset.as_deref(), Some("4"));
        assert_eq!(of("gain").pending, None);
        assert_eq!(of("loss").pending.as_deref(), Some("wasserstein"));
        assert_eq!(of("data.sigma").preset, None);
        assert!(all.iter().all(|e| e.setting.path != "data.source"));
    }

    #[test]
    fn values_are_spoken() {
        for (path, value, words) in [
            ("decay", "true", "on"),
            ("clip", "None", "off"),
            ("decay_steps", "None", "all steps"),
            ("spectral.layers.d.0.iterations", "None", "as network"),
            ("generator.betas", "(0.5, 0.9)", "0.5 0.9"),
            (
                "data.centres",
                "Ring(modes: 8, radius: 1.0)",
                "Ring(modes: 8, radius: 1.0)",
            ),
        ] {
            assert_eq!(spoken(path, value), words, "{path}");
        }
    }
}
