//! A convolution and its adjoint, in double precision.

use std::ops::Range;

use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
use rayon::prelude::*;

use super::{Place, Unknown};

/// Most features of an image or a map.
const MAX_FEATURES: usize = 1 << 23;
/// Most lines, and most numbers (1 MiB), of the block of the unrolled image that a thread works on.
const LINES: usize = 1 << 10;
const UNROLLED: usize = 1 << 17;
/// Cost of unrolling one number, in multiplications.
const COPY: usize = 32;

/// A cross-correlation with zero padding: from an image (channels, height, width) to a map (height, width, out).
pub(super) struct Convolution {
    /// (out, channels·kernel rows·kernel columns), row-major, without the taps that only read padding.
    weight: Vec<f64>,
    out: usize,
    channels: usize,
    kernel: (usize, usize),
    image: (usize, usize),
    map: (usize, usize),
    stride: usize,
    /// Rows of zeros above the image, and columns of zeros to its left.
    padding: (usize, usize),
}

impl Convolution {
    /// The convolution with a weight (out, channels, kernel rows, kernel columns), row-major.
    ///
    /// # Errors
    /// If the kernel does not fit the padded image, or image or map have more than 2²³ features.
    pub(super) fn new(
        weight: &[f64],
        [out, channels, kh, kw]: [usize; 4],
        at: &Place,
    ) -> Result<Self, Unknown> {
        let stride = at.stride.max(1);
        let down = |n: usize, kernel: usize, padding: usize| {
            let padded = n.checked_add(padding.checked_mul(2)?)?;
            Some(padded.checked_sub(kernel)? / stride + 1)
        };
        let up = |n: usize, kernel: usize, padding: usize| {
            let full = n.checked_sub(1)?.checked_mul(stride)?.checked_add(kernel)?;
            full.checked_sub(padding.checked_mul(2)?).filter(|&n| n > 0)
        };
        let (height, width) = at.input;
        let sides = |side: &dyn Fn(usize, usize, usize) -> Option<usize>| {
            let rows = side(height, kh, at.padding.0);
            rows.zip(side(width, kw, at.padding.1))
                .ok_or(Unknown::Misfit)
        };
        let (image, map) = if at.transposed {
            (sides(&up)?, at.input)
        } else {
            (at.input, sides(&down)?)
        };
        for (n, (height, width)) in [(channels, image), (out, map)] {
            let features = n
                .checked_mul(height)
                .and_then(|rows| rows.checked_mul(width));
            match features {
                Some(0) => return Err(Unknown::Misfit),
                Some(features) if features <= MAX_FEATURES => {}
                _ => return Err(Unknown::TooLarge),
            }
        }
        let rows = reached(kh, at.padding.0, stride, image.0, map.0);
        let columns = reached(kw, at.padding.1, stride, image.1, map.1);
        let kept = weight.chunks_exact(kh * kw).flat_map(|taps| {
            let rows = taps.chunks_exact(kw).take(rows.end).skip(rows.start);
            rows.flat_map(|row| &row[columns.clone()])
        });
        Ok(Self {
            weight: kept.copied().collect(),
            out,
            channels,
            kernel: (rows.len(), columns.len()),
            image,
            map,
            stride,
            padding: (at.padding.0 - rows.start, at.padding.1 - columns.start),
        })
    }

    /// Number of features of an image.
    pub(super) fn image_features(&self) -> usize {
        self.channels * self.image.0 * self.image.1
    }

    /// Number of features of a map.
    pub(super) fn map_features(&self) -> usize {
        self.out * self.positions()
    }

    /// Approximate cost of one product with A or Aᵀ, in multiplications.
    pub(super) fn work(&self) -> f64 {
        (self.fan_in() as f64) * (self.positions() as f64) * (self.out + COPY) as f64
    }

    fn positions(&self) -> usize {
        self.map.0 * self.map.1
    }

    fn taps(&self) -> usize {
        self.kernel.0 * self.kernel.1
    }

    fn fan_in(&self) -> usize {
        self.channels * self.taps()
    }

