//! The memory layout of the activations of consecutive dense layers: slab by slab, and in each slab layer by layer,
//! with one row for each sample.

use std::ops::Range;

use rayon::prelude::*;

use super::row_length;
use crate::engine::nn::host::slab::{SLAB, slab_ranges};

/// Offsets of the rows of each layer.
pub(crate) struct Rows {
    features: Vec<usize>,
    /// Offset of each layer and of the end, for a single sample.
    starts: Vec<usize>,
    batch: usize,
}

impl Rows {
    /// A layout for a batch, with the number of features of each layer.
    pub(crate) fn new(features: Vec<usize>, batch: usize) -> Self {
        let (mut starts, mut end) = (vec![0], 0);
        for &features in &features {
            end += row_length(features);
            starts.push(end);
        }
        Self {
            features,
            starts,
            batch,
        }
    }

    /// Length of all rows.
    pub(crate) fn length(&self) -> usize {
        self.of_sample() * self.batch
    }

    /// Length of all rows of one sample.
    pub(crate) fn of_sample(&self) -> usize {
        self.starts[self.features.len()]
    }

    /// Number of features of a layer.
    pub(crate) fn features(&self, layer: usize) -> usize {
        self.features[layer]
    }

    /// Number of samples of a slab.
    pub(crate) fn samples(&self, slab: &[f32]) -> usize {
        slab.len() / self.of_sample()
    }

    /// Range of a layer's rows in a slab of `samples` samples.
    pub(crate) fn layer(&self, layer: usize, samples: usize) -> Range<usize> {
        self.starts[layer] * samples..self.starts[layer + 1] * samples
    }

    /// Splits a slab into the rows of each layer.
    pub(crate) fn split<'a>(&self, mut slab: &'a mut [f32]) -> Vec<&'a mut [f32]> {
        let samples = self.samples(slab);
        let mut split = Vec::with_capacity(self.features.len() + 1);
        for layer in 0..self.features.len() {
            let (rows, rest) = slab.split_at_mut(self.layer(layer, samples).len());
            split.push(rows);
            slab = rest;
        }
        split
    }

    /// All slabs.
    pub(crate) fn slabs<'a>(
        &self,
        numbers: &'a [f32],
    ) -> impl IndexedParallelIterator<Item = &'a [f32]> {
        numbers.par_chunks(self.of_sample() * SLAB)
    }

    /// All slabs, mutable.
    pub(crate) fn slabs_mut<'a>(
        &self,
        numbers: &'a mut [f32],
    ) -> impl IndexedParallelIterator<Item = &'a mut [f32]> {
        numbers.par_chunks_mut(self.of_sample() * SLAB)
    }

    pub(crate) fn slab_count(&self) -> usize {
        self.batch.div_ceil(SLAB)
    }

    /// The rows of a layer in each slab.
    pub(crate) fn of_layer<'a>(
        &'a self,
        numbers: &'a [f32],
        layer: usize,
    ) -> impl Iterator<Item = &'a [f32]> {
        let length = self.of_sample();
        let slabs = slab_ranges(self.batch);
        slabs.map(move |samples| {
            let slab = &numbers[samples.start * length..samples.end * length];
            &slab[self.layer(layer, samples.len())]
        })
    }

    /// Length of the sums of all slabs: one row for each slab.
    pub(crate) fn length_of_sums(&self) -> usize {
        self.of_sample() * self.slab_count()
    }

    /// The sums of each slab.
    pub(crate) fn sums_mut<'a>(
        &self,
        sums: &'a mut [f32],
    ) -> impl IndexedParallelIterator<Item = &'a mut [f32]> {
        sums.par_chunks_mut(self.of_sample())
    }

    /// A layer's sums in each slab.
    pub(crate) fn sums_of_layer<'a>(
        &'a self,
        sums: &'a [f32],
        layer: usize,
    ) -> impl Iterator<Item = &'a [f32]> {
        let row = self.layer(layer, 1);
        sums.chunks_exact(self.of_sample())
            .map(move |sums| &sums[row.clone()])
    }
}
