//! Parsing the fields of a line of metrics.jsonl, within bounds: the file may come from anywhere.

use std::{fmt, marker::PhantomData, ops::RangeInclusive};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

use crate::{
    model::{
        Exact, ExactSpectra, Figures, Measures, Outputs, Scores, Updates,
        measures::{
            DISTANCES, Distances,
            exact::{LIPSCHITZ_BOUND, LIPSCHITZ_OF_MATRICES},
            table::{LAYERS, STEP},
        },
    },
    preset::Lipschitz,
};

/// Maximum number of layers in a line. A run has a few dozen.
const MAX_LAYERS: usize = 512;
/// Maximum length of a layer's key, in characters.
const MAX_KEY: usize = 64;
/// Valid steps: those that `f64` represents exactly.
pub(super) const STEPS: RangeInclusive<u64> = 1..=1 << 53;

/// The fields of a line. Unknown fields are ignored.
pub(super) struct Fields {
    /// Keys so far, to find duplicates and missing fields.
    seen: Vec<&'static str>,
    pub measures: Measures,
    pub updates: Updates,
    pub applied: bool,
    pub seconds: Option<f64>,
    spectra: Option<Vec<(String, Exact)>>,
    spectra_step: Option<u64>,
    lipschitz: Option<Lipschitz>,
    distances: Vec<(&'static str, f32)>,
    outputs: Option<Outputs>,
    scores: Vec<(&'static str, f32)>,
    scores_step: Option<u64>,
}

impl Fields {
    /// Parses the value of a key.
    fn take<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if let Some(measure) = STEP.iter().find(|measure| measure.name == key) {
            self.note(measure.name)?;
            (measure.access.set)(&mut self.measures, map.next_value()?);
        } else if let Some(measure) = LAYERS.iter().find(|measure| measure.name == key) {
            self.note(measure.name)?;
            let layers = map.next_value::<Layers<Option<f32>>>()?.0.into_iter();
            let numbers = layers.map(|(key, number)| (key, number.unwrap_or(f32::NAN)));
            *(measure.access.get_mut)(&mut self.measures) = numbers.collect();
        } else if let Some(key) = Figures::key(key) {
            self.note(key)?;
            let number = map.next_value::<Option<f32>>()?.unwrap_or(f32::NAN);
            self.scores.push((key, number));
        } else if let Some(measure) = DISTANCES.iter().find(|measure| measure.name == key) {
            let number: Option<f32> = self.value(measure.name, map)?;
            self.distances
                .push((measure.name, number.unwrap_or(f32::NAN)));
        } else {
            match key {
                name if name == LIPSCHITZ_BOUND.name => {
                    self.slope(LIPSCHITZ_BOUND.name, false, map)?;
                }
                name if name == LIPSCHITZ_OF_MATRICES.name => {
                    self.slope(LIPSCHITZ_OF_MATRICES.name, true, map)?;
                }
                "step" => self.measures.step = self.value("step", map)?,
                "updates" => self.updates = self.value("updates", map)?,
                // Older versions did not write this field.
                "applied" => {
                    let applied: Option<bool> = self.value("applied", map)?;
                    self.applied = applied.unwrap_or(true);
                }
                "seconds" => {
                    let seconds: Option<f64> = self.value("seconds", map)?;
                    self.seconds = seconds.filter(|s| s.is_finite() && *s >= 0.0);
                }
                "spectra" => {
                    let layers: Option<Layers<Exact>> = self.value("spectra", map)?;
                    self.spectra = layers.map(|layers| layers.0);
                }
                "spectra_step" => self.spectra_step = self.value("spectra_step", map)?,
                "outputs" => self.outputs = self.value("outputs", map)?,
                "scores_step" => self.scores_step = self.value("scores_step", map)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    /// Parses the bound of D's slope.
    fn slope<'de, A: MapAccess<'de>>(
        &mut self,
        key: &'static str,
        of_matrices: bool,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let value: Option<f64> = self.value(key, map)?;
        let value = value.filter(|value| value.is_finite());
        if let Some(value) = value {
            self.lipschitz = Some(Lipschitz { value, of_matrices });
        }
        Ok(())
    }

    /// Parses a value of a known key.
    fn value<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
        &mut self,
        key: &'static str,
        map: &mut A,
    ) -> Result<T, A::Error> {
        self.note(key)?;
        map.next_value()
    }

    /// Records that a key was seen.
    ///
    /// # Errors
    /// If it was seen before.
    fn note<E: Error>(&mut self, key: &'static str) -> Result<(), E> {
        if self.seen.contains(&key) {
            return Err(E::duplicate_field(key));
        }
        self.seen.push(key);
        Ok(())
    }

    /// The first required field that the line lacks.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let blank = Measures::unknown(1);
        // A number that may be unknown may be left out.
        let numbers = STEP.iter().filter(|m| (m.access.get)(&blank).is_some());
        let measures = numbers.map(|m| m.name).chain(LAYERS.iter().map(|m| m.name));
        let mut fields = measures.chain(["updates", "seconds"]);
        fields.find(|field| !self.seen.contains(field))
    }

    /// The scores. Their step is that of the line unless the line gives another.
    pub(super) fn scores(&self) -> Option<Scores> {
        let step = self.scores_step.unwrap_or(self.measures.step);
        Scores::read(step, |key| number_of(&self.scores, key))
    }

    /// The distances from lane a, after the step of the line.
    pub(super) fn distances(&self) -> Option<Distances> {
        Distances::read(self.measures.step, |key| number_of(&self.distances, key))
    }

    /// The histograms of D's output, if they are of the step of the line.
    pub(super) fn outputs(&mut self) -> Option<Outputs> {
        let outputs = self.outputs.take().filter(Outputs::is_valid);
        outputs.filter(|outputs| outputs.step == self.measures.step)
    }

    /// The exact measures of the weights. Their step is that of the line unless the line gives another.
    pub(super) fn spectra(&mut self) -> Option<ExactSpectra> {
        Some(ExactSpectra {
            step: self.spectra_step.unwrap_or(self.measures.step),
            layers: self.spectra.take()?,
            lipschitz: self.lipschitz,
        })
    }
}

/// The number of a key.
fn number_of(numbers: &[(&'static str, f32)], key: &str) -> Option<f32> {
    let found = numbers.iter().find(|(known, _)| *known == key);
    found.map(|&(_, number)| number)
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Line;

        impl<'de> Visitor<'de> for Line {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the measures of a step")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields {
                    seen: Vec::new(),
                    measures: Measures::unknown(0),
                    updates: Updates::Both,
                    applied: true,
                    seconds: None,
                    spectra: None,
                    spectra_step: None,
                    lipschitz: None,
                    distances: Vec::new(),
                    outputs: None,
                    scores: Vec::new(),
                    scores_step: None,
                };
                while let Some(key) = map.next_key::<String>()? {
                    fields.take(&key, &mut map)?;
                }
                if STEPS.contains(&fields.measures.step) {
                    Ok(fields)
                } else {
                    Err(Error::custom("no such step"))
                }
            }
        }

        from.deserialize_map(Line)
    }
}

/// A JSON object with a value per layer, in its order.
struct Layers<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Layers<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Layers<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of layers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Layers<T>, A::Error> {
                let mut layers = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    if !is_key(&key) {
                        return Err(Error::custom("not the key of a layer"));
                    }
                    if layers.len() == MAX_LAYERS {
                        return Err(Error::custom("more layers than a network has"));
                    }
                    layers.push((key, value));
                }
                Ok(Layers(layers))
            }
        }

        from.deserialize_map(Object(PhantomData))
    }
}

/// Whether a text is a valid layer key, safe for tables and the screen.
fn is_key(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=MAX_KEY).contains(&text.len()) && text.chars().all(sign)
}
