//! The built-in presets.

use std::sync::{Arc, LazyLock};

use super::{Diagnostic, Preset, nearest::nearest, parse};

/// The preset that runs if none is named.
pub const DEFAULT: &str = "digits";

/// (name, RON text), in the order in which they are listed.
const PRESETS: &[(&str, &str)] = &[
    ("digits", include_str!("../../presets/digits.ron")),
    ("ring", include_str!("../../presets/ring.ron")),
    ("dolls", include_str!("../../presets/dolls.ron")),
    ("grid", include_str!("../../presets/grid.ron")),
    ("fashion", include_str!("../../presets/fashion.ron")),
    ("cifar10", include_str!("../../presets/cifar10.ron")),
    (
        "cifar10-resnet",
        include_str!("../../presets/cifar10-resnet.ron"),
    ),
    ("stl10", include_str!("../../presets/stl10.ron")),
];

/// The preset [`DEFAULT`], a placeholder until another one is loaded.
pub fn default() -> Arc<Preset> {
    static PRESET: LazyLock<Arc<Preset>> = LazyLock::new(|| match builtin(DEFAULT) {
        Ok(preset) => Arc::new(preset),
        Err(wrong) => unreachable!("it is part of the program: {wrong}"),
    });
    Arc::clone(&PRESET)
}

/// The names of all built-in presets.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The RON text of a built-in preset, comments included.
pub fn text(name: &str) -> Option<&'static str> {
    let found = PRESETS.iter().find(|(known, _)| *known == name)?;
    Some(found.1)
}

/// A built-in preset by name.
///
/// # Errors
/// The name is unknown; the error names the nearest known one.
pub fn builtin(name: &str) -> Result<Preset, Diagnostic> {
    match text(name) {
        Some(text) => parse(text, &format!("built-in preset {name}")),
        None => {
            let known: Vec<&str> = names().collect();
            let help = match nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "the built-in presets are {}; a file's name ends in .ron or holds a /",
                    known.join(", ")
                ),
            };
            Err(Diagnostic::plain(format!("there is no preset `{name}`")).with_help(help))
        }
    }
}
