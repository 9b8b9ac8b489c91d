//! Finds the weights among the tensors of a state dict, and the vectors that belong to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    key::Key,
    normed::{self, Axis},
    order::natural,
    weight::{Composition, Vectors, Weight},
};
use crate::files::tensors::Tensors;

/// A tensor of two or more dimensions that is not audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Key of the tensor in its file.
    pub key: String,
    /// What rules it out.
    pub reason: SkipReason,
}

/// Why a tensor is not audited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// Its type, of this name, is not supported.
    Type(String),
    /// It is computed from the tensor of this key.
    CopyOf(String),
    /// Adam's moments in a checkpoint of this program.
    Moments,
    /// Its key is not that of a weight.
    Unknown,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(dtype) => write!(f, "numbers of type {dtype} are not audited"),
            Self::CopyOf(key) => write!(f, "a copy of {key}"),
            Self::Moments => write!(f, "Adam's moments"),
            Self::Unknown => write!(f, "not a weight of a layer, by its key"),
        }
    }
}

/// The tensors of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Weights in the order of their layers; 2 comes before 10.
    pub weights: Vec<Weight>,
    /// All other tensors of two or more dimensions, except stored vectors and the halves of weight normalization.
    pub skipped: Vec<Skipped>,
}

/// The prefix of Adam's moments in a checkpoint of this program.
const MOMENTS: &str = "training.adam_";

/// Lists the weights in these tensors.
pub fn weights(tensors: &Tensors) -> Listing {
    let index = Index::of(tensors);
    let mut listing = Listing::default();
    for (key, shape) in &index.matrices {
        match index.role(key, shape) {
            Role::Weight(weight) => listing.weights.push(weight),
            Role::Part => {}
            Role::Skipped(reason) => listing.skipped.push(Skipped {
                key: key.clone(),
                reason,
            }),
        }
    }
    let by_layer = |a: &Weight, b: &Weight| natural(&a.layer, &b.layer);
    listing.weights.sort_by(by_layer);
    listing
}

/// What a tensor is in its model.
enum Role {
    Weight(Weight),
    /// A stored vector, or one half of weight normalization.
    Part,
    Skipped(SkipReason),
}

/// The keys and shapes of a model's tensors.
struct Index<'a> {
    tensors: &'a Tensors,
    /// Shapes of the tensors of two or more dimensions, by key.
    matrices: BTreeMap<String, Vec<usize>>,
    /// Parameters that are stored as they are, or as raw weights.
    parameters: BTreeSet<String>,
    /// Keys of matching halves of weight normalization.
    halves: BTreeSet<String>,
}

impl<'a> Index<'a> {
    fn of(tensors: &'a Tensors) -> Self {
        let (mut matrices, mut parameters, mut halves) =
            (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for key in tensors.keys() {
            if let Key::Plain { parameter } | Key::Raw { parameter } | Key::Bar { parameter } =
                Key::of(&key)
            {
                parameters.insert(parameter);
            }
            let shape = tensors.info(&key).map_or(&[][..], |(shape, _)| shape);
            if let Some(Halves { lengths, .. }) = halves_of(tensors, &key, shape) {
                halves.extend([key.clone(), lengths]);
            }
            if shape.len() >= 2 {
                matrices.insert(key, shape.to_vec());
            }
        }
        Self {
            tensors,
            matrices,
            parameters,
            halves,
        }
    }

    /// Returns the role of a tensor of two or more dimensions.
    fn role(&self, key: &str, shape: &[usize]) -> Role {
        if let Some(halves) = halves_of(self.tensors, key, shape) {
            let composition = Composition::WeightNorm {
                lengths: halves.lengths,
                directions: key.to_owned(),
                axis: halves.axis,
            };
            return Role::Weight(weight(&halves.parameter, shape, composition, None));
        }
        if self.halves.contains(key) || self.is_vector(key, shape) {
            return Role::Part;
        }
        if key.starts_with(MOMENTS) {
            return Role::Skipped(SkipReason::Moments);
        }
        let parameter = match Key::of(key) {
            Key::Plain { parameter } | Key::Raw { parameter } => parameter,
            Key::Bar { parameter } => {
                let sources = [format!("{parameter}_orig"), parameter.clone()];
                let mut sources = sources.into_iter();
                match sources.find(|key| self.tensors.info(key).is_some()) {
                    Some(source) => return Role::Skipped(SkipReason::CopyOf(source)),
                    None => parameter,
                }
            }
            Key::Directions { .. } | Key::Other => return Role::Skipped(SkipReason::Unknown),
        };
        if self.tensors.shape(key).is_none() {
            let dtype = self.tensors.info(key).map(|(_, dtype)| dtype);
            return Role::Skipped(SkipReason::Type(dtype.unwrap_or_default()));
        }
        let composition = Composition::Tensor(key.to_owned());
        Role::Weight(weight(
            &parameter,
            shape,
            composition,
            self.vectors(&parameter),
        ))
    }

    /// Returns whether a tensor is a stored vector of a parameter.
    fn is_vector(&self, key: &str, shape: &[usize]) -> bool {
        let of = Key::vector_of(key);
        is_vector(shape) && of.is_some_and(|parameter| self.parameters.contains(&parameter))
    }

    /// Returns the stored vectors of a parameter.
    fn vectors(&self, parameter: &str) -> Option<Vectors> {
        let length = |key: &str| {
            let shape = self.tensors.shape(key)?;
            is_vector(shape).then(|| shape.iter().product::<usize>())
        };
        Key::vectors(parameter).into_iter().find_map(|(u, v)| {
            let rows = length(&u)?;
            if let Some(v) = &v {
                length(v)?;
            }
            Some(Vectors { u: (u, rows), v })
        })
    }
}

fn weight(
    parameter: &str,
    shape: &[usize],
    composition: Composition,
    vectors: Option<Vectors>,
) -> Weight {
    Weight {
        layer: Key::layer(parameter).to_owned(),
        shape: shape.to_vec(),
        composition,
        vectors,
    }
}

/// The halves of weight normalization.
struct Halves {
    parameter: String,
    /// Key of the lengths.
    lengths: String,
    axis: Axis,
}

/// Returns the halves of weight normalization if `key` is that of directions with fitting lengths.
fn halves_of(tensors: &Tensors, key: &str, shape: &[usize]) -> Option<Halves> {
    let directions = match Key::of(key) {
        found @ Key::Directions { .. } => Some(found),
        _ => Key::directions(key),
    };
    let Some(Key::Directions { parameter, lengths }) = directions else {
        return None;
    };
    let axis = normed::axis(tensors.shape(&lengths)?, shape)?;
    (tensors.shape(key).is_some() && shape.len() >= 2).then_some(Halves {
        parameter,
        lengths,
        axis,
    })
}

/// Returns whether at most one side of a shape is not 1.
fn is_vector(shape: &[usize]) -> bool {
    shape.iter().filter(|&&side| side != 1).count() <= 1
}

#[cfg(test)]
mod tests {
    use safetensors::{Dtype, tensor::TensorView};

