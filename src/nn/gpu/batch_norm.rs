//! Batch normalization with its activation: a block for the sums of each channel, then a thread for each number.

use super::{
    Gpu,
    arguments::{Below, int},
    buffers::Buffer,
    kernels::{blocks, each, launch},
};
use crate::nn::{
    backend::{self, Result},
    layer::BatchNorm,
};

/// See [`crate::nn::Backend::normalize`].
pub fn forward(
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
        each(all),
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

/// A backward pass from `upstream`, the gradient of γ·x̂ + β.
pub struct Backward<'a> {
    pub norm: &'a BatchNorm,
    pub numbers: &'a Buffer,
    pub x: &'a Buffer,
    pub moments: &'a Buffer,
    /// Whether the moments do not depend on x.
    pub constant: bool,
    pub upstream: &'a Buffer,
}

impl Backward<'_> {
    /// The gradient of x where it is wanted, and those of γ and β where there is room for them.
    pub fn run(
        &self,
        gpu: &Gpu,
        below: Option<backend::Below<Gpu>>,
        gradients: Option<&mut Buffer>,
    ) -> Result<Option<Buffer>> {
        let (norm, channels) = (self.norm, self.norm.channels);
        let (count, length) = (int(channels)?, int(self.x.length() / channels.max(1))?);
        let (x, moments, upstream) = (self.x.start(), self.moments.start(), self.upstream.start());
        let room = gpu.take(2 * channels)?;
        let (of_gamma, of_beta) = match gradients {
            Some(gradients) => (
                gradients.at(norm.gamma.clone()),
                gradients.at(norm.beta.clone()),
            ),
            None => (room.start(), room.at(channels..2 * channels)),
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
        let Some(below) = below else {
            return Ok(None);
        };
        let y = gpu.take(self.x.length())?;
        let gamma = self.numbers.at(norm.gamma.clone());
        let (constant, end) = (i32::from(self.constant), Below::of(&below));
        let grid = each(int(self.x.length())?);
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
