//! The table of measures, with name, owner, unit and meaning. Headless lines, metrics.jsonl, columns, curves, help and
//! documentation are generated from it.

use super::{DISTANCES, EXACT, Measures, SLOPES, meaning, rows};
use crate::model::scores::SCORES;
use meaning::Meaning;

/// A measure. `A` is the type of its accessors.
#[derive(Debug)]
pub struct Measure<A> {
    /// Key in headless lines and metrics.jsonl, and name of its column and curve. For measures of layers, `.LAYER` is
    /// appended to the name of the column and curve.
    pub name: &'static str,
    /// The network or layer that is measured.
    pub of: Owner,
    /// Unit; empty for a dimensionless number.
    pub unit: &'static str,
    /// Explanation for the help screen and the documentation.
    pub meaning: &'static Meaning,
    /// Accessors of the value.
    pub access: A,
}

impl<A> Measure<A> {
    /// Name of the measure's curve for one layer, for example `sigma.d.0`.
    pub(crate) fn of_layer(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }
}

/// Owner of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Measured in the update of D.
    Discriminator,
    /// Measured in the update of G, or on generated samples.
    Generator,
    /// Measured for each layer.
    Layer,
}

impl Owner {
    /// The network of the layer with this key: G for keys with the prefix `g.`, otherwise D.
    pub fn of_layer(key: &str) -> Self {
        if key.starts_with("g.") {
            Self::Generator
        } else {
            Self::Discriminator
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Discriminator => "D",
            Self::Generator => "G",
            Self::Layer => "layer",
        }
    }
}

/// Accessors of a measure of a step.
#[derive(Debug)]
pub struct OfStep {
    /// Returns the value.
    pub get: fn(&Measures) -> Option<f32>,
    /// Sets the value. `None` becomes NaN in a field that is not optional.
    pub set: fn(&mut Measures, Option<f32>),
    /// Description in messages, if a non-finite value prevents the update; otherwise `None`.
    pub gate: Option<&'static str>,
}

/// Accessors of a measure of layers.
#[derive(Debug)]
pub struct OfLayers {
    /// Returns (layer key, value) of each layer.
    pub get: fn(&Measures) -> &[(String, f32)],
    /// Returns the list for changes.
    pub get_mut: fn(&mut Measures) -> &mut Vec<(String, f32)>,
    /// Whether headless lines include the measure.
    pub in_line: bool,
}

/// A field of [`Measures`] that can be set from an optional value.
trait Field {
    fn put(&mut self, number: Option<f32>);
}

impl Field for f32 {
    fn put(&mut self, number: Option<f32>) {
        *self = number.unwrap_or(f32::NAN);
    }
}

impl Field for Option<f32> {
    fn put(&mut self, number: Option<f32>) {
        *self = number;
    }
}

/// A table row for a measure of a step, from the name of a field of [`Measures`].
macro_rules! of_step {
    ($field:ident, $of:ident, $unit:literal, $meaning:ident, $gate:expr) => {
        Measure {
            name: stringify!($field),
            of: Owner::$of,
            unit: $unit,
            meaning: &meaning::$meaning,
            access: OfStep {
                get: |measures| Option::from(measures.$field),
                set: |measures, number| measures.$field.put(number),
                gate: $gate,
            },
        }
    };
}

/// A table row for a measure of layers, from the name of a field of [`Measures`].
macro_rules! of_layers {
    ($field:ident, $meaning:ident, in_line: $in_line:literal) => {
        Measure {
            name: stringify!($field),
            of: Owner::Layer,
            unit: "",
            meaning: &meaning::$meaning,
            access: OfLayers {
                get: |measures| &measures.$field,
                get_mut: |measures| &mut measures.$field,
                in_line: $in_line,
            },
        }
    };
}