    use super::*;
    use crate::files::tensors::TensorFile;

    /// Lists tensors of zeros: layers, and skipped keys with reasons.
    fn listed(tensors: &[(&str, Dtype, &[usize])]) -> (Vec<String>, Vec<String>) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.safetensors");
        let zeros = [0; 1 << 10];
        let views = tensors.iter().map(|(key, dtype, shape)| {
            let bytes = shape.iter().product::<usize>() * dtype.bitsize() / 8;
            let view = TensorView::new(*dtype, shape.to_vec(), &zeros[..bytes]);
            ((*key).to_owned(), view.unwrap())
        });
        let bytes = safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let tensors = TensorFile::open(&path).unwrap().into();
        let Listing { weights, skipped } = weights(&tensors);
        let layer = |weight: Weight| match weight.vectors {
            None => weight.layer,
            Some(vectors) => format!("{} by {}", weight.layer, vectors.u.0),
        };
        let reason = |tensor: Skipped| format!("{}: {}", tensor.key, tensor.reason);
        (
            weights.into_iter().map(layer).collect(),
            skipped.into_iter().map(reason).collect(),
        )
    }

    #[test]
    fn every_matrix_is_a_weight_a_part_of_one_or_named() {
        let (weights, named) = listed(&[
            ("10.weight", Dtype::F32, &[3, 2]),
            ("10.weight_u", Dtype::F32, &[1, 3]),
            ("2.weight", Dtype::F32, &[3, 2]),
            ("2.weight_u", Dtype::F32, &[3, 2]),
            ("3.weight", Dtype::I8, &[3, 2]),
            ("4.weight_v", Dtype::F32, &[3, 2]),
            ("5.weight_g", Dtype::F32, &[3, 1]),
            ("5.weight_v", Dtype::F32, &[3, 2]),
            ("6.sn_u", Dtype::F32, &[1, 3]),
            ("positions", Dtype::F32, &[3, 2]),
            ("running_mean", Dtype::F32, &[3]),
            ("training.adam_d.state.0.exp_avg", Dtype::F32, &[3, 2]),
        ]);
        // A matrix is not a stored vector, and directions without lengths are a weight.
        let expected = ["2", "2.weight_u", "4.weight_v", "5", "10 by 10.weight_u"];
        assert_eq!(weights, expected);
        let expected = [
            "3.weight: numbers of type I8 are not audited",
            "6.sn_u: not a weight of a layer, by its key",
            "positions: not a weight of a layer, by its key",
            "training.adam_d.state.0.exp_avg: Adam's moments",
        ];
        assert_eq!(named, expected);
    }
}
