//! Power iteration of layers, and the gradient through σ.

use std::ops::Range;

use rayon::prelude::*;

use super::Host;
use crate::{
    engine::{
        nn::{
            Weights,
            layer::Affine,
            spectral::{FIGURES, GAIN, NORM, PowerIteration, SIGMA},
        },
        simd::{rows::subtract_outer, sums::dot},
        spectral::power,
    },
    preset::Layout,
};

/// Total length of weights below which all layers run on one thread.
const SMALL: usize = 1 << 17;

/// See [`crate::engine::nn::Backend::power_iteration`]. `moves` says whether u and v may change. Figures have the order of the
/// layers, and so do vectors.
pub(super) fn power_iteration(
    layers: &[PowerIteration],
    numbers: &mut [f32],
    figures: &mut [f32],
    moves: bool,
) {
    let mut layers = layers.to_vec();
    if !moves {
        layers.iter_mut().for_each(|layer| layer.iterations = 0);
    }
    layers.sort_by_key(|layer| layer.u);
    // All vectors lie behind all weights.
    let start = layers.iter().map(|layer| layer.u).min().unwrap_or(0);
    let (weights, vectors) = numbers.split_at_mut(start);
    let mut ranges = Vec::with_capacity(2 * layers.len());
    for layer in &layers {
        let PowerIteration { layout, u, v, .. } = layer;
        ranges.push(u - start..u - start + layout.rows);
        ranges.push(v - start..v - start + layout.width());
    }
    let places = layers.iter().map(|l| l.figures..l.figures + FIGURES);
    let figures = disjoint_mut(figures, &places.collect::<Vec<_>>());
    let mut vectors = disjoint_mut(vectors, &ranges).into_iter();
    let mut tasks = Vec::with_capacity(layers.len());
    for (layer, figures) in layers.iter().zip(figures) {
        let length = layer.layout.rows * layer.layout.width();
        if let (Some(u), Some(v)) = (vectors.next(), vectors.next()) {
            tasks.push(Task {
                layer,
                weight: &weights[layer.weight..][..length],
                u,
                v,
                figures,
            });
        }
    }
    let work: usize = tasks.iter().map(|task| task.weight.len()).sum();
    match work {
        0..SMALL => tasks.into_iter().for_each(Task::run),
        _ => tasks.into_par_iter().for_each(Task::run),
    }
}

struct Task<'a> {
    layer: &'a PowerIteration,
    weight: &'a [f32],
    u: &'a mut [f32],
    v: &'a mut [f32],
    figures: &'a mut [f32],
}

impl Task<'_> {
    fn run(self) {
        let PowerIteration {
            layout, iterations, ..
        } = self.layer;
        let sigma = power::power_iteration(self.weight, layout, self.u, self.v, *iterations);
        self.figures[SIGMA] = sigma;
        self.figures[NORM] = dot(self.weight, self.weight).sqrt() as f32;
    }
}

/// Splits a slice into parts. `ranges` are ascending and disjoint.
pub(super) fn disjoint_mut<'a>(
    mut slice: &'a mut [f32],
    ranges: &[Range<usize>],
) -> Vec<&'a mut [f32]> {
    let (mut parts, mut passed) = (Vec::with_capacity(ranges.len()), 0);
    for range in ranges {
        let (_, rest) = slice.split_at_mut(range.start - passed);
        let (part, rest) = rest.split_at_mut(range.len());
        parts.push(part);
        (slice, passed) = (rest, range.end);
    }
    parts
}

/// A layer's weight normalization: W̄ = factor·W with factor = gain/σ.
pub(super) struct Normalization<'a> {
    factor: f32,
    sigma: f32,
    layout: Layout,
    weight: &'a [f32],
    u: &'a [f32],
    v: &'a [f32],
}

impl<'a> Normalization<'a> {
    /// None if the layer is not normalized, or if σ is zero or not finite.
    pub(super) fn of(layer: &Affine, weights: Weights<'a, Host>) -> Option<Self> {
        let figures = &weights.figures[layer.figures..][..FIGURES];
        let factor = layer
            .is_normalized()
            .then(|| power::factor(figures[SIGMA], figures[GAIN]))??;
        Some(Self {
            factor,
            sigma: figures[SIGMA],
            layout: layer.product.layout(),
            weight: &weights.numbers[layer.weight.clone()],
            u: &weights.numbers[layer.u.clone()],
            v: &weights.numbers[layer.v.clone()],
        })
    }

    /// The factor; 1 if the layer is not normalized.
    pub(super) fn factor_of(layer: &Affine, weights: Weights<'a, Host>) -> f32 {
        Self::of(layer, weights).map_or(1.0, |normalization| normalization.factor)
    }

    /// Replaces the gradient G of W̄ by that of W: factor·(G − ⟨G, W⟩/σ · uvᵀ). This is equation 12 of Miyato et al.
    /// (2018), with ∂σ/∂W = uvᵀ.
    pub(super) fn backward(&self, gradient: &mut [f32]) {
        let Layout { rows, columns, .. } = self.layout;
        if columns == 0 {
            return;
        }
        let along = (dot(gradient, self.weight) / f64::from(self.sigma)) as f32 * self.factor;
        let blocks = gradient.chunks_exact_mut(rows * columns);
        for (block, v) in blocks.zip(self.v.chunks_exact(columns)) {
            subtract_outer(block, self.factor, along, self.u, v);
        }
    }
}
