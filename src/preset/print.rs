//! Preset to RON text.

use ron::ser::PrettyConfig;

use super::{Preset, parse::options};
use crate::text::one_line;

/// Depth of nesting up to which brackets are broken into lines, so that each layer has a line of its own.
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
    // Writing plain data to a string cannot fail; if it did, the parser would refuse the empty text.
    options()
        .to_string_pretty(preset, config)
        .unwrap_or_default()
}
