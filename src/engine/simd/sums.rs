//! Sums that depend only on their terms: runs are summed in single precision, the results of runs in double.

use pulp::{Scalar, Simd};

use super::lanes::{LANES, Lanewise, lanewise, total};

/// Values of a run.
const RUN: usize = 16 * LANES;

/// Σ aᵢbᵢ.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    lanewise(Sum { a, b, term: Times })
}

/// y ← y + Wx. `rows` holds the rows of W, each as long as x.
pub(crate) fn add_products(y: &mut [f32], rows: &[f32], x: &[f32]) {
    lanewise(Products { y, rows, x });
}

/// Σx.
pub(crate) fn sum(x: &[f32]) -> f64 {
    let (a, b) = (x, x);
    lanewise(Sum { a, b, term: First })
}

/// Σ(x − shift)².
pub(crate) fn square_distance(x: &[f32], shift: f32) -> f64 {
    let (a, b, term) = (x, x, SquareDistance(shift));
    lanewise(Sum { a, b, term })
}

/// Σ a(b − shift).
pub(crate) fn dot_shifted(a: &[f32], b: &[f32], shift: f32) -> f64 {
    let term = Shifted(shift);
    lanewise(Sum { a, b, term })
}

/// A term of a sum.
trait Summand: Copy {
    fn of<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s) -> S::f32s;
}

/// ab.
#[derive(Clone, Copy)]
struct Times;

impl Summand for Times {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s) -> S::f32s {
        simd.mul_f32s(a, b)
    }
}

/// a.
#[derive(Clone, Copy)]
struct First;

impl Summand for First {
    #[inline(always)]
    fn of<S: Simd>(self, _: S, a: S::f32s, _: S::f32s) -> S::f32s {
        a
    }
}

/// (a − shift)².
#[derive(Clone, Copy)]
struct SquareDistance(f32);

impl Summand for SquareDistance {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, a: S::f32s, _: S::f32s) -> S::f32s {
        let distance = simd.sub_f32s(a, simd.splat_f32s(self.0));
        simd.mul_f32s(distance, distance)
    }
}

/// a(b − shift).
#[derive(Clone, Copy)]
struct Shifted(f32);

impl Summand for Shifted {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, a: S::f32s, b: S::f32s) -> S::f32s {
        simd.mul_f32s(a, simd.sub_f32s(b, simd.splat_f32s(self.0)))
    }
}

/// A sum over two slices of the same length.
struct Sum<'a, T> {
    a: &'a [f32],
    b: &'a [f32],
    term: T,
}

impl<T: Summand> Lanewise for Sum<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd, const VECTORS: usize>(self, simd: S) -> f64 {
        let runs = self.a.chunks(RUN).zip(self.b.chunks(RUN));
        let mut sum = 0.0;
        for (a, b) in runs {
            sum += f64::from(run::<S, VECTORS>(simd, a, b, self.term));
        }
        sum
    }
}

/// See [`add_products`].
struct Products<'a> {
    y: &'a mut [f32],
    rows: &'a [f32],
    x: &'a [f32],
}

impl Lanewise for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const VECTORS: usize>(self, simd: S) {
        let (b, term) = (self.x, Times);
        for (y, a) in self.y.iter_mut().zip(self.rows.chunks_exact(b.len())) {
            *y += Sum { a, b, term }.run::<S, VECTORS>(simd) as f32;
        }
    }
}

/// The sum of one run. Terms that do not fill [`LANES`] are summed separately.
#[inline(always)]
fn run<S: Simd, const VECTORS: usize>(simd: S, a: &[f32], b: &[f32], term: impl Summand) -> f32 {
    let mut sums = [simd.splat_f32s(0.0); VECTORS];
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    for (a, b) in whole_a.iter().zip(whole_b) {
        let ((a, _), (b, _)) = (S::as_simd_f32s(a), S::as_simd_f32s(b));
        for vector in 0..VECTORS {
            let terms = term.of(simd, a[vector], b[vector]);
            sums[vector] = simd.add_f32s(sums[vector], terms);
        }
    }
    let mut tail = 0.0;
    for (&a, &b) in rest_a.iter().zip(rest_b) {
        tail += term.of(Scalar, a, b);
    }
    total(simd, sums) + tail
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of terms in scalar code.
    fn by_hand(terms: &[f32]) -> f64 {
        let run = |terms: &[f32]| {
            let (whole, rest) = terms.as_chunks::<LANES>();
            let mut sums = [0.0f32; LANES];
            for (lane, sum) in sums.iter_mut().enumerate() {
                whole.iter().for_each(|terms| *sum += terms[lane]);
            }
            let mut width = LANES / 2;
            while width > 0 {
                (0..width).for_each(|lane| sums[lane] += sums[lane + width]);
                width /= 2;
            }
            let tail = rest.iter().fold(0.0, |sum, term| sum + term);
            f64::from(sums[0] + tail)
        };
        terms.chunks(RUN).map(run).sum()
    }

    #[test]
    fn sums_match_scalar_code_to_the_bit() {
        let numbers = |salt: usize, count: usize| -> Vec<f32> {
            let number = |i: usize| ((i * 7919 + salt) % 1009) as f32 / 300.0 - 1.7;
            (0..count).map(number).collect()
        };
        for length in [0, 1, 15, 31, 32, 33, 100, 511, 512, 513, 2000] {
            let (a, b) = (numbers(1, length), numbers(5, length));
            let terms = |term: &dyn Fn(f32, f32) -> f32| -> Vec<f32> {
                a.iter().zip(&b).map(|(&a, &b)| term(a, b)).collect()
            };
            assert_eq!(dot(&a, &b), by_hand(&terms(&|a, b| a * b)));
            assert_eq!(sum(&a), by_hand(&a));
            let squares = terms(&|a, _| (a - 0.3) * (a - 0.3));
            assert_eq!(square_distance(&a, 0.3), by_hand(&squares));
            let shifted = terms(&|a, b| a * (b - 0.3));
            assert_eq!(dot_shifted(&a, &b, 0.3), by_hand(&shifted));
            let rows = numbers(3, 3 * length);
            let mut y = [1.0, -2.0, 0.5];
            let expected = std::array::from_fn(|row| {
                let row_terms = rows[row * length..][..length].iter().zip(&b);
                let row_terms: Vec<f32> = row_terms.map(|(a, b)| a * b).collect();
                y[row] + by_hand(&row_terms) as f32
            });
            if length > 0 {
                add_products(&mut y, &rows, &b);
                assert_eq!(y, expected);
            }
        }
    }
}
