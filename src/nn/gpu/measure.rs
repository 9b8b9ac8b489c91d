//! Norms of gradients, whether an update is applied, and its record.

use super::{
    Gpu,
    arguments::{Address, Judgement, PARTS, Parts, int},
    buffers::Buffer,
    kernels::{blocks, launch},
};
use crate::nn::{backend::Result, record::Record};

/// Shares that a part is cut into, as in `kernels/update.cu`.
const SHARES: usize = 32;

/// See [`crate::nn::Backend::measure`].
pub fn measure(
    gpu: &Gpu,
    gradients: &Buffer,
    figures: &[&Buffer],
    record: &mut Buffer,
    places: &Record,
    (history, knobs): (&mut Buffer, &Buffer),
    guard: &mut Buffer,
) -> Result<()> {
    let all = places.parts.len();
    let shares = gpu.take(all * SHARES)?;
    let mut judgement = Judgement {
        parts: -1,
        length: int(places.length())?,
        place: int(places.figures().start)?,
        counts: [0; 2],
        figures: [Address::NONE; 2],
        shares: shares.start(),
        knobs: knobs.start(),
        record: record.start(),
        history: history.start(),
        guard: guard.start(),
        ticket: gpu.tickets().of_measure(),
    };
    let mut room = places.figures;
    for (place, figures) in figures.iter().enumerate().take(2) {
        let count = figures.length().min(room);
        judgement.counts[place] = int(count)?;
        judgement.figures[place] = figures.start();
        room -= count;
    }
    for first in (0..all.max(1)).step_by(PARTS) {
        let chunk = &places.parts[first..all.min(first + PARTS)];
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
            judgement.parts = int(all)?;
        }
        let to = shares.at(first * SHARES..(first + chunk.len()) * SHARES);
        let grid = blocks(SHARES as u32, parts.count.unsigned_abs().max(1), 1);
        let gradients = gradients.start();
        launch!(gpu, part_norms, grid, parts, gradients, to, judgement)?;
    }
    Ok(())
}
