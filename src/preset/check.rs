//! Checks a parsed preset: ranges of values, shapes, sizes and exceptions.

mod network;

use std::fmt::Display;

use super::{
    Preset,
    data::{Centres, Data, Source},
    matrix::matrices,
    network::Shape,
    number::brief,
    print,
    scan::scan,
    setting::{
        self, SETTINGS, Setting,
        range::{MAX_MODES, Range},
    },
};
use network::network;

/// A value that a preset cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The dotted path of the value at fault.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// Checks a whole preset.
///
/// # Errors
/// Names the first value out of its range, layer that does not fit the one before it, the data or the latent vector,
/// network too large for any machine, or exception for a layer without a matrix.
pub fn check(preset: &Preset) -> Result<(), Issue> {
    ranges(preset)?;
    data(&preset.data)?;
    let latent = Shape::Flat(preset.latent);
    let sample = preset.data.sample_shape();
    network(preset, "generator", &preset.generator, latent, sample)?;
    let score = Shape::Flat(1);
    network(
        preset,
        "discriminator",
        &preset.discriminator,
        sample,
        score,
    )?;
    exceptions(preset)
}

/// Returns an [`Issue`] unless the condition holds. `takes` describes the values that the path takes.
fn require(holds: bool, path: &str, value: impl Display, takes: &str) -> Result<(), Issue> {
    if holds {
        Ok(())
    } else {
        Err(Issue {
            path: path.to_owned(),
            message: format!("`{path}` cannot be {value}"),
            help: Some(format!("it takes {takes}")),
        })
    }
}

/// Checks that a RON value lies in a range.
fn within(range: Range, path: &str, value: &str) -> Result<(), Issue> {
    let holds = range.holds(value);
    require(holds, path, brief(value), &range.words())
}

/// Checks every setting of the table, and every part with a range of its own.
fn ranges(preset: &Preset) -> Result<(), Issue> {
    let text = print::body(preset);
    let root = scan(&text).root;
    for Setting { path, range, .. } in SETTINGS {
        let Some(item) = root.item(path) else {
            continue;
        };
        within(*range, path, &text[item.value.span.clone()])?;
        for (index, item) in item.value.items.iter().enumerate() {
            let segment = item.segment(index);
            if let Some(range) = range.part(&segment) {
                let path = format!("{path}.{segment}");
                within(range, &path, &text[item.value.span.clone()])?;
            }
        }
    }
    Ok(())
}

/// Checks the data beyond ranges: the path, and the number and positions of points.
fn data(data: &Data) -> Result<(), Issue> {
    match data {
        Data::Images {
            source: Source::Path(path),
            ..
        } => {
            let takes = setting::words("data.source").unwrap_or_default();
            require(!path.is_empty(), "data.source", "an empty path", &takes)
        }
        Data::Mixture {
            centres: Centres::Points(points),
            ..
        } => {
            let takes = Range::Centres.words();
            let few = (1..=MAX_MODES).contains(&points.len());
            let count = format!("a list of {} points", points.len());
            require(few, "data.centres", count, &takes)?;
            for (index, (x, y)) in points.iter().enumerate() {
                let path = format!("data.centres.0.{index}");
                let finite = x.is_finite() && y.is_finite();
                require(finite, &path, format!("({x}, {y})"), &takes)?;
            }
            Ok(())
        }
        Data::Images { .. } | Data::Mixture { .. } => Ok(()),
    }
}

fn exceptions(preset: &Preset) -> Result<(), Issue> {
    let known = matrix_layers(preset);
    for (key, layer) in &preset.spectral.layers {
        let path = format!("spectral.layers.{key}");
        if !known.contains(key) {
            let message = format!("`{key}` names no layer with a matrix");
            let help = format!("the layers with a matrix are {}", known.join(", "));
            return Err(Issue {
                path,
                message,
                help: Some(help),
            });
        }
        let values = [
            ("iterations", layer.iterations.map(|n| n.to_string())),
            ("layer_gain", layer.layer_gain.map(|n| n.to_string())),
        ];
        for (field, value) in values {
            let path = format!("{path}.{field}");
            if let (Some(setting), Some(value)) = (setting::own(&path), value) {
                within(setting.range, &path, &value)?;
            }
        }
    }
    Ok(())
}

/// Returns the keys of all layers with a weight matrix, D's first.
pub(crate) fn matrix_layers(preset: &Preset) -> Vec<String> {
    let matrices = matrices(preset).into_iter();
    matrices.map(|matrix| matrix.key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    #[test]
    fn no_text_in_a_preset_hides_a_value_from_its_range() {
        for text in [
            "\\",
            "\"",
            "\\\"",
            "r#\"",
            "\"#",
            "/*",
            "// (",
            "([{\n",
            "\u{0}\u{1b}\r\n'",
            "gain: 1.0,",
        ] {
            let mut preset = builtin("digits").unwrap();
            preset.about = text.to_owned();
            let Data::Images { source, .. } = &mut preset.data else {
                unreachable!()
            };
            *source = Source::Path(text.to_owned());
            assert_eq!(check(&preset), Ok(()), "{text}");
            preset.gain = 0.0;
            let issue = check(&preset).unwrap_err();
            assert_eq!(issue.message, "`gain` cannot be 0", "{text}");
            assert_eq!(issue.help.unwrap(), "it takes a finite number above 0");
        }
    }
}
