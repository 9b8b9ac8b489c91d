//! σ by power iteration, as training has it, against σ by singular value decomposition.
//!
//! Weights are taken as they stand in the file, in double precision. Power iteration works in single precision, as in
//! training; a weight that single precision cannot hold is divided by a power of two for it.

pub mod file;
mod places;
mod row;
mod scale;
pub(in crate::spectral) mod svd;
mod weight;

use std::collections::BTreeMap;

use rand_distr::{Distribution, StandardNormal};

pub use file::{Error, TensorFile};
pub use places::places;
pub use row::{Audit, Note, Row};
pub use weight::{Weight, weights};

use super::{
    Layout,
    host::{power_iteration, unit_vector},
    operator::{self, Place},
};
use crate::random::{self, Stream};
use scale::Scaled;
use svd::Leading;

/// Name of the layer that a random matrix is.
pub const RANDOM: &str = "random";
/// Where random matrices begin in the streams of weights and start vectors.
const RANDOM_INDEX: u64 = 1 << 24;

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
}

/// What is known of a layer besides its weight. A convolution of unknown stride has stride 1, one of unknown padding
/// (kernel − 1)/2 zeros at each side, rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// A transposed convolution, stored as (in, out, …).
    pub transposed: bool,
    pub stride: Option<usize>,
    pub padding: Option<usize>,
    pub input: Option<(usize, usize)>,
}

/// A weight with its stored vectors.
struct Subject {
    layer: String,
    shape: Vec<usize>,
    weight: Vec<f64>,
    stored: Option<[Vec<f64>; 2]>,
    /// In the stream of start vectors.
    index: u64,
}

/// Audits the weight that is the `index`-th of a file; none where its numbers are of a type that cannot be read.
///
/// # Errors
/// The disk's.
pub fn weight(
    file: &mut TensorFile,
    weight: &Weight,
    index: u64,
    options: &Options,
) -> Result<Option<Audit>, Error> {
    let Some(numbers) = file.read(&weight.key)? else {
        return Ok(None);
    };
    let stored = match weight.vectors(file) {
        Some([u, v]) => file.read(u)?.zip(file.read(v)?).map(|(u, v)| [u, v]),
        None => None,
    };
    let shape = file.shape(&weight.key).unwrap_or_default().to_vec();
    let subject = Subject {
        layer: weight.layer.clone(),
        shape,
        weight: numbers,
        stored,
        index,
    };
    Ok(Some(subject.audit(options)))
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
    };
    subject.audit(options)
}

