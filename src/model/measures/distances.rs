//! How far a lane has gone from lane a: the measures of two trainings that were one.

use serde::Serialize;

use super::{
    meaning, rows,
    table::{Measure, Owner},
};

/// The distances of a lane from lane a after the same step. NaN where a distance is undefined.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distances {
    /// The step after which both were measured.
    #[serde(skip)]
    pub step: u64,
    /// ‖θ − θₐ‖₂ / ‖θₐ‖₂ over all parameters of D in use: of a normalized layer layer_gain·W/σ, not W.
    pub distance_d: f32,
    /// ‖θ − θₐ‖₂ / ‖θₐ‖₂ over all parameters of G in use.
    pub distance_g: f32,
    /// Mean L2 distance between samples of the same latents, divided by the mean distance between real samples.
    pub distance_samples: f32,
}

/// Getter of a distance.
pub(crate) type OfDistances = fn(&Distances) -> f32;

rows! {
    /// The distances of a lane from lane a, in the order of a record.
    pub DISTANCES: [OfDistances; 3];

    DISTANCE_D = Measure {
        name: "distance_d",
        of: Owner::Discriminator,
        unit: "",
        meaning: &meaning::DISTANCE,
        access: |distances| distances.distance_d,
    };
    DISTANCE_G = Measure {
        name: "distance_g",
        of: Owner::Generator,
        unit: "",
        meaning: &meaning::DISTANCE,
        access: |distances| distances.distance_g,
    };
    DISTANCE_SAMPLES = Measure {
        name: "distance_samples",
        of: Owner::Generator,
        unit: "",
        meaning: &meaning::DISTANCE_OF_SAMPLES,
        access: |distances| distances.distance_samples,
    };
}

impl Distances {
    /// All distances with the names of their curves.
    pub fn figures(&self) -> Vec<(&'static str, f32)> {
        let named = DISTANCES.iter();
        named
            .map(|measure| (measure.name, (measure.access)(self)))
            .collect()
    }

    /// Reads the distances of `step` from a file; `number` returns the value of a key. `None` if no key is there. A key
    /// that is not there is NaN.
    pub fn read(step: u64, number: impl Fn(&str) -> Option<f32>) -> Option<Self> {
        let [d, g, samples] = [DISTANCE_D, DISTANCE_G, DISTANCE_SAMPLES].map(|it| number(it.name));
        let known = |value: Option<f32>| value.unwrap_or(f32::NAN);
        d.or(g).or(samples)?;
        Some(Self {
            step,
            distance_d: known(d),
            distance_g: known(g),
            distance_samples: known(samples),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_distances_is_that_of_the_fields() {
        let distances = Distances {
            step: 7,
            distance_d: 1.0,
            distance_g: 2.0,
            distance_samples: f32::NAN,
        };
        let fields = serde_json::to_value(distances).unwrap();
        let fields: Vec<_> = fields.as_object().unwrap().iter().collect();
        let read = |(_, value): &(&String, &serde_json::Value)| value.as_f64();
        assert_eq!(
            fields.iter().map(read).collect::<Vec<_>>(),
            [Some(1.0), Some(2.0), None]
        );
        let named: Vec<&str> = distances.figures().iter().map(|figure| figure.0).collect();
        let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, named);
        let of = |key: &str| {
            let found = distances
                .figures()
                .into_iter()
                .find(|(name, _)| *name == key);
            found.map(|(_, value)| value)
        };
        let read = Distances::read(7, of).unwrap();
        assert_eq!((read.step, read.distance_d, read.distance_g), (7, 1.0, 2.0));
        assert!(read.distance_samples.is_nan());
        assert_eq!(Distances::read(7, |_| None), None);
    }
}
