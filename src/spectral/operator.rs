//! The norm of a convolution as a linear map, which bounds the Lipschitz constant of its layer.
//!
//! The matrix that spectral normalization divides by its norm is the weight reshaped; the convolution is another,
//! much larger matrix, whose norm depends on stride, zero padding and the size of the image (Sedghi, Gupta & Long
//! 2019, "The Singular Values of Convolutional Layers"; with zero padding no Fourier transform gives it exactly).
//! It is had by power iteration on the convolution and its adjoint, in Lanczos' form: the best estimate from all the
//! vectors that the iteration passes through, since the first singular values of a convolution lie close together.

use faer::{Accum, Mat, MatMut, MatRef, Par, Side, linalg::matmul::matmul};
use rayon::prelude::*;

use super::host::unit_vector;
use crate::nn::host::sums::dot;
use crate::random::{self, Stream};

/// Most vectors that are kept between two restarts, and most numbers in all of them together.
const KRYLOV: (usize, usize) = (20, 1 << 26);
const MAX_RESTARTS: usize = 20;
/// The estimate of σ² is settled when its residual, or its change between two restarts, is a smaller part of it.
const TOLERANCE: f64 = 1e-7;
/// Longer images and maps are refused.
const MAX_FEATURES: usize = 1 << 25;
/// Numbers of the unrolled image in work at a time.
const UNROLLED: usize = 1 << 18;

/// Where a convolution stands, as far as its weight does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub stride: usize,
    /// Zeros at each side: (rows, columns).
    pub padding: (usize, usize),
    /// (height, width) of what goes in.
    pub input: (usize, usize),
    /// A transposed convolution: the adjoint of the convolution of this stride and padding.
    pub transposed: bool,
}

/// A correlation with zero padding from an image (channels, height, width) to a map (height, width, out).
struct Convolution<'a> {
    /// (out, channels·kernel rows·kernel columns), row-major.
    weight: &'a [f32],
    out: usize,
    channels: usize,
    kernel: (usize, usize),
    image: (usize, usize),
    map: (usize, usize),
    stride: usize,
    padding: (usize, usize),
}

/// The largest singular value of the convolution with this weight: (out, in, kh, kw), or (in, out, kh, kw) where it is
/// transposed, row-major. None where the kernel does not fit into the padded image, where image or map would have more
/// than 2²⁵ numbers, or where the weight is not finite.
pub fn norm(weight: &[f32], shape: [usize; 4], place: &Place) -> Option<f64> {
    let largest = weight.iter().fold(0.0f32, |most, w| most.max(w.abs()));
    if weight.iter().any(|w| !w.is_finite()) {
        return None;
    }
    if largest == 0.0 {
        return Some(0.0);
    }
    // Squares of large and small weights stay within single precision.
    let scaled: Vec<f32> = weight.iter().map(|w| w / largest).collect();
    let square = largest_eigenvalue(&Convolution::new(&scaled, shape, place)?);
    Some(square.max(0.0).sqrt() * f64::from(largest))
}

impl<'a> Convolution<'a> {
    fn new(weight: &'a [f32], [out, channels, kh, kw]: [usize; 4], at: &Place) -> Option<Self> {
        let (down, up) = (
            |n: usize, kernel: usize, padding: usize| {
                Some((n + 2 * padding).checked_sub(kernel)? / at.stride.max(1) + 1)
            },
            |n: usize, kernel: usize, padding: usize| {
                let full = n.checked_sub(1)?.checked_mul(at.stride)? + kernel;
                full.checked_sub(2 * padding).filter(|&n| n > 0)
            },
        );
        let (height, width) = at.input;
        let sides = |side: &dyn Fn(usize, usize, usize) -> Option<usize>| {
            Some((
                side(height, kh, at.padding.0)?,
                side(width, kw, at.padding.1)?,
            ))
        };
        let (image, map) = if at.transposed {
            (sides(&up)?, at.input)
        } else {
            (at.input, sides(&down)?)
        };
        let fits = |n: usize, (h, w): (usize, usize)| {
            let features = n.checked_mul(h)?.checked_mul(w)?;
            (1..=MAX_FEATURES).contains(&features).then_some(())
        };
        fits(channels, image)?;
        fits(out, map)?;
        Some(Self {
            weight,
            out,
            channels,
            kernel: (kh, kw),
            image,
            map,
            stride: at.stride.max(1),
            padding: at.padding,
        })
    }

    fn taps(&self) -> usize {
        self.kernel.0 * self.kernel.1
    }