impl Subject {
    fn audit(self, options: &Options) -> Audit {
        let known = options.known.get(&self.layer).copied().unwrap_or_default();
        let stored_u = self.stored.as_ref().map(|[u, _]| u.len());
        let second = stored_u.is_some_and(|u| u == self.shape[1] && u != self.shape[0]);
        let transposed = known.transposed || second;
        let layout = layout(&self.shape, transposed);
        let lengths = (layout.rows, layout.blocks.saturating_mul(layout.columns));
        let place = <[usize; 4]>::try_from(&*self.shape).ok().map(|shape| {
            let same = |kernel: usize| known.padding.unwrap_or(kernel.saturating_sub(1) / 2);
            let place = Place {
                stride: known.stride.unwrap_or(1),
                padding: (same(shape[2]), same(shape[3])),
                input: known.input.unwrap_or(options.input),
                transposed,
            };
            (shape, place)
        });

        let finite = |numbers: &[f64]| numbers.iter().all(|x| x.is_finite());
        let weight_finite = finite(&self.weight);
        let zero = self.weight.iter().all(|&w| w == 0.0);
        let fits = |[u, v]: &[Vec<f64>; 2]| (u.len(), v.len()) == lengths;
        let note = if !weight_finite {
            Some(Note::NonFinite)
        } else if self.stored.as_ref().is_some_and(|stored| !fits(stored)) {
            Some(Note::ShapeMismatch)
        } else if zero {
            Some(Note::Zero)
        } else if self.stored.iter().flatten().any(|vector| !finite(vector)) {
            Some(Note::NonFinite)
        } else {
            None
        };

        let scaled = Scaled::of(&self.weight);
        let leading = (weight_finite && !zero)
            .then(|| Leading::of(&scaled.numbers, &layout))
            .flatten();
        let sigma_svd = if zero && weight_finite {
            Some(0.0)
        } else {
            let sigma = leading
                .as_ref()
                .map(|leading| leading.sigma * scaled.factor);
            sigma.filter(|sigma| sigma.is_finite())
        };
        let square = |sum: f64, &w: &f64| sum + w * w;
        let frobenius = scaled.numbers.iter().fold(0.0, square).sqrt() * scaled.factor;
        drop(scaled);
        let operator = place.map(|(shape, place)| operator::norm(&self.weight, shape, &place));
        let row = |estimate: &Estimate| {
            let svd = sigma_svd.filter(|&svd| svd > 0.0);
            let error = svd.zip(estimate.sigma);
            let finite = |number: f64| number.is_finite().then_some(number);
            Row {
                layer: self.layer.clone(),
                shape: self.shape.clone(),
                iterations: estimate.iterations,
                sigma_power: estimate.sigma,
                sigma_svd,
                relative_error: error.and_then(|(svd, power)| finite((power - svd).abs() / svd)),
                cosine_error_u: leading.as_ref().and_then(|l| l.cosine_error_u(&estimate.u)),
                cosine_error_v: leading.as_ref().and_then(|l| l.cosine_error_v(&estimate.v)),
                sigma_normalized: error.and_then(|(svd, power)| finite(svd / power.abs())),
                frobenius: finite(frobenius),
                stable_rank: svd.and_then(|svd| finite((frobenius / svd).powi(2))),
                operator_norm: operator.and_then(Result::ok),
                note,
            }
        };
        Audit {
            rows: self
                .estimates(&layout, note, options)
                .iter()
                .map(row)
                .collect(),
            matrix: lengths,
            stored: self.stored.is_some(),
            place: place.map(|(_, place)| place),
            unknown: operator.and_then(Result::err),
        }
    }

    /// What power iteration gives after each wanted number of iterations, in their order.
    fn estimates(&self, layout: &Layout, note: Option<Note>, options: &Options) -> Vec<Estimate> {
        let mut wanted = Vec::new();
        let first = self.stored.is_some().then_some(0);
        for &iterations in first.iter().chain(&options.iterations) {
            if !wanted.contains(&iterations) {
                wanted.push(iterations);
            }
        }
        let [mut u, mut v] = match (&self.stored, note) {
            (_, Some(Note::ShapeMismatch | Note::NonFinite | Note::Zero)) => {
                let sigma = (note == Some(Note::Zero)).then_some(0.0);
                let none = |iterations| Estimate {
                    iterations,
                    sigma,
                    ..Estimate::default()
                };
                return wanted.into_iter().map(none).collect();
            }
            (Some(stored), None) => stored.each_ref().map(|vector| scale::single(vector)),
            (None, None) => {
                let stream = Stream::PowerIteration;
                let mut rng = random::generator(options.seed, stream, self.index);
                [layout.rows, layout.width()].map(|length| unit_vector(length, &mut rng))
            }
        };
        let (weight, factor) = scale::within_single(&self.weight);
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|&i| wanted[i]);
        let mut estimates = vec![Estimate::default(); wanted.len()];
        let mut done = 0;
        for i in order {
            let more = wanted[i] - done;
            let sigma = power_iteration(&weight, layout, &mut u, &mut v, more);
            done = wanted[i];
            estimates[i] = Estimate {
                iterations: done,
                sigma: sigma.is_finite().then(|| f64::from(sigma) * factor),
                u: u.clone(),
                v: v.clone(),
            };
        }
        estimates
    }
}

#[derive(Clone, Debug, Default)]
struct Estimate {
    iterations: usize,
    sigma: Option<f64>,
    u: Vec<f32>,
    v: Vec<f32>,
}

/// The matrix of a weight of two or more dimensions: the first axis (of a transposed convolution the second) against
/// all others.
fn layout(shape: &[usize], transposed: bool) -> Layout {
    let product = |sizes: &[usize]| sizes.iter().fold(1usize, |a, &b| a.saturating_mul(b));
    if transposed {
        Layout {
            blocks: shape[0],
            rows: shape[1],
            columns: product(&shape[2..]),
        }
    } else {
        Layout::plain(shape[0], product(&shape[1..]))
    }
}
