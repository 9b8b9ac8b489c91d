//! Completion of presets, settings and values, for the screen's command line and for shells.

use super::{
    LayerSpectral, OptimizerSetting, Preset, builtin,
    check::matrix_layers,
    get, is_live,
    nudge::nudge,
    set,
    set::paths,
    setting::{self, SETTINGS, Setting},
};

/// A completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    /// A description in a few words.
    pub about: String,
}

impl Candidate {
    pub fn new(text: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            about: about.into(),
        }
    }
}

/// Names that are tried as values of settings without a list of their own.
const NAMES: [&str; 7] = ["true", "false", "None", "Digits", "Fashion", "Dolls", "()"];

/// Completions for the built-in presets.
pub(crate) fn presets() -> Vec<Candidate> {
    builtin::names()
        .map(|name| {
            let about = builtin::builtin(name).map_or_else(|_| String::new(), |p| p.about);
            Candidate::new(name, about)
        })
        .collect()
}

/// Completions for the optimizer settings A to F.
pub(crate) fn optimizer_settings() -> Vec<Candidate> {
    let all = OptimizerSetting::ALL.iter().map(|setting| {
        let (rate, betas, n_dis) = setting.values();
        let about = format!("learning rate {rate:e}, betas {betas:?}, n_dis {n_dis}");
        Candidate::new(format!("{setting:?}"), about)
    });
    all.collect()
}

/// Completions `path=` for every setting of a preset: first the table's, then exceptions by layer and parts of
/// settings.
pub(crate) fn settings(preset: &Preset) -> Vec<Candidate> {
    let paths = paths(preset);
    let has = |setting: &&Setting| paths.iter().any(|(path, _)| path == setting.path);
    let table = SETTINGS
        .iter()
        .filter(has)
        .map(|setting| (setting.path.to_owned(), setting.about));
    let layers = matrix_layers(preset).into_iter().flat_map(|key| {
        LayerSpectral::FIELDS.map(|field| {
            let path = format!("spectral.layers.{key}.{field}");
            (path, "for this layer alone")
        })
    });
    let parts = paths
        .iter()
        .map(|(path, _)| (path.clone(), "a part of a setting"))
        .filter(|(path, _)| !setting::exists(path));
    let mut all: Vec<Candidate> = Vec::new();
    for (path, about) in table.chain(layers).chain(parts) {
        let text = format!("{path}=");
        if all.iter().all(|known| known.text != text) {
            all.push(Candidate::new(text, about));
        }
    }
    all
}

/// Completions `path=` for every live setting of a preset.
pub(crate) fn live(preset: &Preset) -> Vec<Candidate> {
    let mut all = settings(preset);
    all.retain(|candidate| is_live(candidate.text.trim_end_matches('=')));
    all
}

/// Completions for the value of a setting: the present value, its names, and the values one notch away, as far as each
/// fits on a line.
pub(crate) fn values(preset: &Preset, path: &str) -> Vec<Candidate> {
    let Some(now) = get(preset, path) else {
        return Vec::new();
    };
    let row = setting::own(path).filter(|row| row.path == path);
    let names = match row.map_or(&[][..], Setting::names) {
        [] => &NAMES,
        names => names,
    };
    let neighbours = [false, true].map(|up| nudge(preset, path, up));
    let mut all = vec![Candidate::new(now, "as it is")];
    let others = names
        .iter()
        .map(|name| (*name).to_owned())
        .chain(neighbours.into_iter().flatten());
    for value in others {
        let known = all.iter().any(|candidate| candidate.text == value);
        if !known && set(preset, path, &value).is_ok() {
            all.push(Candidate::new(value, ""));
        }
    }
    all.retain(|candidate| !candidate.text.contains('\n'));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    fn texts(all: Vec<Candidate>) -> Vec<String> {
        all.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn every_setting_of_the_tables_comes_first_and_takes_what_is_offered() {
        for name in builtin::names() {
            let preset = builtin(name).unwrap();
            let all = texts(settings(&preset));
            let table = SETTINGS
                .iter()
                .filter(|setting| get(&preset, setting.path).is_some());
            let table: Vec<String> = table.map(|setting| format!("{}=", setting.path)).collect();
            assert_eq!(all[..table.len()], table);
        }
        let preset = builtin("ring").unwrap();
        for path in texts(settings(&preset)) {
            for value in texts(values(&preset, path.trim_end_matches('='))) {
                set(&preset, path.trim_end_matches('='), &value).unwrap();
            }
        }
    }

    #[test]
    fn what_is_fixed_is_not_live() {
        let preset = builtin("digits").unwrap();
        let (all, live) = (texts(settings(&preset)), texts(live(&preset)));
        for (path, is_live) in [
            ("loss=", true),
            ("spectral.layers.d.2.iterations=", true),
            ("generator.betas.0=", true),
            ("latent=", false),
            ("generator.layers.0.out=", false),
        ] {
            let path = &path.to_owned();
            assert!(all.contains(path), "{path} in {all:?}");
            assert_eq!(live.contains(path), is_live, "{path}");
        }
    }

    #[test]
    fn values_are_names_neighbours_and_what_is_there() {
        let preset = builtin("ring").unwrap();
        let of = |path| texts(values(&preset, path));
        assert!(of("loss").contains(&"wasserstein".to_owned()));
        assert_eq!(of("spectral.enabled"), ["true", "false"]);
        assert_eq!(of("n_dis").len(), 3);
        assert!(of("no.such").is_empty() && of("generator.layers").is_empty());
        assert_eq!(texts(optimizer_settings()), ["A", "B", "C", "D", "E", "F"]);
    }
}
