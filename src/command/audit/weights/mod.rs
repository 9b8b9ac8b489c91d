//! σ by power iteration, as training has it, against σ by singular value decomposition.
//!
//! Weights are taken as they stand in the file, in double precision. Power iteration works in single precision, as in
//! training; a weight that single precision cannot hold is divided by a power of two for it.

mod groups;
mod key;
mod layout;
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

pub use places::{places, places_of};
pub use row::{Audit, Nearer, NoNorm, Note, Row, Start};
pub use weight::{LeftOut, Listing, Made, Vectors, Weight, Why, weights};

use crate::{
    random::{self, Stream},
    tensors::{Error, Tensors},
};
use groups::Convolution;
use subject::{Stored, Subject};

/// Name of the layer that a random matrix is.
pub const RANDOM: &str = "random";
/// Where random matrices begin in the streams of weights and start vectors.
const RANDOM_INDEX: u64 = 1 << 24;
/// Where the layers of files begin in the stream of start vectors, and how many there may be.
const LAYERS: u64 = 1 << 35;

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Numbers of iterations to show, each counted from the start vectors.
    pub iterations: Vec<usize>,
    /// Seed of start vectors and random matrices.
    pub seed: u64,
    /// (height, width) of the images that convolutions get whose own size is not known.
    pub input: (usize, usize),
    /// What is known of layers besides their weights.
    pub known: BTreeMap<String, Known>,
    /// What the layers' names lack of those in the file of a whole run: `g.` in an export of G.
    pub network: String,
}

/// What is known of a layer besides its weight. A convolution of unknown stride has stride 1, one of unknown padding
/// (kernel − 1)/2 zeros at each side, rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// A transposed convolution, stored as (in, out, …).
    pub transposed: Option<bool>,
    pub stride: Option<usize>,
    pub padding: Option<usize>,
    pub input: Option<(usize, usize)>,
    /// 1 of a plain convolution.
    pub groups: Option<usize>,
}

impl Options {
    fn of(&self, layer: &str) -> Known {
        self.known.get(layer).copied().unwrap_or_default()
    }

    /// Place of a layer in the stream of start vectors: by its name, so that it starts alike in every file that holds it.
    fn index(&self, layer: &str) -> u64 {
        let name = Sha256::digest(format!("{}{layer}", self.network));
        let first = name.iter().take(8);
        let number = first.fold(0u64, |number, &byte| (number << 8) | u64::from(byte));
        LAYERS + number % LAYERS
    }
}

/// Audits the weight at `index` among those of its model, whose order is that of the layers.
///
/// # Errors
/// The disk's.
pub fn weight(
    tensors: &mut Tensors,
    weights: &[Weight],
    index: usize,
    options: &Options,
) -> Result<Audit, Error> {
    let weight = &weights[index];
    let known = options.of(&weight.layer);
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
            Some(Stored {
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
        known,
        groups_unknown: known.groups.is_none() && may_have_groups,
    };
    Ok(subject.audit(options))
}

/// Audits the `index`-th matrix of standard normal numbers.
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
        known: Known::default(),
        groups_unknown: false,
    };
    subject.audit(options)
}

fn numbers(tensors: &mut Tensors, weight: &Weight) -> Result<Vec<f64>, Error> {
    let mut read = |key: &str| Ok::<_, Error>(tensors.read(key)?.unwrap_or_default());
    match &weight.made {
        Made::Tensor(key) => read(key),
        Made::Normed {
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

/// A weight of four dimensions as a convolution, as far as is known without its numbers.
fn convolution(weight: &Weight, options: &Options) -> Option<Convolution> {
    let shape = <[usize; 4]>::try_from(&*weight.shape).ok()?;
    let rows = weight.vectors.as_ref().map(|vectors| vectors.u.1);
    let transposed = layout::told(&weight.shape, options.of(&weight.layer), rows);
    Some(Convolution {
        shape,
        transposed: transposed.unwrap_or(false),
    })
}
