//! Norms of gradients, and whether an update is applied.

use super::{
    Gpu,
    arguments::{PARTS, Parts, int},
    buffers::Buffer,
    kernels::{blocks, launch},
};
use crate::nn::{backend::Result, record::Record};

/// Sums of shares that a part is cut into, as in `kernels/update.cu`.
const SHARES: usize = 32;

/// See [`crate::nn::Backend::measure`].
pub fn measure(
    gpu: &Gpu,
    gradients: &Buffer,
    figures: &[&Buffer],
    record: &mut Buffer,
    places: &Record,
    guard: &mut Buffer,
) -> Result<()> {
    let shares = gpu.take(places.parts.len() * SHARES)?;
    for (index, chunk) in places.parts.chunks(PARTS).enumerate() {
        let mut parts = Parts {
            count: int(chunk.len())?,
            start: [0; PARTS],
            length: [0; PARTS],
        };
        for (place, part) in chunk.iter().enumerate() {
            parts.start[place] = int(part.start)?;
            parts.length[place] = int(part.len())?;
        }
        let first = index * PARTS * SHARES;
        let to = shares.at(first..first + chunk.len() * SHARES);
        let grid = blocks(SHARES as u32, parts.count.unsigned_abs(), 1);
        launch!(gpu, part_norms, grid, parts, gradients.start(), to)?;
    }
    let mut place = places.figures().start;
    for figures in figures {
        let count = figures.length().min(places.figures().end - place);
        gpu.copy((record, place), (figures, 0..count))?;
        place += count;
    }
    let (loss, norm) = (
        record.at(Record::LOSS..Record::LOSS + 1),
        record.at(Record::NORM..Record::NORM + 1),
    );
    let (parts, norms) = (int(places.parts.len())?, record.at(places.part_norms()));
    launch!(
        gpu,
        judge,
        blocks(1, 1, 1),
        parts,
        shares.start(),
        loss,
        norm,
        norms,
        guard.start()
    )
}
