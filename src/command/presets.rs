//! The table of built-in presets.

use crate::preset::{
    Diagnostic, Preset, Shape,
    builtin::{builtin, names},
    number::grouped,
    parameters,
};

/// One line for each built-in preset under a heading.
///
/// # Errors
/// A built-in preset that is wrong.
pub fn presets() -> Result<String, Diagnostic> {
    let heading = ["NAME", "DATA", "G", "D", "STEPS", "ABOUT"].map(str::to_owned);
    let mut rows = vec![heading];
    for name in names() {
        rows.push(row(name, &builtin(name)?));
    }
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let [name, data, g, d, steps] = [0, 1, 2, 3, 4].map(width);
    let lines = rows.iter().map(|row| {
        format!(
            "{:name$}  {:data$}  {:>g$}  {:>d$}  {:>steps$}  {}\n",
            row[0], row[1], row[2], row[3], row[4], row[5]
        )
    });
    Ok(lines.collect::<String>() + "\nG, D: parameters of the generator and the discriminator.\n")
}

fn row(name: &str, preset: &Preset) -> [String; 6] {
    let sample = preset.data.sample_shape();
    let count = |layers, input| parameters(layers, input).map_or_else(|_| "?".to_owned(), grouped);
    [
        name.to_owned(),
        match sample {
            Shape::Flat(_) => "points".to_owned(),
            image => image.to_string(),
        },
        count(&preset.generator.layers, Shape::Flat(preset.latent)),
        count(&preset.discriminator.layers, sample),
        preset.steps.to_string(),
        preset.about.clone(),
    ]
}