    /// For tap `t` and map row `r`: the image row it reads, and for each map column the image column.
    fn sources(&self, tap: usize, row: usize) -> Option<(usize, usize)> {
        let at = (row * self.stride + tap / self.kernel.1).checked_sub(self.padding.0)?;
        (at < self.image.0).then_some((at, tap % self.kernel.1))
    }

    fn column(&self, column: usize, tap_column: usize) -> Option<usize> {
        let at = (column * self.stride + tap_column).checked_sub(self.padding.1)?;
        (at < self.image.1).then_some(at)
    }

    /// y = Ax.
    fn forward(&self, x: &[f32], y: &mut [f32]) {
        let (height, width) = self.image;
        let fan_in = self.channels * self.taps();
        let rows = (UNROLLED / (fan_in * self.map.1)).clamp(1, self.map.0);
        let weight = MatRef::from_row_major_slice(self.weight, self.out, fan_in);
        let chunk = rows * self.map.1 * self.out;
        y.par_chunks_mut(chunk).enumerate().for_each(|(i, y)| {
            let positions = y.len() / self.out;
            let mut unrolled = vec![0.0f32; fan_in * positions];
            for (line, into) in unrolled.chunks_exact_mut(positions).enumerate() {
                let (channel, tap) = (line / self.taps(), line % self.taps());
                for (row, into) in into.chunks_exact_mut(self.map.1).enumerate() {
                    let Some((at, tap)) = self.sources(tap, i * rows + row) else {
                        continue;
                    };
                    let from = &x[(channel * height + at) * width..][..width];
                    for (column, into) in into.iter_mut().enumerate() {
                        if let Some(at) = self.column(column, tap) {
                            *into = from[at];
                        }
                    }
                }
            }
            let unrolled = MatRef::from_row_major_slice(&unrolled, fan_in, positions);
            let y = MatMut::from_row_major_slice_mut(y, positions, self.out);
            let (x, w) = (unrolled.transpose(), weight.transpose());
            matmul(y, Accum::Replace, x, w, 1.0, Par::Seq);
        });
    }

    /// x = Aᵀy.
    fn adjoint(&self, y: &[f32], x: &mut [f32]) {
        let (height, width) = self.image;
        let positions = self.map.0 * self.map.1;
        let channels = (UNROLLED / (self.taps() * positions)).clamp(1, self.channels);
        let weight =
            MatRef::from_row_major_slice(self.weight, self.out, self.channels * self.taps());
        let y = MatRef::from_row_major_slice(y, positions, self.out);
        let chunk = channels * height * width;
        x.par_chunks_mut(chunk).enumerate().for_each(|(i, x)| {
            let lines = x.len() / (height * width) * self.taps();
            let mut unrolled = vec![0.0f32; lines * positions];
            let into = MatMut::from_row_major_slice_mut(&mut unrolled, lines, positions);
            let w = weight.subcols(i * channels * self.taps(), lines);
            let (w, y) = (w.transpose(), y.transpose());
            matmul(into, Accum::Replace, w, y, 1.0, Par::Seq);
            x.fill(0.0);
            for (line, from) in unrolled.chunks_exact(positions).enumerate() {
                let (channel, tap) = (line / self.taps(), line % self.taps());
                for (row, from) in from.chunks_exact(self.map.1).enumerate() {
                    let Some((at, tap)) = self.sources(tap, row) else {
                        continue;
                    };
                    let into = &mut x[(channel * height + at) * width..][..width];
                    for (column, &from) in from.iter().enumerate() {
                        if let Some(at) = self.column(column, tap) {
                            into[at] += from;
                        }
                    }
                }
            }
        });
    }
}

/// The largest eigenvalue of AᵀA: Lanczos with full orthogonalization, restarted from its best vector.
fn largest_eigenvalue(operator: &Convolution) -> f64 {
    let features = operator.channels * operator.image.0 * operator.image.1;
    let most = (KRYLOV.1 / features).clamp(3, KRYLOV.0).min(features);
    let mut rng = random::generator(0, Stream::PowerIteration, 0);
    let mut start = unit_vector(features, &mut rng);
    let mut map = vec![0.0; operator.out * operator.map.0 * operator.map.1];
    let mut best = 0.0;
    for _ in 0..MAX_RESTARTS {
        let mut basis = vec![std::mem::take(&mut start)];
        let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
        loop {
            let last = &basis[basis.len() - 1];
            let mut next = vec![0.0; features];
            operator.forward(last, &mut map);
            operator.adjoint(&map, &mut next);
            diagonal.push(dot(last, &next));
            // Twice is enough (Parlett 1998, section 6.9).
            for earlier in basis.iter().chain(&basis) {
                let along = dot(earlier, &next) as f32;
                next.iter_mut()
                    .zip(earlier)
                    .for_each(|(n, e)| *n -= along * e);
            }
            let length = dot(&next, &next).sqrt();
            beside.push(length);
            if basis.len() == most || length <= TOLERANCE * diagonal[0].abs() {
                break;
            }
            let inverse = (1.0 / length) as f32;
            next.iter_mut().for_each(|n| *n *= inverse);
            basis.push(next);
        }
        let Some((value, vector)) = last_eigenpair(&diagonal, &beside) else {
            return best;
        };
        let residual = beside[beside.len() - 1] * vector[vector.len() - 1].abs();
        let settled = residual <= TOLERANCE * value || value - best <= TOLERANCE * value;
        best = value;
        if settled {
            break;
        }
        start = vec![0.0; features];
        for (factor, vector) in vector.iter().zip(&basis) {
            let factor = *factor as f32;
            start
                .iter_mut()
                .zip(vector)
                .for_each(|(s, v)| *s += factor * v);
        }
        let inverse = (1.0 / dot(&start, &start).sqrt()) as f32;
        start.iter_mut().for_each(|s| *s *= inverse);
    }
    best
}