    fn matrix(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.weight, self.out, self.fan_in())
    }

    /// Computes y = Ax.
    pub(super) fn forward(&self, x: &[f64], y: &mut [f64]) {
        let fan_in = self.fan_in();
        if fan_in == 0 {
            return y.fill(0.0);
        }
        let length = (UNROLLED / fan_in.min(LINES)).min(self.positions());
        let matrix = self.matrix();
        let chunks = y.par_chunks_mut(length * self.out).enumerate();
        chunks.for_each_init(Vec::new, |unrolled, (i, y)| {
            let first = i * length;
            let positions = first..first + y.len() / self.out;
            for line in (0..fan_in).step_by(LINES) {
                let lines = line..fan_in.min(line + LINES);
                unrolled.clear();
                unrolled.resize(lines.len() * positions.len(), 0.0);
                self.each_run(&lines, &positions, |into, from, length| {
                    let from = x[from..].iter().step_by(self.stride);
                    let into = &mut unrolled[into..][..length];
                    into.iter_mut().zip(from).for_each(|(i, f)| *i = *f);
                });
                let x = MatRef::from_row_major_slice(unrolled, lines.len(), positions.len());
                let w = matrix.subcols(lines.start, lines.len());
                let y = MatMut::from_row_major_slice_mut(y, positions.len(), self.out);
                let sum = if line == 0 {
                    Accum::Replace
                } else {
                    Accum::Add
                };
                matmul(y, sum, x.transpose(), w.transpose(), 1.0, Par::Seq);
            }
        });
    }

    /// Computes x = Aᵀy.
    pub(super) fn adjoint(&self, y: &[f64], x: &mut [f64]) {
        let taps = self.taps();
        if taps == 0 {
            return x.fill(0.0);
        }
        let channels = (LINES / taps).clamp(1, self.channels);
        let pixels = self.image.0 * self.image.1;
        let length = (UNROLLED / self.fan_in().min(LINES)).min(self.positions());
        let matrix = self.matrix();
        let y = MatRef::from_row_major_slice(y, self.positions(), self.out);
        let chunks = x.par_chunks_mut(channels * pixels).enumerate();
        chunks.for_each_init(Vec::new, |unrolled, (i, x)| {
            x.fill(0.0);
            let first = i * channels * taps;
            let end = first + x.len() / pixels * taps;
            for line in (first..end).step_by(LINES) {
                let lines = line..end.min(line + LINES);
                for position in (0..self.positions()).step_by(length) {
                    let positions = position..self.positions().min(position + length);
                    unrolled.resize(lines.len() * positions.len(), 0.0);
                    let into =
                        MatMut::from_row_major_slice_mut(unrolled, lines.len(), positions.len());
                    let w = matrix.subcols(lines.start, lines.len());
                    let y = y.subrows(position, positions.len());
                    matmul(
                        into,
                        Accum::Replace,
                        w.transpose(),
                        y.transpose(),
                        1.0,
                        Par::Seq,
                    );
                    self.each_run(&lines, &positions, |from, into, length| {
                        let into = x[into - i * channels * pixels..].iter_mut();
                        let from = &unrolled[from..][..length];
                        let into = into.step_by(self.stride);
                        into.zip(from).for_each(|(i, f)| *i += *f);
                    });
                }
            }
        });
    }

    /// Calls `run` with (index in the unrolled image, index in the image, length) for every run of positions in a row of
    /// the map whose pixels for one tap, `stride` apart, lie in the image. The unrolled image is (lines, positions).
    fn each_run(
        &self,
        lines: &Range<usize>,
        positions: &Range<usize>,
        mut run: impl FnMut(usize, usize, usize),
    ) {
        let (height, width) = self.image;
        let taps = self.taps();
        for line in lines.clone() {
            let (channel, tap) = (line / taps, line % taps);
            let (tap_row, tap_column) = (tap / self.kernel.1, tap % self.kernel.1);
            let columns = self.columns(tap_column);
            let into = (line - lines.start) * positions.len();
            let mut position = positions.start;
            while position < positions.end {
                let (row, first) = (position / self.map.1, position % self.map.1);
                let end = self.map.1.min(first + positions.end - position);
                let (from, to) = (first.max(columns.start), end.min(columns.end));
                let pixel_row = (row * self.stride + tap_row).checked_sub(self.padding.0);
                if let Some(pixel_row) = pixel_row.filter(|&at| at < height)
                    && from < to
                {
                    let pixel = from * self.stride + tap_column - self.padding.1;
                    run(
                        into + position - positions.start + from - first,
                        (channel * height + pixel_row) * width + pixel,
                        to - from,
                    );
                }
                position += end - first;
            }
        }
    }

    /// The columns of the map for which this column of the kernel reads the image and not the padding.
    fn columns(&self, tap: usize) -> Range<usize> {
        let from = self.padding.1.saturating_sub(tap).div_ceil(self.stride);
        let end = (self.image.1 + self.padding.1).saturating_sub(tap);
        from..end.div_ceil(self.stride).min(self.map.1)
    }
}

/// The taps of a kernel along one axis that read the image at some position of the map. The others only read zeros; in a
/// kernel much larger than the image these are nearly all.
fn reached(kernel: usize, padding: usize, stride: usize, image: usize, map: usize) -> Range<usize> {
    let first = padding.saturating_sub((map - 1).saturating_mul(stride));
    let end = kernel.min(image.saturating_add(padding));
    first.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_adjoint_is_that_of_the_convolution() {
        for (shape, stride, padding, input) in [
            ([2, 3, 3, 2], 1, (1, 0), (5, 7)),
            ([2, 3, 3, 2], 2, (9, 4), (5, 7)),
            ([1, 2, 4, 4], 3, (1, 1), (8, 6)),
            // More lines than are unrolled at once, and more positions.
            ([1, 1, 40, 41], 1, (20, 20), (33, 32)),
            ([2, 2, 33, 33], 2, (16, 16), (34, 3)),
            ([3, 2, 3, 3], 1, (1, 1), (200, 90)),
        ] {
            let at = Place {
                stride,
                padding,
                input,
                transposed: false,
            };
            let numbers = |n: usize| (0..n).map(|i| (i as f64 * 1.3).sin()).collect::<Vec<_>>();
            let weight = numbers(shape.iter().product());
            let convolution = Convolution::new(&weight, shape, &at).unwrap();
            let x = numbers(convolution.image_features());
            let y = numbers(convolution.map_features());
            // What was there before does not matter.
            let (mut ax, mut aty) = (vec![7.0; y.len()], vec![7.0; x.len()]);
            convolution.forward(&x, &mut ax);
            convolution.adjoint(&y, &mut aty);
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (one, other) = (dot(&ax, &y), dot(&x, &aty));
            assert!((one - other).abs() < 1e-6, "{shape:?}: {one} {other}");
        }
    }

    #[test]
    fn taps_that_only_read_padding_are_removed() {
        let at = Place {
            stride: 1,
            padding: (511, 511),
            input: (8, 6),
            transposed: false,
        };
        let weight = vec![1.0; 1024 * 1024];
        let convolution = Convolution::new(&weight, [1, 1, 1024, 1024], &at).unwrap();
        assert_eq!((convolution.map, convolution.kernel), ((7, 5), (14, 10)));
    }
}
