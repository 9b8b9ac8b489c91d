//! The matrices of a Winograd filter.

use super::matrix::{MAX_POINTS, Matrix};

/// The most points with which sums are nearly as exact as direct ones.
const FEW_POINTS: usize = 6;
/// The finite points in the order in which filters use them. Infinity is the last point of every filter.
const FINITE: [f64; MAX_POINTS - 1] = [0.0, 1.0, -1.0, 0.5, -2.0, 2.0, -0.5];

/// The filter F(m, r).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    /// m
    pub outputs: usize,
    /// r
    pub taps: usize,
    /// Bᵀ (points, points)
    pub from_input: Matrix,
    /// G (points, taps)
    pub from_taps: Matrix,
    /// A (points, outputs)
    pub from_outputs: Matrix,
}

impl Filter {
    /// The filter F(outputs, taps). Panics if it needs more than [`MAX_POINTS`] points.
    pub(crate) fn new(outputs: usize, taps: usize) -> Self {
        let finite = &FINITE[..outputs + taps - 2];
        let points = finite.len() + 1;
        // The coefficients of Π (x − a) over the finite points except `point`; over all of them for infinity.
        let product_without = |point: usize| {
            let mut coefficients = [0.0; MAX_POINTS];
            coefficients[0] = 1.0;
            for (_, a) in finite.iter().enumerate().filter(|&(i, _)| i != point) {
                for power in (0..MAX_POINTS).rev() {
                    let shifted = power
                        .checked_sub(1)
                        .map_or(0.0, |lower| coefficients[lower]);
                    coefficients[power] = shifted - a * coefficients[power];
                }
            }
            coefficients
        };
        // x^power at a point. At infinity it is the coefficient of x^degree.
        let value = |point: usize, power: usize, degree: usize| match finite.get(point) {
            Some(a) => a.powi(power as i32),
            None => f64::from(u8::from(power == degree)),
        };
        let scale = |point: usize| match finite.get(point) {
            Some(a) => {
                let others = finite.iter().enumerate().filter(|&(i, _)| i != point);
                others.map(|(_, b)| a - b).product()
            }
            None => 1.0,
        };
        Self {
            outputs,
            taps,
            from_input: Matrix::new(points, points, |point, power| product_without(point)[power]),
            from_taps: Matrix::new(points, taps, |point, power| {
                value(point, power, taps - 1) / scale(point)
            }),
            from_outputs: Matrix::new(points, outputs, |point, power| {
                value(point, power, outputs - 1)
            }),
        }
    }

    /// The filter of `taps` taps that computes a line of `length` outputs with the fewest multiplications. None for one
    /// tap, or if two outputs need more than [`FEW_POINTS`]. A filter of more points rounds more, so it must save a
    /// tenth of the multiplications.
    pub(crate) fn for_line(taps: usize, length: usize) -> Option<Self> {
        let cost = |&outputs: &usize| length.div_ceil(outputs) * (outputs + taps - 1);
        // At equal cost the smallest, which is the most exact.
        let best = |points: usize| (2..(points + 2).saturating_sub(taps)).min_by_key(cost);
        let (few, most) = (best(FEW_POINTS)?, best(MAX_POINTS)?);
        let chosen = if 10 * cost(&most) <= 9 * cost(&few) {
            most
        } else {
            few
        };
        (taps > 1).then(|| Self::new(chosen, taps))
    }