rows! {
    /// The measures of a step, in the order of a line.
    pub STEP: [OfStep; 10];

    LOSS_D = of_step!(loss_d, Discriminator, "", LOSS, Some("the loss of D"));
    LOSS_G = of_step!(loss_g, Generator, "", LOSS, Some("the loss of G"));
    D_REAL = of_step!(d_real, Discriminator, "", OUTPUT, None);
    D_FAKE = of_step!(d_fake, Discriminator, "", OUTPUT, None);
    ACCURACY_REAL = of_step!(accuracy_real, Discriminator, "share", ACCURACY, None);
    ACCURACY_FAKE = of_step!(accuracy_fake, Discriminator, "share", ACCURACY, None);
    GRAD_D = of_step!(grad_d, Discriminator, "", GRADIENT, Some("‖∇θD‖"));
    GRAD_G = of_step!(grad_g, Generator, "", GRADIENT, Some("‖∇θG‖"));
    GRAD_X_MEAN = of_step!(grad_x_mean, Generator, "", SLOPE, None);
    GRAD_X_MAX = of_step!(grad_x_max, Generator, "", SLOPE, None);
}

rows! {
    /// The measures of layers, in the order of a line.
    pub LAYERS: [OfLayers; 3];

    SIGMA = of_layers!(sigma, SIGMA, in_line: true);
    WEIGHT_NORM = of_layers!(weight_norm, FROBENIUS, in_line: true);
    GRADIENT_NORM = of_layers!(gradient_norm, LAYER_GRADIENT, in_line: false);
}

/// The table in Markdown. Measures with the same meaning share a row.
pub fn markdown() -> String {
    let mut rows: Vec<(Vec<String>, Vec<&str>, &str, &Meaning)> = Vec::new();
    let mut add = |name: &str, of: Owner, unit: &'static str, meaning: &'static Meaning| {
        let (name, of) = (format!("`{name}`"), of.name());
        match rows.last_mut().filter(|row| row.3.title == meaning.title) {
            Some((names, owners, _, _)) => {
                names.push(name);
                if !owners.contains(&of) {
                    owners.push(of);
                }
            }
            None => rows.push((vec![name], vec![of], unit, meaning)),
        }
    };
    STEP.iter()
        .for_each(|m| add(m.name, m.of, m.unit, m.meaning));
    LAYERS
        .iter()
        .for_each(|m| add(m.name, m.of, m.unit, m.meaning));
    EXACT
        .iter()
        .for_each(|m| add(m.name, m.of, m.unit, m.meaning));
    SLOPES
        .iter()
        .for_each(|m| add(m.name, m.of, m.unit, m.meaning));
    SCORES
        .iter()
        .for_each(|m| add(m.name, m.of, m.unit, m.meaning));
    DISTANCES
        .iter()
        .for_each(|m| add(m.name, m.of, m.unit, m.meaning));
    let rows = rows.into_iter().map(|(names, owners, unit, meaning)| {
        let (names, owners) = (names.join(", "), owners.join(", "));
        let text = meaning.text.replace('|', "\\|");
        format!("| {names} | {owners} | {unit} | {text} |\n")
    });
    let head = "| measure | of | unit | meaning |\n| --- | --- | --- | --- |\n";
    head.to_owned() + &rows.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_step_has_its_row() {
        let fields = serde_json::to_value(Measures::unknown(1)).unwrap();
        let fields = fields.as_object().unwrap().keys().map(String::as_str);
        let rows = STEP
            .iter()
            .map(|m| m.name)
            .chain(LAYERS.iter().map(|m| m.name));
        let rows: Vec<&str> = std::iter::once("step").chain(rows).collect();
        assert_eq!(fields.collect::<Vec<_>>(), rows);
    }

    #[test]
    fn a_row_reads_what_it_sets() {
        let mut measures = Measures::unknown(1);
        assert!(measures.loss_d.is_nan() && measures.grad_x_max.is_none());
        for (number, measure) in (1u8..).map(f32::from).zip(&STEP) {
            (measure.access.set)(&mut measures, Some(number));
        }
        for (number, measure) in (1u8..).map(f32::from).zip(&STEP) {
            assert_eq!(
                (measure.access.get)(&measures),
                Some(number),
                "{}",
                measure.name
            );
        }
    }

    #[test]
    fn names_are_those_of_one_measure_each() {
        let names = STEP
            .iter()
            .map(|m| m.name)
            .chain(LAYERS.iter().map(|m| m.name));
        let names = names.chain(EXACT.iter().map(|m| m.name));
        let names = names.chain(SLOPES.iter().map(|m| m.name));
        let names = names.chain(DISTANCES.iter().map(|m| m.name));
        let mut names: Vec<&str> = names.chain(SCORES.iter().map(|m| m.name)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for name in names {
            assert!(markdown().contains(&format!("`{name}`")), "{name}");
        }
    }
}
