//! The three products of a convolution: forwards, adjoint, and the gradient of its weight.
//!
//! A convolution is the first forwards and the second backwards, a transposed convolution the reverse.

use std::cell::RefCell;

use rayon::prelude::*;

use super::matmul::{Output, View, gemm};
use crate::nn::Geometry;

/// Numbers in one im2col buffer: 1 MiB, half of a common second-level cache.
const BUFFER: usize = 1 << 18;
/// Columns of one product, beyond which longer ones gain nothing.
const COLUMNS: usize = 512;
/// Parallel tasks that a small problem is cut into where it can be.
const TASKS: usize = 8;

thread_local! {
    static SCRATCH: RefCell<[Vec<f32>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// Two buffers of at least these lengths, of unspecified content; kept by the thread between calls.
fn with_scratch<R>(
    first: usize,
    second: usize,
    work: impl FnOnce(&mut [f32], &mut [f32]) -> R,
) -> R {
    let mut buffers = SCRATCH.take();
    for (buffer, length) in buffers.iter_mut().zip([first, second]) {
        if buffer.len() < length {
            buffer.resize(length, 0.0);
        }
    }
    let [a, b] = &mut buffers;
    let result = work(&mut a[..first], &mut b[..second]);
    SCRATCH.set(buffers);
    result
}

/// Map positions in a chunk whose im2col has `rows` rows of `batch` numbers a position.
fn positions(rows: usize, batch: usize) -> usize {
    (BUFFER / (rows * batch).max(1)).clamp(1, COLUMNS.div_ceil(batch.max(1)))
}

/// Copies what taps read at map positions `first..first + count` into `columns` (channels·taps, count·batch).
fn im2col(
    geometry: &Geometry,
    batch: usize,
    image: &[f32],
    channels: std::ops::Range<usize>,
    (first, count): (usize, usize),
    columns: &mut [f32],
) {
    let mut rows = columns.chunks_exact_mut(count * batch);
    for channel in channels {
        let plane = &image[channel * geometry.image() * batch..][..geometry.image() * batch];
        for (tap, row) in (0..geometry.taps()).zip(&mut rows) {
            for (position, run) in (first..).zip(row.chunks_exact_mut(batch)) {
                match geometry.source(position, tap) {
                    Some(source) => run.copy_from_slice(&plane[source * batch..][..batch]),
                    None => run.fill(0.0),
                }
            }
        }
    }
}

/// map (out·map, batch) += W∗image, then `finish(channel, part of its row)`: image (channels·image, batch), weight
/// (out, channels·taps).
pub fn correlate(
    geometry: &Geometry,
    batch: usize,
    image: &[f32],
    weight: &[f32],
    map: &mut [f32],
    finish: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (rows, width) = (geometry.fan_in(), geometry.map() * batch);
    assert_eq!(image.len(), geometry.channels * geometry.image() * batch);
    assert_eq!(map.len(), geometry.out * width);
    let step = positions(rows, batch);
    let weight = View::new(weight, geometry.out, rows);
    let target = Output::new(map);
    (0..geometry.map().div_ceil(step))
        .into_par_iter()
        .for_each(|chunk| {
            let first = chunk * step;
            let count = step.min(geometry.map() - first);
            with_scratch(rows * count * batch, 0, |columns, _| {
                let range = 0..geometry.channels;
                im2col(geometry, batch, image, range, (first, count), columns);
                let columns = View::new(columns, rows, count * batch);
                // SAFETY: chunks write disjoint columns of `map`, which is borrowed exclusively.
                unsafe {
                    let part = target.matrix(first * batch, geometry.out, count * batch, width);
                    gemm(part, width, true, weight, columns);
                    for channel in 0..geometry.out {
                        let offset = channel * width + first * batch;
                        finish(channel, target.slice(offset, count * batch));
                    }
                }
            });
        });
}

/// image (channels·image, batch) += Wᵀ∗map, then `finish(channel, part of its row)`: map (out·map, batch), weight
/// (out, channels·taps).
pub fn adjoint(
    geometry: &Geometry,
    batch: usize,
    map: &[f32],
    weight: &[f32],
    image: &mut [f32],
    finish: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (taps, width) = (geometry.taps(), geometry.map() * batch);
    assert_eq!(image.len(), geometry.channels * geometry.image() * batch);
    assert_eq!(map.len(), geometry.out * width);
    // Tasks own blocks of channels × blocks of the batch of the image.
    let block = (256 / taps).clamp(1, geometry.channels);
    let blocks = geometry.channels.div_ceil(block);
    let lane = batch
        .div_ceil(TASKS.div_ceil(blocks))
        .next_multiple_of(16)
        .min(batch);
    let lanes = batch.div_ceil(lane);
    let weight = View::new(weight, geometry.out, geometry.fan_in());
    let target = Output::new(image);
    (0..blocks * lanes).into_par_iter().for_each(|task| {
        let (top, left) = (task / lanes * block, task % lanes * lane);
        let channels = block.min(geometry.channels - top);
        let lane = lane.min(batch - left);
        let rows = channels * taps;
        let kernel = weight.columns(top * taps, rows).transposed();
        // SAFETY: tasks own disjoint (channel, batch) blocks of `image`, which is borrowed exclusively, and hold one
        // run of them at a time.
        let run = |channel: usize, position: usize| unsafe {
            let offset = ((top + channel) * geometry.image() + position) * batch + left;
            target.slice(offset, lane)
        };
        let step = positions(rows.max(geometry.out), lane);
        with_scratch(
            geometry.out * step * lane,
            rows * step * lane,
            |packed, products| {
                for first in (0..geometry.map()).step_by(step) {
                    let count = step.min(geometry.map() - first);
                    let columns = count * lane;
                    let packed = &mut packed[..geometry.out * columns];
                    for (channel, row) in packed.chunks_exact_mut(columns).enumerate() {
                        for (position, part) in (first..).zip(row.chunks_exact_mut(lane)) {
                            let offset = channel * width + position * batch + left;
                            part.copy_from_slice(&map[offset..][..lane]);
                        }
                    }
                    let products = &mut products[..rows * columns];
                    let packed = View::new(packed, geometry.out, columns);
                    // SAFETY: `products` is this task's own buffer.
                    unsafe { gemm(products.as_mut_ptr(), columns, false, kernel, packed) };
                    for (row, line) in products.chunks_exact(columns).enumerate() {
                        for (position, part) in (first..).zip(line.chunks_exact(lane)) {
                            if let Some(source) = geometry.source(position, row % taps) {
                                let sums = run(row / taps, source);
                                sums.iter_mut().zip(part).for_each(|(sum, &x)| *sum += x);
                            }
                        }
                    }
                }
            },
        );
        for channel in 0..channels {
            (0..geometry.image())
                .for_each(|position| finish(top + channel, run(channel, position)));
        }
    });
}

/// gradient (out, channels·taps) += Σ map·im2col(image)ᵀ: image (channels·image, batch), map (out·map, batch).
pub fn weight_gradient(
    geometry: &Geometry,
    batch: usize,
    image: &[f32],
    map: &[f32],
    gradient: &mut [f32],
) {
    let (taps, width, fan_in) = (geometry.taps(), geometry.map() * batch, geometry.fan_in());
    assert_eq!(map.len(), geometry.out * width);
    assert_eq!(gradient.len(), geometry.out * fan_in);
    // Tasks own blocks of channels; where there are few, stretches of positions, whose sums are added in order.
    let block = (256 / taps).clamp(1, geometry.channels);
    let blocks = geometry.channels.div_ceil(block);
    let step = positions(block * taps, batch);
    let stretch = geometry
        .map()
        .div_ceil(TASKS.div_ceil(blocks))
        .next_multiple_of(step);
    let stretches = geometry.map().div_ceil(stretch);
    let parts = (0..blocks * stretches)
        .into_par_iter()
        .map(|task| {
            let (top, start) = (task / stretches * block, task % stretches * stretch);
            let channels = top..(top + block).min(geometry.channels);
            let rows = channels.len() * taps;
            let end = (start + stretch).min(geometry.map());
            let mut sums = vec![0.0; geometry.out * rows];
            with_scratch(rows * step * batch, 0, |columns, _| {
                for first in (start..end).step_by(step) {
                    let count = step.min(end - first);
                    let columns = &mut columns[..rows * count * batch];
                    im2col(
                        geometry,
                        batch,
                        image,
                        channels.clone(),
                        (first, count),
                        columns,
                    );
                    let columns = View::new(columns, rows, count * batch).transposed();
                    let part = &map[first * batch..];
                    let part = View::strided(part, geometry.out, count * batch, width);
                    // SAFETY: `sums` is this task's own.
                    unsafe { gemm(sums.as_mut_ptr(), rows, true, part, columns) };
                }
            });
            (top * taps, rows, sums)
        })
        .collect::<Vec<_>>();
    for (left, rows, sums) in parts {
        for (line, part) in gradient
            .chunks_exact_mut(fan_in)
            .zip(sums.chunks_exact(rows))
        {
            line[left..left + rows]
                .iter_mut()
                .zip(part)
                .for_each(|(sum, &x)| *sum += x);
        }
    }
}
