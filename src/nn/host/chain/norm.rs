//! Batch normalization in a pass.

use std::sync::Arc;

use dfdx::prelude::*;

use super::{
    BatchStatistics,
    saved::{Finish, Slope},
};
use crate::nn::{
    Matrix, Mode,
    host::{
        Host, Result,
        batch_norm::{self, Moments},
        buffers::{self, Buffer},
        read_buffer,
    },
    layer::BatchNorm,
};

/// What a batch normalization leaves to its backward pass.
pub struct Saved {
    pub input: Arc<Buffer>,
    batch: usize,
    gamma: Buffer,
    moments: Vec<Moments>,
    /// Whether these are running ones.
    constant: bool,
    /// γ and β, if their gradients are wanted.
    parameters: Option<(Matrix<Cpu>, Matrix<Cpu>)>,
    pub slope: Option<Slope>,
}

/// y = f(γ·x̂ + β), what the backward pass needs, and the statistics of the batch in [`Mode::Train`].
pub fn forward(
    norm: &BatchNorm<Host>,
    x: &Arc<Buffer>,
    batch: usize,
    mode: Mode,
    parameters: bool,
) -> (Arc<Buffer>, Saved, Option<BatchStatistics>) {
    let (gamma, beta) = (read_buffer(&norm.gamma), read_buffer(&norm.beta));
    let width = x.len() / gamma.len();
    let running = (mode == Mode::Evaluate).then(|| {
        let (mean, variance) = (
            read_buffer(&norm.running.mean),
            read_buffer(&norm.running.variance),
        );
        let pairs = mean.iter().zip(variance.iter());
        pairs
            .map(|(&mean, &variance)| Moments { mean, variance })
            .collect::<Vec<_>>()
    });
    let mut y = buffers::take(x.len());
    let line = (&*gamma, &*beta);
    let constant = running.as_deref();
    let moments = batch_norm::forward(x, batch, line, norm.activation, constant, &mut y);
    let statistics = (mode == Mode::Train).then(|| {
        let unbias = width as f32 / (width.max(2) - 1) as f32;
        let mean = moments.iter().map(|m| m.mean).collect();
        [mean, moments.iter().map(|m| m.variance * unbias).collect()]
    });
    let y = Arc::new(y);
    let saved = Saved {
        input: x.clone(),
        batch,
        gamma,
        moments,
        constant: running.is_some(),
        parameters: parameters.then(|| (norm.gamma.clone(), norm.beta.clone())),
        slope: Slope::new(norm.activation, &y),
    };
    (y, saved, statistics)
}

impl Saved {
    /// The gradients of γ and β, and that of the input into `out`, from `upstream`, that of γ·x̂ + β.
    pub fn backward(
        &self,
        upstream: &[f32],
        gradients: &mut Gradients<f32, Cpu>,
        out: Option<&mut [f32]>,
        finish: Finish,
    ) -> Result<()> {
        let sums = batch_norm::backward(
            upstream,
            &self.input,
            self.batch,
            &self.gamma,
            &self.moments,
            self.constant,
            out,
            |offset, part| finish.apply(offset, part, 1.0),
        );
        if let Some((gamma, beta)) = &self.parameters {
            let column = gradients.get_or_alloc_mut(gamma)?;
            column.iter_mut().zip(&sums).for_each(|(g, sum)| *g = sum.0);
            let column = gradients.get_or_alloc_mut(beta)?;
            column.iter_mut().zip(&sums).for_each(|(g, sum)| *g = sum.1);
        }
        Ok(())
    }
}
