//! The table of exact measures: results of an SVD of each weight that has an estimate of σ.

use super::{
    meaning, rows,
    table::{Measure, Owner},
};
use crate::model::{Exact, ExactSpectra};

/// Getter of an exact measure; `None` if it is undefined or was not computed.
pub(crate) type OfExact = fn(&Exact) -> Option<f64>;

/// A table row, from the name of a field of [`Exact`].
macro_rules! exact {
    ($field:ident, $unit:literal, $meaning:ident) => {
        Measure {
            name: stringify!($field),
            of: Owner::Layer,
            unit: $unit,
            meaning: &meaning::$meaning,
            access: |exact| exact.$field,
        }
    };
}

rows! {
    /// The exact measures of a layer, in the order of a line.
    pub EXACT: [OfExact; 8];

    SIGMA_SVD = exact!(sigma_svd, "", EXACT_SIGMA);
    SIGMA_ERROR = exact!(sigma_error, "share of σ", EXACT_SIGMA);
    COSINE_ERROR_U = exact!(cosine_error_u, "", COSINES);
    COSINE_ERROR_V = exact!(cosine_error_v, "", COSINES);
    STABLE_RANK = exact!(stable_rank, "", STABLE_RANK);
    EFFECTIVE_RANK = exact!(effective_rank, "", EFFECTIVE_RANK);
    OPERATOR_NORM = exact!(operator_norm, "", OPERATOR_NORM);
    COSINE_NEXT = exact!(cosine_next, "", COSINE_NEXT);
}

/// Getter of an exact measure of D; `None` if it is unknown.
pub(crate) type OfSpectra = fn(&ExactSpectra) -> Option<f64>;

rows! {
    /// The exact measures of D, in the order of a line. At most one of them is known.
    pub SLOPES: [OfSpectra; 2];

    LIPSCHITZ_BOUND = Measure {
        name: "lipschitz_bound",
        of: Owner::Discriminator,
        unit: "",
        meaning: &meaning::LIPSCHITZ,
        access: |exact| Some(exact.lipschitz.filter(|it| !it.of_matrices)?.value),
    };
    LIPSCHITZ_OF_MATRICES = Measure {
        name: "lipschitz_of_matrices",
        of: Owner::Discriminator,
        unit: "",
        meaning: &meaning::LIPSCHITZ,
        access: |exact| Some(exact.lipschitz.filter(|it| it.of_matrices)?.value),
    };
}

impl ExactSpectra {
    /// All defined values with the names of their curves, for example `sigma_svd.d.0`.
    pub fn figures(&self) -> Vec<(String, f32)> {
        let of_layer = |(key, exact): &(String, Exact)| {
            let named = EXACT.iter().filter_map(|measure| {
                let value = (measure.access)(exact)?;
                Some((measure.of_layer(key), value as f32))
            });
            named.collect::<Vec<_>>()
        };
        let slopes = SLOPES.iter().filter_map(|measure| {
            let value = (measure.access)(self)?;
            Some((measure.name.to_owned(), value as f32))
        });
        let layers = self.layers.iter().flat_map(of_layer);
        slopes.chain(layers).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_figures_is_that_of_the_fields() {
        let exact = Exact {
            sigma_svd: Some(1.0),
            sigma_error: Some(2.0),
            cosine_error_u: Some(3.0),
            cosine_error_v: Some(4.0),
            stable_rank: Some(5.0),
            effective_rank: Some(6.0),
            operator_norm: Some(7.0),
            cosine_next: Some(8.0),
        };
        let fields = serde_json::to_value(exact).unwrap();
        let fields: Vec<_> = fields.as_object().unwrap().iter().collect();
        assert_eq!(fields.len(), EXACT.len());
        for ((key, value), measure) in fields.into_iter().zip(&EXACT) {
            let expected = (measure.name, (measure.access)(&exact));
            assert_eq!((key.as_str(), value.as_f64()), expected);
        }
    }
}
