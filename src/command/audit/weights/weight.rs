//! A weight of a state dict, and the vectors stored with it.

use super::normed::Axis;

/// A weight of two or more dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Path of its module, and its own name if that is not `weight`; empty at the root.
    pub layer: String,
    /// Shape of the tensor; with weight normalization, of the directions.
    pub shape: Vec<usize>,
    /// The tensors that make it.
    pub composition: Composition,
    /// Stored u and v; `None` without spectral normalization.
    pub vectors: Option<Vectors>,
}

/// The tensors that make a weight, by their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Composition {
    /// The weight itself.
    Tensor(String),
    /// Weight normalization, g·v/‖v‖ (Salimans & Kingma 2016).
    WeightNorm {
        /// Key of g, the norms.
        lengths: String,
        /// Key of v.
        directions: String,
        /// Which slices of v have a norm each.
        axis: Axis,
    },
}

/// Vectors of power iteration that are stored with a weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vectors {
    /// Key of u, and its length.
    pub u: (String, usize),
    /// Key of v; `None` if the first iteration computes it.
    pub v: Option<String>,
}
