//! Which tensors of a state dict are weights, and which vectors belong to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    key::Key,
    normed::{self, Axis},
    order::natural,
};
use crate::tensors::Tensors;

/// A weight of two or more dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Path of its module, and its name where that is not `weight`; empty at the root.
    pub layer: String,
    /// The tensor's own; of weight normalization that of its directions.
    pub shape: Vec<usize>,
    pub made: Made,
    pub vectors: Option<Vectors>,
}

/// The keys of what a weight is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    Tensor(String),
    /// g·v/‖v‖ (Salimans & Kingma 2016).
    Normed {
        lengths: String,
        directions: String,
        axis: Axis,
    },
}

/// Vectors of power iteration that are stored with a weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vectors {
    /// Key of u, and its length.
    pub u: (String, usize),
    /// Key of v; none where the first iteration makes it.
    pub v: Option<String>,
}

/// A tensor of two or more dimensions that is not audited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub key: String,
    pub why: Why,
}

/// Why a tensor is not audited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Numbers that are not read, by the name of their type.
    Type(String),
    /// What is computed from this key's tensor.
    CopyOf(String),
    /// What a checkpoint of this program keeps of Adam.
    Moments,
    Unknown,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(dtype) => write!(f, "numbers of type {dtype} are not audited"),
            Self::CopyOf(key) => write!(f, "a copy of {key}"),
            Self::Moments => write!(f, "Adam's moments"),
            Self::Unknown => write!(f, "no key of a layer's weight"),
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// In the order of their layers, numbers in paths by their value.
    pub weights: Vec<Weight>,
    /// All other tensors of two or more dimensions, but for stored vectors and the halves of weight normalization.
    pub left_out: Vec<LeftOut>,
}

/// What stands before the keys of Adam's moments in a checkpoint of this program.
const MOMENTS: &str = "training.adam_";

/// The weights in these tensors.
pub fn weights(tensors: &Tensors) -> Listing {
    let known = Known::of(tensors);
    let mut listing = Listing::default();
    for (key, shape) in &known.matrices {
        match known.role(key, shape) {
            Role::Weight(weight) => listing.weights.push(weight),
            Role::Part => {}
            Role::LeftOut(why) => listing.left_out.push(LeftOut {
                key: key.clone(),
                why,
            }),
        }
    }
    let by_layer = |a: &Weight, b: &Weight| natural(&a.layer, &b.layer);
    listing.weights.sort_by(by_layer);
    listing
}

enum Role {
    Weight(Weight),
    /// A stored vector, or half of a weight.
    Part,
    LeftOut(Why),
}

/// Everything that there is of a model's tensors but their numbers.
struct Known<'a> {
    tensors: &'a Tensors,
    /// Those of two or more dimensions.
    matrices: BTreeMap<String, Vec<usize>>,
    /// Parameters that stand there as they are, or as a raw weight.
    parameters: BTreeSet<String>,
    /// Keys of both halves of weight normalization that fit each other.
    halves: BTreeSet<String>,
}

impl<'a> Known<'a> {
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

    fn role(&self, key: &str, shape: &[usize]) -> Role {
        if let Some(halves) = halves_of(self.tensors, key, shape) {
            let made = Made::Normed {
                lengths: halves.lengths,
                directions: key.to_owned(),
                axis: halves.axis,
            };
            return Role::Weight(weight(&halves.parameter, shape, made, None));
        }
        if self.halves.contains(key) || self.is_vector(key, shape) {
            return Role::Part;
        }
        if key.starts_with(MOMENTS) {
            return Role::LeftOut(Why::Moments);
        }
        let parameter = match Key::of(key) {
            Key::Plain { parameter } | Key::Raw { parameter } => parameter,
            Key::Bar { parameter } => {
                let sources = [format!("{parameter}_orig"), parameter.clone()];
                let mut sources = sources.into_iter();
                match sources.find(|key| self.tensors.info(key).is_some()) {
                    Some(source) => return Role::LeftOut(Why::CopyOf(source)),
                    None => parameter,
                }
            }
            Key::Directions { .. } | Key::Other => return Role::LeftOut(Why::Unknown),
        };
        if self.tensors.shape(key).is_none() {
            let dtype = self.tensors.info(key).map(|(_, dtype)| dtype);
            return Role::LeftOut(Why::Type(dtype.unwrap_or_default()));
        }
        let made = Made::Tensor(key.to_owned());
        Role::Weight(weight(&parameter, shape, made, self.vectors(&parameter)))
    }

    fn is_vector(&self, key: &str, shape: &[usize]) -> bool {
        let of = Key::vector_of(key);
        is_vector(shape) && of.is_some_and(|parameter| self.parameters.contains(&parameter))
    }

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

fn weight(parameter: &str, shape: &[usize], made: Made, vectors: Option<Vectors>) -> Weight {
    Weight {
        layer: Key::layer(parameter).to_owned(),
        shape: shape.to_vec(),
        made,
        vectors,
    }
}

/// Weight normalization, as the key of its directions finds it.
struct Halves {
    parameter: String,
    /// Their key.
    lengths: String,
    axis: Axis,
}

/// What belongs to directions that have fitting lengths beside them.
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

/// At most one of its sides is not 1.
fn is_vector(shape: &[usize]) -> bool {
    shape.iter().filter(|&&side| side != 1).count() <= 1
}

#[cfg(test)]
mod tests {
    use safetensors::{Dtype, tensor::TensorView};

    use super::*;
    use crate::tensors::TensorFile;

    /// What is listed of tensors of zeros: layers, and keys with reasons.
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
        let Listing { weights, left_out } = weights(&tensors);
        let layer = |weight: Weight| match weight.vectors {
            None => weight.layer,
            Some(vectors) => format!("{} by {}", weight.layer, vectors.u.0),
        };
        let reason = |left: LeftOut| format!("{}: {}", left.key, left.why);
        (
            weights.into_iter().map(layer).collect(),
            left_out.into_iter().map(reason).collect(),
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
        // u and v that are matrices are no vectors, and directions without lengths no half of a weight.
        let expected = ["2", "2.weight_u", "4.weight_v", "5", "10 by 10.weight_u"];
        assert_eq!(weights, expected);
        let expected = [
            "3.weight: numbers of type I8 are not audited",
            "6.sn_u: no key of a layer's weight",
            "positions: no key of a layer's weight",
            "training.adam_d.state.0.exp_avg: Adam's moments",
        ];
        assert_eq!(named, expected);
    }
}