    pub(crate) fn points(&self) -> usize {
        self.outputs + self.taps - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::nn::host::winograd::matrix::{Source, Target, WHOLE};

    fn filters() -> impl Iterator<Item = Filter> {
        let sizes =
            (2..MAX_POINTS).flat_map(|taps| (2..=MAX_POINTS + 1 - taps).map(move |m| (m, taps)));
        sizes.map(|(outputs, taps)| Filter::new(outputs, taps))
    }

    fn apply(matrix: &Matrix, from: &[f32], rows: usize) -> Vec<f32> {
        let mut numbers = vec![0.0; rows];
        let runs = Source {
            numbers: from,
            step: 1,
            length: 1,
        };
        let to = Target {
            numbers: &mut numbers,
            step: 1,
        };
        matrix.apply(WHOLE.into_iter(), runs, to);
        numbers
    }

    /// Pseudorandom values in ±1.
    fn draw(count: usize, salt: usize) -> Vec<f32> {
        let mix = |i: usize| (i * 31 + salt * 977 + 17).wrapping_mul(2_654_435_761) >> 9 & 0xffff;
        (0..count).map(|i| mix(i) as f32 / 32768.0 - 1.0).collect()
    }

    /// The sum of the outputs of `channels` filters: filtered, and by the definition in f32 and f64.
    fn outputs(filter: &Filter, channels: usize, salt: usize) -> [Vec<f64>; 3] {
        let (m, r, points) = (filter.outputs, filter.taps, filter.points());
        let (mut sums, mut direct, mut exact) =
            (vec![0.0f32; points], vec![0.0f32; m], vec![0.0f64; m]);
        for channel in 0..channels {
            let taps = draw(r, 2 * (salt + channel));
            let inputs = draw(points, 2 * (salt + channel) + 1);
            let transformed = apply(&filter.from_taps, &taps, points).into_iter();
            let products = transformed.zip(apply(&filter.from_input, &inputs, points));
            sums.iter_mut()
                .zip(products)
                .for_each(|(sum, (a, b))| *sum += a * b);
            for (i, j) in (0..m).flat_map(|i| (0..r).map(move |j| (i, j))) {
                direct[i] += taps[j] * inputs[i + j];
                exact[i] += f64::from(taps[j]) * f64::from(inputs[i + j]);
            }
        }
        let filtered = apply(&filter.from_outputs.transposed(), &sums, m);
        let wide = |numbers: Vec<f32>| numbers.into_iter().map(f64::from).collect();
        [wide(filtered), wide(direct), exact]
    }

    #[test]
    fn filtered_outputs_are_nearly_as_exact_as_direct_ones() {
        for filter in filters() {
            let mut errors = [0.0f64; 2];
            for trial in 0..40 {
                let [filtered, direct, exact] = outputs(&filter, 64, 100 * trial);
                for (error, made) in errors.iter_mut().zip([filtered, direct]) {
                    let squares = made.iter().zip(&exact).map(|(a, b)| (a - b).powi(2));
                    *error += squares.sum::<f64>();
                }
            }
            let ratio = (errors[0] / errors[1]).sqrt();
            let most = if filter.points() <= FEW_POINTS {
                2.5
            } else {
                4.0
            };
            let (m, r) = (filter.outputs, filter.taps);
            assert!(ratio < most, "F({m}, {r}): {ratio}");
            assert!(errors[1] > 0.0);
        }
    }

    #[test]
    fn the_gradient_of_the_taps_matches_the_definition() {
        for filter in filters() {
            let (m, r, points) = (filter.outputs, filter.taps, filter.points());
            let (inputs, upstream) = (draw(points, 3), draw(m, 4));
            let inputs_there = apply(&filter.from_input, &inputs, points).into_iter();
            let products: Vec<f32> = inputs_there
                .zip(apply(&filter.from_outputs, &upstream, points))
                .map(|(a, b)| a * b)
                .collect();
            let gradient = apply(&filter.from_taps.transposed(), &products, r);
            for (j, got) in gradient.iter().enumerate() {
                let wanted: f32 = (0..m).map(|i| upstream[i] * inputs[i + j]).sum();
                assert!(
                    (got - wanted).abs() < 2e-5,
                    "F({m}, {r}), tap {j}: {got} for {wanted}"
                );
            }
        }
    }

    #[test]
    fn a_line_gets_the_cheapest_filter_and_at_equal_cost_the_most_exact() {
        let outputs = |taps, length| Filter::for_line(taps, length).map(|filter| filter.outputs);
        assert_eq!(outputs(3, 16), Some(4));
        assert_eq!(outputs(2, 16), Some(4));
        // One tile of eight points instead of two tiles of five.
        assert_eq!(outputs(2, 7), Some(7));
        assert_eq!(outputs(3, 2), Some(2));
        assert_eq!(outputs(1, 16), None);
        assert_eq!(outputs(6, 16), None);
    }
}
