//! Losses of D's outputs, with their derivatives.

use super::{
    Gpu,
    arguments::{Aim, int},
    buffers::Buffer,
    kernels::{blocks, launch},
};
use crate::nn::{
    backend::Result,
    record::{Objective, Record},
};

/// See [`crate::nn::Backend::loss`].
pub fn loss(
    gpu: &Gpu,
    raw: &Buffer,
    objective: &Objective,
    knobs: &Buffer,
    record: &mut Buffer,
    places: &Record,
) -> Result<Buffer> {
    let slopes = gpu.take(raw.length())?;
    let (samples, aim) = (int(raw.length())?, Aim::of(objective)?);
    let total = record.at(Record::LOSS..Record::LOSS + 1);
    let scores = record.at(places.scores());
    let (raw, knobs, to) = (raw.start(), knobs.start(), slopes.start());
    launch!(
        gpu,
        loss,
        blocks(1, 1, 1),
        samples,
        aim,
        raw,
        knobs,
        scores,
        total,
        to
    )?;
    Ok(slopes)
}
