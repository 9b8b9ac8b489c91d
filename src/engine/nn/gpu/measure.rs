//! Norms of gradients, the guard's decision on an update, and its record.

use super::{
    Gpu,
    arguments::{Address, MeasureArguments, PARTS, Parts, int},
    buffers::Buffer,
    kernels::{blocks, launch},
};
use crate::engine::nn::{backend::Result, record::RecordLayout};

/// Blocks for each part, as in `kernels/update.cu`.
const SHARES: usize = 32;

/// See [`crate::engine::nn::Backend::measure`].
pub(super) fn measure(
    gpu: &Gpu,
    gradients: &Buffer,
    figures: &[&Buffer],
    record: &mut Buffer,
    layout: &RecordLayout,
    (history, knobs): (&mut Buffer, &Buffer),
    guard: &mut Buffer,
) -> Result<()> {
    let all = layout.parts.len();
    let shares = gpu.take(all * SHARES)?;
    let mut arguments = MeasureArguments {
        parts: -1,
        length: int(layout.length())?,
        place: int(layout.figures().start)?,
        counts: [0; 2],
        figures: [Address::NONE; 2],
        shares: shares.start(),
        knobs: knobs.start(),
        record: record.start(),
        history: history.start(),
        guard: guard.start(),
        ticket: gpu.tickets().of_measure(),
    };
    let mut remaining = layout.figures;
    for (place, figures) in figures.iter().enumerate().take(2) {
        let count = figures.length().min(remaining);
        arguments.counts[place] = int(count)?;
        arguments.figures[place] = figures.start();
        remaining -= count;
    }
    for first in (0..all.max(1)).step_by(PARTS) {
        let chunk = &layout.parts[first..all.min(first + PARTS)];
        let mut parts = Parts {
            count: int(chunk.len())?,
            start: [0; PARTS],
            length: [0; PARTS],
        };
        for (place, part) in chunk.iter().enumerate() {
            parts.start[place] = int(part.start)?;
            parts.length[place] = int(part.len())?;
        }
        if first + PARTS >= all {
            arguments.parts = int(all)?;
        }
        let to = shares.at(first * SHARES..(first + chunk.len()) * SHARES);
        let grid = blocks(SHARES as u32, parts.count.unsigned_abs().max(1), 1);
        let gradients = gradients.start();
        launch!(gpu, part_norms, grid, parts, gradients, to, arguments)?;
    }
    Ok(())
}
