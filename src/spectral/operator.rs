//! The norm of a convolution as a linear map, which bounds the Lipschitz constant of its layer.
//!
//! The matrix that spectral normalization divides by its norm is the weight reshaped; the convolution is another,
//! much larger matrix, whose norm depends on stride, zero padding and the size of the image (Sedghi, Gupta & Long
//! 2019, "The Singular Values of Convolutional Layers"; with zero padding no Fourier transform gives it exactly).
//! It is had by power iteration on the convolution and its adjoint, in Lanczos' form: the best estimate from all the
//! vectors that the iteration passes through, since the first singular values of a convolution lie close together.

use std::ops::Range;

use faer::{Accum, MatMut, MatRef, Par, linalg::matmul::matmul};
use rayon::prelude::*;

use super::lanczos::largest_eigenvalue;

/// Longer images and maps are refused.
const MAX_FEATURES: usize = 1 << 25;
/// Numbers of the unrolled image in work at a time.
const UNROLLED: usize = 1 << 20;

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
    let convolution = Convolution::new(&scaled, shape, place)?;
    let mut map = vec![0.0; convolution.out * convolution.map.0 * convolution.map.1];
    let (height, width) = convolution.image;
    let square = largest_eigenvalue(convolution.channels * height * width, |x, y| {
        convolution.forward(x, &mut map);
        convolution.adjoint(&map, y);
    });
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

    /// The image row that map row `row` reads through tap `tap`, none in the padding, and the tap's column.
    fn source(&self, tap: usize, row: usize) -> Option<(usize, usize)> {
        let at = (row * self.stride + tap / self.kernel.1).checked_sub(self.padding.0)?;
        (at < self.image.0).then_some((at, tap % self.kernel.1))
    }

    /// The map columns that read the image through this column of the kernel, and the image column that the first of
    /// them reads; each further one reads `stride` columns on.
    fn columns(&self, tap: usize) -> (usize, Range<usize>) {
        let from = self.padding.1.saturating_sub(tap).div_ceil(self.stride);
        let end = (self.image.1 + self.padding.1).saturating_sub(tap);
        let to = end.div_ceil(self.stride).min(self.map.1);
        if from >= to {
            return (0, 0..0);
        }
        (from * self.stride + tap - self.padding.1, from..to)
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
                    let Some((at, tap)) = self.source(tap, i * rows + row) else {
                        continue;
                    };
                    let from = &x[(channel * height + at) * width..][..width];
                    let (first, columns) = self.columns(tap);
                    let from = from[first..].iter().step_by(self.stride);
                    into[columns]
                        .iter_mut()
                        .zip(from)
                        .for_each(|(i, f)| *i = *f);
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
                    let Some((at, tap)) = self.source(tap, row) else {
                        continue;
                    };
                    let into = &mut x[(channel * height + at) * width..][..width];
                    let (first, columns) = self.columns(tap);
                    let into = into[first..].iter_mut().step_by(self.stride);
                    into.zip(&from[columns]).for_each(|(i, f)| *i += *f);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::host::sums::dot;

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
        for (stride, padding, transposed) in
            [(1, 1, false), (2, 0, false), (3, 1, true), (2, 9, false)]
        {
            let at = Place {
                padding: (padding, padding / 2),
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
