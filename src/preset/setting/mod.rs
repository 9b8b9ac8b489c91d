//! The table of all settings of a preset: path, range, description, notches, and whether the setting is live. Checks,
//! completion, the screen and the documentation read it.

pub(crate) mod range;
pub(crate) mod table;

use super::{Preset, nudge::Notch, number::brief, set::paths, spectral::exception};
use range::Range;
pub use table::SETTINGS;

/// The mark of changes of settings without a letter.
pub const OTHER: char = '*';

/// A setting, one row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Dotted path of its value in a preset.
    pub path: &'static str,
    /// Short name on the screen.
    pub name: &'static str,
    /// Letter that marks its changes under the curves.
    pub letter: char,
    /// The values it may have.
    pub range: Range,
    /// What a key press changes.
    pub notch: Notch,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Whether it can change during a run.
    pub live: bool,
}

impl Setting {
    /// Whether it is a knob: live, not a group of other settings, and used by the run.
    pub fn is_knob(&self) -> bool {
        self.live && !matches!(self.range, Range::Group(_) | Range::Text)
    }

    /// The values that its notches step through, if they are listed.
    pub fn names(&self) -> &'static [&'static str] {
        match (self.range, self.notch) {
            (Range::Switch, _) => &["true", "false"],
            (Range::Names(names), _) | (_, Notch::Ladder(names)) => names,
            _ => &[],
        }
    }
}

/// Returns the setting at a path. A field of a layer's exception has the network's setting.
pub fn own(path: &str) -> Option<&'static Setting> {
    match exception(path) {
        Some((_, Some(field))) => own(&format!("spectral.{field}")),
        _ => SETTINGS.iter().find(|setting| setting.path == path),
    }
}

/// Returns the setting at a path, or the innermost setting that contains the path.
pub fn around(path: &str) -> Option<&'static Setting> {
    own(path).or_else(|| around(path.rsplit_once('.')?.0))
}

/// Whether a setting has exactly this path.
pub fn exists(path: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.path == path)
}

/// Whether the value at a path can change during a run.
pub fn is_live(path: &str) -> bool {
    around(path).is_some_and(|setting| setting.live)
}

/// Returns the range of the value at a path in words.
pub fn words(path: &str) -> Option<String> {
    let setting = around(path)?;
    let part = path.strip_prefix(setting.path);
    let part = part.and_then(|part| setting.range.part(part.strip_prefix('.')?));
    Some(part.unwrap_or(setting.range).words())
}

/// Returns the short name of the value at a path, or the path if it has none.
pub fn name(path: &str) -> String {
    match (exception(path), own(path)) {
        (Some((layer, Some(_))), Some(setting)) => format!("{} of {layer}", setting.name),
        (Some((layer, _)), _) => format!("exceptions of {layer}"),
        (None, Some(setting)) => setting.name.to_owned(),
        (None, None) => path.to_owned(),
    }
}

/// Returns the letter that marks changes of the value at a path.
pub fn letter(path: &str) -> char {
    around(path).map_or(OTHER, |setting| setting.letter)
}

/// Returns the knobs of a preset, each with its value as RON on one line.
pub fn knobs(preset: &Preset) -> Vec<(&'static Setting, String)> {
    let knobs = values(preset).into_iter();
    let knobs = knobs.filter(|(setting, _)| setting.is_knob());
    knobs
        .map(|(setting, value)| (setting, brief(&value)))
        .collect()
}

/// Returns the settings of a preset except groups, each with its value as RON.
pub fn values(preset: &Preset) -> Vec<(&'static Setting, String)> {
    let values = paths(preset);
    let value = |path| values.iter().find(|(known, _)| known == path);
    let single = |setting: &&Setting| !matches!(setting.range, Range::Group(_));
    let settings = SETTINGS.iter().filter(single);
    settings
        .filter_map(|setting| Some((setting, value(setting.path)?.1.clone())))
        .collect()
}

/// Returns the table of settings as Markdown.
pub fn markdown() -> String {
    let mut table =
        "| setting | is | takes | live | mark |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for setting in SETTINGS {
        let Setting { path, about, .. } = setting;
        let (live, letter) = match (setting.live, setting.letter) {
            (false, _) => ("", String::new()),
            (true, OTHER) => ("yes", String::new()),
            (true, letter) => ("yes", format!("`{letter}`")),
        };
        let takes = setting.range.words();
        table += &format!("| `{path}` | {about} | {takes} | {live} | {letter} |\n");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin;

    fn presets() -> impl Iterator<Item = Preset> {
        builtin::names().map(|name| builtin::builtin(name).unwrap())
    }

    #[test]
    fn every_field_has_a_row_and_every_row_a_field() {
        for preset in presets() {
            for (path, _) in paths(&preset) {
                let setting = around(&path).unwrap_or_else(|| panic!("{path} has no row"));
                let group = matches!(setting.range, Range::Group(_));
                assert!(!group || setting.path == path, "{path} has no row");
            }
        }
        let all: Vec<String> = presets().flat_map(|p| paths(&p)).map(|p| p.0).collect();
        for setting in SETTINGS {
            assert!(all.contains(&setting.path.to_owned()), "{}", setting.path);
        }
    }

    #[test]
    fn paths_and_names_are_told_apart_and_names_are_short() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            let others = &SETTINGS[at + 1..];
            assert!(others.iter().all(|other| other.path != setting.path));
            assert!(others.iter().all(|other| other.name != setting.name));
            assert!(!setting.is_knob() || setting.name.chars().count() <= 13);
        }
    }

    #[test]
    fn notches_that_are_listed_are_in_range() {
        for setting in SETTINGS {
            for name in setting.names() {
                assert!(setting.range.holds(name), "{} {name}", setting.path);
            }
        }
    }

    #[test]
    fn a_part_is_live_where_its_whole_is() {
        for (path, live) in [
            ("latent", false),
            ("steps", false),
            ("data.shape.1", false),
            ("generator", false),
            ("generator.layers.0.out", false),
            ("discriminator.init.0", false),
            ("generator.betas.0", true),
            ("spectral", true),
            ("spectral.layers.d.0.iterations", true),
            ("spectral.layers.d.0", true),
            ("no.such", false),
        ] {
            assert_eq!(is_live(path), live, "{path}");
        }
    }

    #[test]
    fn an_exception_takes_what_its_network_takes() {
        let path = "spectral.layers.d.2.iterations";
        assert_eq!(words(path), words("spectral.iterations"));
        assert_eq!(
            (name(path).as_str(), letter(path)),
            ("iterations of d.2", 'i')
        );
        assert_eq!(name("spectral.layers.d.0.conv1"), "exceptions of d.0.conv1");
        assert_eq!(name("spectral.layers.d.2.enabled"), "SN of d.2");
        assert_eq!(name("generator.betas.0"), "generator.betas.0");
        assert_eq!(letter("generator.betas.0"), 'b');
        assert_eq!(
            words("data.shape.1").unwrap(),
            "a whole number from 1 to 256"
        );
        assert_eq!(words("no.such"), None);
    }
}
