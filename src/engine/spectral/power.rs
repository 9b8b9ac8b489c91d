//! Power iteration on slices, with two passes over the weight per iteration.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::EPSILON;
use crate::{
    engine::simd::{
        rows::add_combination,
        sums::{add_products, dot},
    },
    preset::Layout,
};

/// A random unit vector.
pub(crate) fn unit_vector(length: usize, rng: &mut impl Rng) -> Vec<f32> {
    let draw: Vec<f32> = (0..length).map(|_| StandardNormal.sample(rng)).collect();
    let norm = draw.iter().map(|x| x * x).sum::<f32>().sqrt();
    draw.iter().map(|x| x / norm).collect()
}

/// Makes `iterations` steps v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖ in place, and returns σ = uᵀWv. If a product is zero or not finite,
/// the vector does not change, so that it remains usable when the weight is finite again.
pub(crate) fn power_iteration(
    weight: &[f32],
    layout: &Layout,
    u: &mut [f32],
    v: &mut [f32],
    iterations: usize,
) -> f32 {
    let (mut wu, mut wv) = (vec![0.0; v.len()], vec![0.0; u.len()]);
    for _ in 0..iterations {
        transposed_times(weight, layout, u, &mut wu);
        replace_by_unit(v, &wu);
        times(weight, layout, v, &mut wv);
        replace_by_unit(u, &wv);
    }
    if iterations == 0 {
        times(weight, layout, v, &mut wv);
    }
    dot(u, &wv) as f32
}

/// The estimate σ = uᵀWv.
pub(crate) fn sigma(weight: &[f32], layout: &Layout, u: &[f32], v: &[f32]) -> f32 {
    let mut wv = vec![0.0; u.len()];
    times(weight, layout, v, &mut wv);
    dot(u, &wv) as f32
}

/// Computes y = Wx. x has the matrix's width, y its number of rows.
pub(crate) fn times(weight: &[f32], layout: &Layout, x: &[f32], y: &mut [f32]) {
    y.fill(0.0);
    if layout.columns == 0 {
        return;
    }
    let blocks = weight.chunks_exact(layout.rows * layout.columns);
    for (block, x) in blocks.zip(x.chunks_exact(layout.columns)) {
        add_products(y, block, x);
    }
}

/// Computes y = Wᵀx. x has the matrix's number of rows, y its width.
pub(crate) fn transposed_times(weight: &[f32], layout: &Layout, x: &[f32], y: &mut [f32]) {
    y.fill(0.0);
    if layout.columns == 0 {
        return;
    }
    let blocks = weight.chunks_exact(layout.rows * layout.columns);
    for (block, y) in blocks.zip(y.chunks_exact_mut(layout.columns)) {
        add_combination(y, block, x);
    }
}

/// v = Wᵀu/‖Wᵀu‖, or zeros if that is undefined.
pub(crate) fn image(weight: &[f32], layout: &Layout, u: &[f32]) -> Vec<f32> {
    let (mut v, mut wu) = (vec![0.0; layout.width()], vec![0.0; layout.width()]);
    transposed_times(weight, layout, u, &mut wu);
    replace_by_unit(&mut v, &wu);
    v
}

/// Replaces `old` by `image`/‖`image`‖ if that is defined.
fn replace_by_unit(old: &mut [f32], image: &[f32]) {
    let norm = dot(image, image).sqrt() as f32;
    if norm.is_finite() && norm > 0.0 {
        let inverse = 1.0 / norm.max(EPSILON);
        old.iter_mut()
            .zip(image)
            .for_each(|(old, &image)| *old = image * inverse);
    }
}

/// The factor that normalizes a weight, gain/σ; `None` if σ is zero or not finite.
pub(crate) fn factor(sigma: f32, gain: f32) -> Option<f32> {
    let factor = gain / sigma;
    (sigma.is_finite() && sigma != 0.0 && factor.is_finite()).then_some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigma_of_a_diagonal_matrix_is_its_largest_entry() {
        let layout = Layout::plain(2, 3);
        let weight = [3.0, 0.0, 0.0, 0.0, 2.0, 0.0];
        let (mut u, mut v) = ([0.6, 0.8], [0.5, 0.5, 0.5]);
        let sigma = power_iteration(&weight, &layout, &mut u, &mut v, 50);
        assert!((sigma - 3.0).abs() < 1e-6, "{sigma}");
    }

    #[test]
    fn zero_and_non_finite_weights_do_not_change_the_vectors() {
        let layout = Layout::plain(2, 2);
        for weight in [[0.0; 4], [f32::NAN; 4], [f32::INFINITY; 4]] {
            let (mut u, mut v) = ([1.0, 0.0], [0.0, 1.0]);
            let sigma = power_iteration(&weight, &layout, &mut u, &mut v, 3);
            assert_eq!((u, v), ([1.0, 0.0], [0.0, 1.0]));
            assert_eq!(factor(sigma, 1.0), None);
        }
    }
}
