//! Preset to RON text.

use ron::ser::PrettyConfig;

use super::{Preset, parse::options};
use crate::text::one_line;

/// Brackets nested deeper than this stay on one line: each layer has its own.
const DEPTH: usize = 3;

/// The preset as a RON text that [`parse`](super::parse::parse) reads back: every field, defaults included, under a
/// comment with the name and what the preset is about.
pub fn print(preset: &Preset, name: &str) -> String {
    let title = match preset.about.as_str() {
        "" => name.to_owned(),
        about => format!("{name}: {about}"),
    };
    format!("// {}\n{}\n", one_line(&title), body(preset))
}

/// The preset's RON text alone.
pub(super) fn body(preset: &Preset) -> String {
    let config = PrettyConfig::new().depth_limit(DEPTH).new_line("\n");
    // Writing plain data into a string fails for no value; an empty text would be refused by the parser.
    options()
        .to_string_pretty(preset, config)
        .unwrap_or_default()
}
