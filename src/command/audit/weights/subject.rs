//! The audit of one weight.

use super::{
    Audit, ChosenLayout, LayerInfo, NoNorm, Note, Options, Row, Start, layout,
    scale::{self, Scaled},
};
use crate::{
    engine::{
        random::{self, Stream},
        spectral::{
            operator::{self, Place},
            power::{self, power_iteration, unit_vector},
            svd::Leading,
        },
    },
    preset::Layout,
};

/// A weight to audit.
pub(super) struct Subject {
    pub layer: String,
    pub shape: Vec<usize>,
    pub weight: Vec<f64>,
    pub stored: Option<StoredVectors>,
    /// Index in the stream of start vectors.
    pub index: u64,
    pub info: LayerInfo,
    /// Whether it may be a grouped convolution.
    pub groups_unknown: bool,
}

/// Vectors of power iteration that are stored in the file.
pub(super) struct StoredVectors {
    pub u: Vec<f64>,
    pub v: Option<Vec<f64>>,
}

impl StoredVectors {
    fn is_finite(&self) -> bool {
        let mut numbers = self.u.iter().chain(self.v.iter().flatten());
        numbers.all(|x| x.is_finite())
    }

    /// Returns whether the vectors fit a matrix of (rows, columns).
    fn fit(&self, (rows, columns): (usize, usize)) -> bool {
        self.u.len() == rows && self.v.as_ref().is_none_or(|v| v.len() == columns)
    }
}

/// σ and its vectors after some iterations.
#[derive(Clone, Debug, Default)]
struct Estimate {
    iterations: usize,
    sigma: Option<f64>,
    u: Vec<f32>,
    v: Vec<f32>,
}

impl Subject {
    /// Audits the weight.
    pub(super) fn audit(self, options: &Options) -> Audit {
        let finite = self.weight.iter().all(|w| w.is_finite());
        let zero = self.weight.iter().all(|&w| w == 0.0);
        let scaled = Scaled::of(&self.weight);
        let decomposable = finite && !zero;
        let rows = self.stored.as_ref().map(|stored| stored.u.len());
        let known = layout::is_transposed(&self.shape, self.info, rows);
        // If the layout is unknown, both layouts have equal sizes.
        let plain = lengths(&Layout::of(&self.shape, false));
        let usable = |stored: &&StoredVectors| stored.is_finite() && stored.fit(plain);
        let (transposed, chosen, leading) = match (known, self.stored.as_ref().filter(usable)) {
            (None, Some(stored)) if decomposable => {
                let v = stored.v.as_deref();
                let (chosen, leading) = layout::choose(&scaled, &self.shape, &stored.u, v);
                (chosen == ChosenLayout::Transposed, Some(chosen), leading)
            }
            (known, _) => {
                let transposed = known.unwrap_or(false);
                let layout = Layout::of(&self.shape, transposed);
                let leading = decomposable.then(|| Leading::of(&scaled.numbers, &layout));
                (transposed, None, leading.flatten())
            }
        };
        let layout = Layout::of(&self.shape, transposed);
        let matrix = lengths(&layout);
        let convolution = self.convolution(transposed, options);
        let groups_unknown = self.groups_unknown && !transposed;

        let note = if !finite {
            Some(Note::NonFinite)
        } else if self
            .stored
            .as_ref()
            .is_some_and(|stored| !stored.fit(matrix))
        {
            Some(Note::ShapeMismatch)
        } else if zero {
            Some(Note::Zero)
        } else if self
            .stored
            .as_ref()
            .is_some_and(|stored| !stored.is_finite())
        {
            Some(Note::NonFinite)
        } else {
            groups_unknown.then_some(Note::Groups)
        };

        let sigma_svd = if zero && finite {
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
        let groups = self.info.groups.unwrap_or(1);
        let operator = convolution.map(|(shape, place)| {
            if groups_unknown && !zero {
                Err(NoNorm::Groups)
            } else {
                Ok(operator::grouped(&self.weight, shape, &place, groups)?)
            }
        });
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
            matrix,
            start: self.start(),
            chosen,
            place: convolution.map(|(_, place)| (place, groups)),
            no_norm: operator.and_then(Result::err),
        }
    }

    fn start(&self) -> Start {
        match &self.stored {
            None => Start::Fresh,
            Some(StoredVectors { v: None, .. }) => Start::StoredU,
            Some(StoredVectors { v: Some(_), .. }) => Start::Stored,
        }
    }

    /// Returns shape and place of a convolution, or `None` if the weight does not have four dimensions.
    fn convolution(&self, transposed: bool, options: &Options) -> Option<([usize; 4], Place)> {
        let shape = <[usize; 4]>::try_from(&*self.shape).ok()?;
        let same = |kernel: usize| self.info.padding.unwrap_or(kernel.saturating_sub(1) / 2);
        let place = Place {
            stride: self.info.stride.unwrap_or(1),
            padding: (same(shape[2]), same(shape[3])),
            input: self.info.input.unwrap_or(options.input),
            transposed,
        };
        Some((shape, place))
    }

    /// Returns the estimates after each number of iterations, in the order of the options.
    fn estimates(&self, layout: &Layout, note: Option<Note>, options: &Options) -> Vec<Estimate> {
        let mut wanted = Vec::new();
        let first = self.stored.is_some().then_some(0);
        for &iterations in first.iter().chain(&options.iterations) {
            if !wanted.contains(&iterations) {
                wanted.push(iterations);
            }
        }
        let sigma = match note {
            Some(Note::ShapeMismatch | Note::NonFinite) => Some(None),
            Some(Note::Zero) => Some(Some(0.0)),
            Some(Note::Groups) | None => None,
        };
        if let Some(sigma) = sigma {
            let none = |iterations| Estimate {
                iterations,
                sigma,
                ..Estimate::default()
            };
            return wanted.into_iter().map(none).collect();
        }
        let (weight, factor) = scale::within_single(&self.weight);
        let [mut u, mut v] = self.vectors(&weight, layout, options.seed);
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

    /// Returns u and v before the first iteration.
    fn vectors(&self, weight: &[f32], layout: &Layout, seed: u64) -> [Vec<f32>; 2] {
        match &self.stored {
            Some(StoredVectors { u, v: Some(v) }) => [u, v].map(|vector| scale::single(vector)),
            Some(StoredVectors { u, v: None }) => {
                let u = scale::single(u);
                let v = power::image(weight, layout, &u);
                [u, v]
            }
            None => {
                let mut rng = random::generator(seed, Stream::PowerIteration, self.index);
                [layout.rows, layout.width()].map(|length| unit_vector(length, &mut rng))
            }
        }
    }
}

/// Returns (rows, columns) of a layout.
fn lengths(layout: &Layout) -> (usize, usize) {
    (layout.rows, layout.blocks.saturating_mul(layout.columns))
}
