//! Gradients of D's output with respect to its input samples.

use super::{
    Gpu,
    arguments::{Address, int},
    buffers::Buffer,
    kernels::{blocks, launch},
};
use crate::engine::nn::backend::Result;

/// Samples of a block, as in `kernels/update.cu`.
const SAMPLES: u32 = 32;

/// See [`crate::engine::nn::Backend::scale_samples`].
pub(super) fn scale(
    gpu: &Gpu,
    gradients: &mut Buffer,
    slopes: &Buffer,
    batch: usize,
    knobs: &Buffer,
    norms: Address,
) -> Result<()> {
    let (features, batch) = (int(gradients.length() / batch.max(1))?, int(batch)?);
    let (gradients, slopes) = (gradients.start(), slopes.start());
    let knobs = knobs.start();
    launch!(
        gpu,
        scale_samples,
        blocks(batch.unsigned_abs().div_ceil(SAMPLES), 1, 1),
        features,
        batch,
        gradients,
        slopes,
        knobs,
        norms
    )
}
