//! `sn-tui presets`: the table of built-in presets.

use super::columns;
use crate::preset::{
    Diagnostic, Preset, Shape,
    builtin::{builtin, names},
    number::grouped,
    parameters,
};

/// Returns a heading and one line for each built-in preset.
///
/// # Errors
/// A built-in preset is wrong.
pub fn presets() -> Result<String, Diagnostic> {
    let heading = ["NAME", "DATA", "G", "D", "STEPS", "ABOUT"].map(str::to_owned);
    let mut rows = vec![heading];
    for name in names() {
        rows.push(row(name, &builtin(name)?));
    }
    let table = columns::aligned(&rows, &[2, 3, 4]);
    Ok(table + "\nG, D: parameters of the generator and the discriminator.\n")
}

fn row(name: &str, preset: &Preset) -> [String; 6] {
    let sample = preset.data.sample_shape();
    let count = |layers, input| parameters(layers, input).map_or_else(|_| "?".to_owned(), grouped);
    [
        name.to_owned(),
        match sample {
            Shape::Flat(_) => "points".to_owned(),
            Shape::Image { .. } => sample.to_string(),
        },
        count(&preset.generator.layers, Shape::Flat(preset.latent)),
        count(&preset.discriminator.layers, sample),
        preset.steps.to_string(),
        preset.about.clone(),
    ]
}
