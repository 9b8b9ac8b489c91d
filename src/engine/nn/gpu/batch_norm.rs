//! Batch normalization fused with its activation. A block computes the sums of a channel; then a thread computes each
//! value.

use super::{
    Gpu,
    arguments::{GradientEpilogue, int},
    buffers::Buffer,
    kernels::{blocks, launch, threads_for},
};
use crate::engine::nn::{
    backend::{self, Result},
    layer::BatchNorm,
};

/// See [`crate::engine::nn::Backend::batch_norm`].
pub(super) fn forward(
    gpu: &Gpu,
    norm: &BatchNorm,
    numbers: &Buffer,
    x: &Buffer,
    statistics: Option<&mut Buffer>,
) -> Result<(Buffer, Buffer)> {
    let channels = norm.channels;
    let moments = gpu.take(2 * channels)?;
    let (count, length) = (int(channels)?, int(x.length() / channels.max(1))?);
    let all = int(x.length())?;
    if let Some(statistics) = statistics {
        let [mean, variance] = norm.batch.clone().map(|place| statistics.at(place));
        let grid = blocks(count.unsigned_abs(), 1, 1);
        let to = moments.start();
        launch!(
            gpu,
            batch_moments,
            grid,
            count,
            length,
            x.start(),
            to,
            mean,
            variance
        )?;
    } else {
        for (at, place) in [(0, &norm.mean), (channels, &norm.variance)] {
            let (to, from) = (moments.at(at..at + channels), numbers.at(place.clone()));
            gpu.copy(to, from, channels)?;
        }
    }
    let y = gpu.take(x.length())?;
    let (gamma, beta) = (
        numbers.at(norm.gamma.clone()),
        numbers.at(norm.beta.clone()),
    );
    let activation = super::arguments::Function::from(norm.activation);
    let (from, of) = (x.start(), moments.start());
    let to = y.start();
    launch!(
        gpu,
        normalize,
        threads_for(all),
        count,
        length,
        from,
        of,
        gamma,
        beta,
        activation,
        to
    )?;
    Ok((y, moments))
}

/// A backward pass. `upstream` is the gradient of γ·x̂ + β.
pub(super) struct Backward<'a> {
    pub norm: &'a BatchNorm,
    pub numbers: &'a Buffer,
    pub x: &'a Buffer,
    pub moments: &'a Buffer,
    /// Whether the moments are constants and not functions of x.
    pub constant: bool,
    pub upstream: &'a Buffer,
}

impl Backward<'_> {
    /// Returns the gradient of x if there is an `epilogue`, and writes those of γ and β to `gradients` if given.
    pub(super) fn run(
        &self,
        gpu: &Gpu,
        epilogue: Option<backend::GradientEpilogue<Gpu>>,
        gradients: Option<&mut Buffer>,
    ) -> Result<Option<Buffer>> {
        let (norm, channels) = (self.norm, self.norm.channels);
        let (count, length) = (int(channels)?, int(self.x.length() / channels.max(1))?);
        let (x, moments, upstream) = (self.x.start(), self.moments.start(), self.upstream.start());
        let unwanted = gpu.take(2 * channels)?;
        let (of_gamma, of_beta) = match gradients {
            Some(gradients) => (
                gradients.at(norm.gamma.clone()),
                gradients.at(norm.beta.clone()),
            ),
            None => (unwanted.start(), unwanted.at(channels..2 * channels)),
        };
        let grid = blocks(count.unsigned_abs(), 1, 1);
        launch!(
            gpu,
            normalize_sums,
            grid,
            count,
            length,
            x,
            moments,
            upstream,
            of_gamma,
            of_beta
        )?;
        let Some(epilogue) = epilogue else {
            return Ok(None);
        };
        let y = gpu.take(self.x.length())?;
        let gamma = self.numbers.at(norm.gamma.clone());
        let (constant, end) = (i32::from(self.constant), GradientEpilogue::of(&epilogue));
        let grid = threads_for(int(self.x.length())?);
        launch!(
            gpu,
            normalize_input,
            grid,
            count,
            length,
            constant,
            x,
            moments,
            gamma,
            upstream,
            of_gamma,
            of_beta,
            y.start(),
            end
        )?;
        Ok(Some(y))
    }
}