/// The largest eigenvalue of a symmetric tridiagonal matrix, and its vector.
fn last_eigenpair(diagonal: &[f64], beside: &[f64]) -> Option<(f64, Vec<f64>)> {
    let n = diagonal.len();
    let matrix = Mat::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    });
    let decomposition = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let values = decomposition.S().column_vector();
    let vectors = decomposition.U();
    Some((values[n - 1], (0..n).map(|i| vectors[(i, n - 1)]).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(stride: usize, padding: usize, input: (usize, usize)) -> Place {
        Place {
            stride,
            padding: (padding, padding),
            input,
            transposed: false,
        }
    }

    #[test]
    fn a_kernel_of_one_is_its_matrix_whatever_the_image() {
        // diag(3, 2) as a 1×1 convolution, and its double stored in halves of the largest float.
        for scale in [1.0, 1e-30, 1e30] {
            let weight = [3.0 * scale, 0.0, 0.0, 2.0 * scale];
            let norm = norm(&weight, [2, 2, 1, 1], &place(1, 0, (5, 4))).unwrap();
            assert!((norm / f64::from(3.0 * scale) - 1.0).abs() < 1e-6, "{norm}");
        }
    }

    #[test]
    fn a_box_blur_approaches_the_sum_of_its_taps() {
        let norm = norm(&[1.0; 9], [1, 1, 3, 3], &place(1, 1, (32, 32))).unwrap();
        // 1 + 2 cos(π/33) along each side: the eigenvalues of the tridiagonal matrix of ones.
        let side = 1.0 + 2.0 * (std::f64::consts::PI / 33.0).cos();
        assert!((norm - side * side).abs() < 1e-4, "{norm}");
    }

    #[test]
    fn convolution_and_adjoint_belong_together() {
        let weight: Vec<f32> = (0..2 * 3 * 3 * 2).map(|i| (i as f32).sin()).collect();
        for (stride, padding, transposed) in [(1, 1, false), (2, 0, false), (3, 1, true)] {
            let at = Place {
                padding: (padding, 0),
                transposed,
                ..place(stride, 0, (5, 7))
            };
            let conv = Convolution::new(&weight, [2, 3, 3, 2], &at).unwrap();
            let features = |n: usize, (h, w): (usize, usize)| n * h * w;
            let x: Vec<f32> = (0..features(3, conv.image))
                .map(|i| (i as f32 * 0.7).cos())
                .collect();
            let y: Vec<f32> = (0..features(2, conv.map))
                .map(|i| (i as f32 * 1.3).sin())
                .collect();
            let (mut ax, mut aty) = (vec![0.0; y.len()], vec![0.0; x.len()]);
            conv.forward(&x, &mut ax);
            conv.adjoint(&y, &mut aty);
            assert!((dot(&ax, &y) - dot(&x, &aty)).abs() < 1e-3);
        }
    }

    #[test]
    fn what_has_no_norm_has_none() {
        assert_eq!(
            norm(&[0.0; 9], [1, 1, 3, 3], &place(1, 1, (4, 4))),
            Some(0.0)
        );
        assert_eq!(
            norm(&[f32::NAN; 9], [1, 1, 3, 3], &place(1, 1, (4, 4))),
            None
        );
        assert_eq!(norm(&[1.0; 9], [1, 1, 3, 3], &place(1, 0, (2, 2))), None);
        assert_eq!(
            norm(&[1.0; 9], [1, 1, 3, 3], &place(1, 1, (1 << 20, 1 << 20))),
            None
        );
    }
}
