//! Compares σ by power iteration, as in training, with σ by singular value decomposition.
//!
//! Weights are read in double precision. Power iteration works in single precision, as in training. A weight beyond the
//! range of single precision is divided by a power of two for it.

mod groups;
mod key;
mod layout;
mod listing;
mod normed;
mod order;
mod places;
mod row;
mod scale;
mod subject;
mod weight;

use std::collections::BTreeMap;

use rand_distr::{Distribution, StandardNormal};
use sha2::{Digest, Sha256};

pub use listing::{Listing, SkipReason, Skipped, weights};
pub use places::{layers_of_network, layers_of_run};
pub use row::{Audit, ChosenLayout, NoNorm, Note, Row, Start};
pub use weight::{Composition, Vectors, Weight};

use crate::{
    engine::random::{self, Stream},
    files::tensors::{Error, Tensors},
};
use groups::Convolution;
use subject::{StoredVectors, Subject};

/// Layer name of a random matrix.
pub const RANDOM: &str = "random";
/// First index of random matrices in the streams of weights and start vectors.
const RANDOM_INDEX: u64 = 1 << 24;
/// First index of the layers of files in the stream of start vectors, and the number of indices.
const LAYERS: u64 = 1 << 35;

/// Options of an audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Numbers of iterations to show, counted from the start vectors.
    pub iterations: Vec<usize>,
    /// Seed of random matrices and fresh start vectors.
    pub seed: u64,
    /// (height, width) of the images of convolutions without a known size.
    pub input: (usize, usize),
    /// Information by layer.
    pub layers: BTreeMap<String, LayerInfo>,
    /// The prefix that a file of the whole run has before the names of these layers: `g.` for an export of G.
    pub network: String,
}

/// Information about a layer that its weight does not contain. A convolution without a known stride gets 1, one without
/// known padding (kernel − 1)/2 zeros at each side, rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerInfo {
    /// Whether it is a transposed convolution, stored as (in, out, …).
    pub transposed: Option<bool>,
    /// Stride along both axes.
    pub stride: Option<usize>,
    /// Zeros at each side.
    pub padding: Option<usize>,
    /// (height, width) of its input.
    pub input: Option<(usize, usize)>,
    /// Number of groups; 1 for a plain convolution.
    pub groups: Option<usize>,
}

impl Options {
    fn layer(&self, layer: &str) -> LayerInfo {
        self.layers.get(layer).copied().unwrap_or_default()
    }

    /// Returns the index of a layer in the stream of start vectors. It depends on the name only, so that a layer has equal
    /// start vectors in every file.
    fn index(&self, layer: &str) -> u64 {
        let name = Sha256::digest(format!("{}{layer}", self.network));
        let first = name.iter().take(8);
        let number = first.fold(0u64, |number, &byte| (number << 8) | u64::from(byte));
        LAYERS + number % LAYERS
    }
}

/// Audits the weight at `index` of `weights`, which are all weights of a model in the order of their layers.
///
/// # Errors
/// The file cannot be read.
pub fn weight(
    tensors: &mut Tensors,
    weights: &[Weight],
    index: usize,
    options: &Options,
) -> Result<Audit, Error> {
    let weight = &weights[index];
    let info = options.layer(&weight.layer);
    let convolution = convolution(weight, options);
    let before = weights[..index].iter().rev();
    let before = before
        .filter_map(|weight| self::convolution(weight, options))
        .next();
    let may_have_groups = convolution.is_some_and(|own| own.may_have_groups(before.as_ref()));
    let stored = match &weight.vectors {
        None => None,
        Some(Vectors { u, v }) => {
            let u = tensors.read(&u.0)?.unwrap_or_default();
            let v = v.as_ref().map(|v| tensors.read(v)).transpose()?;
            Some(StoredVectors {
                u,
                v: v.map(Option::unwrap_or_default),
            })
        }
    };
    let subject = Subject {
        layer: weight.layer.clone(),
        shape: weight.shape.clone(),
        weight: numbers(tensors, weight)?,
        stored,
        index: options.index(&weight.layer),
        info,
        groups_unknown: info.groups.is_none() && may_have_groups,
    };
    Ok(subject.audit(options))
}

/// Audits the random matrix number `index`, of standard normal numbers.
pub fn random(rows: usize, columns: usize, index: u64, options: &Options) -> Audit {
    let index = RANDOM_INDEX + index;
    let mut rng = random::generator(options.seed, Stream::Weights, index);
    let subject = Subject {
        layer: RANDOM.to_owned(),
        shape: vec![rows, columns],
        weight: (0..rows * columns)
            .map(|_| f64::from(Distribution::<f32>::sample(&StandardNormal, &mut rng)))
            .collect(),
        stored: None,
        index,
        info: LayerInfo::default(),
        groups_unknown: false,
    };
    subject.audit(options)
}

/// Reads the values of a weight, or computes them if it has weight normalization.
fn numbers(tensors: &mut Tensors, weight: &Weight) -> Result<Vec<f64>, Error> {
    let mut read = |key: &str| Ok::<_, Error>(tensors.read(key)?.unwrap_or_default());
    match &weight.composition {
        Composition::Tensor(key) => read(key),
        Composition::WeightNorm {
            lengths,
            directions,
            axis,
        } => Ok(normed::weight(
            &read(lengths)?,
            &read(directions)?,
            &weight.shape,
            *axis,
        )),
    }
}

/// Returns a weight of four dimensions as a convolution, judged without its values.
fn convolution(weight: &Weight, options: &Options) -> Option<Convolution> {
    let shape = <[usize; 4]>::try_from(&*weight.shape).ok()?;
    let rows = weight.vectors.as_ref().map(|vectors| vectors.u.1);
    let transposed = layout::is_transposed(&weight.shape, options.layer(&weight.layer), rows);
    Some(Convolution {
        shape,
        transposed: transposed.unwrap_or(false),
    })
}
