//! Losses of D's scores and their derivatives.

use super::{
    Gpu,
    arguments::{LossArguments, int},
    buffers::Buffer,
    kernels::{blocks, launch},
};
use crate::engine::nn::{
    backend::Result,
    record::{Objective, RecordLayout},
};

/// See [`crate::engine::nn::Backend::loss`].
pub(super) fn loss(
    gpu: &Gpu,
    raw: &Buffer,
    objective: &Objective,
    knobs: &Buffer,
    record: &mut Buffer,
    layout: &RecordLayout,
) -> Result<Buffer> {
    let slopes = gpu.take(raw.length())?;
    let (samples, arguments) = (int(raw.length())?, LossArguments::of(objective)?);
    let total = record.at(RecordLayout::LOSS..RecordLayout::LOSS + 1);
    let scores = record.at(layout.scores());
    let (raw, knobs, to) = (raw.start(), knobs.start(), slopes.start());
    launch!(
        gpu,
        loss,
        blocks(1, 1, 1),
        samples,
        arguments,
        raw,
        knobs,
        scores,
        total,
        to
    )?;
    Ok(slopes)
}
