//! The table of measures: what each is called, whose it is, and what it means. Lines, metrics.jsonl, columns, curves,
//! help and documentation follow it.

use super::{EXACT, Measures, meaning};
use crate::model::scores::SCORES;
use meaning::Meaning;

/// A measure; `A` is how it is read and set.
#[derive(Debug)]
pub struct Measure<A> {
    /// Its key in lines and metrics.jsonl, its column and its curve. A layer's column and curve have `.LAYER` behind it.
    pub name: &'static str,
    pub of: Owner,
    /// Its unit; empty for a plain number.
    pub unit: &'static str,
    pub meaning: &'static Meaning,
    pub access: A,
}

/// Whose a measure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// D's update makes it.
    Discriminator,
    /// G's update makes it, or what G generates.
    Generator,
    /// Each layer has its own.
    Layer,
}

impl Owner {
    /// The network that a layer belongs to, by the layer's key.
    pub fn of_layer(key: &str) -> Self {
        match key.starts_with("g.") {
            true => Self::Generator,
            false => Self::Discriminator,
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

/// Access to a number of a step.
#[derive(Debug)]
pub struct OfStep {
    pub get: fn(&Measures) -> Option<f32>,
    /// Sets it; none makes it NaN where it always exists.
    pub set: fn(&mut Measures, Option<f32>),
    /// Its name in a sentence, where an update is left out because this number is not finite.
    pub gate: Option<&'static str>,
}

/// Access to a number of every layer.
#[derive(Debug)]
pub struct OfLayers {
    pub get: fn(&Measures) -> &[(String, f32)],
    pub get_mut: fn(&mut Measures) -> &mut Vec<(String, f32)>,
    /// Whether headless lines have it, too.
    pub in_line: bool,
}

/// A field that a number can be put into.
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

/// The row of a number of a step, from the field of [`Measures`] that holds it.
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

/// The row of a number of every layer, from the field of [`Measures`] that holds it.
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

/// The numbers of a step, in the order of a line.
#[rustfmt::skip]
pub static STEP: [Measure<OfStep>; 10] = [
    of_step!(loss_d, Discriminator, "", LOSS, Some("the loss of D")),
    of_step!(loss_g, Generator, "", LOSS, Some("the loss of G")),
    of_step!(d_real, Discriminator, "", OUTPUT, None),
    of_step!(d_fake, Discriminator, "", OUTPUT, None),
    of_step!(accuracy_real, Discriminator, "share", ACCURACY, None),
    of_step!(accuracy_fake, Discriminator, "share", ACCURACY, None),
    of_step!(grad_d, Discriminator, "", GRADIENT, Some("‖∇θD‖")),
    of_step!(grad_g, Generator, "", GRADIENT, Some("‖∇θG‖")),
    of_step!(grad_x_mean, Generator, "", SLOPE, None),
    of_step!(grad_x_max, Generator, "", SLOPE, None),
];

/// The numbers of every layer, in the order of a line.
pub static LAYERS: [Measure<OfLayers>; 3] = [
    of_layers!(sigma, SIGMA, in_line: true),
    of_layers!(weight_norm, FROBENIUS, in_line: true),
    of_layers!(gradient_norm, LAYER_GRADIENT, in_line: false),
];

/// The table in Markdown: measures that share a meaning share a row.
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
    SCORES
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
