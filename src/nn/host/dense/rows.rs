//! How the activations of dense layers lie in memory: slab by slab, in each the rows of one layer after the other.

use std::ops::Range;

use rayon::prelude::*;

use super::row_length;
use crate::nn::host::slab::{SLAB, slabs};

/// Where the rows of each layer stand, one for each sample.
pub struct Rows {
    features: Vec<usize>,
    /// Of each layer and of the end, for one sample.
    starts: Vec<usize>,
    batch: usize,
}

impl Rows {
    /// `features` are those of each layer.
    pub fn new(features: Vec<usize>, batch: usize) -> Self {
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

    /// Numbers of all rows.
    pub fn length(&self) -> usize {
        self.of_sample() * self.batch
    }

    /// Length of all rows of a sample.
    fn of_sample(&self) -> usize {
        self.starts[self.features.len()]
    }

    /// Features of a layer.
    pub fn features(&self, layer: usize) -> usize {
        self.features[layer]
    }

    /// Samples of a slab.
    pub fn samples(&self, slab: &[f32]) -> usize {
        slab.len() / self.of_sample()
    }

    /// The rows of a layer in a slab of so many samples.
    pub fn layer(&self, layer: usize, samples: usize) -> Range<usize> {
        self.starts[layer] * samples..self.starts[layer + 1] * samples
    }

    /// A slab's rows layer by layer.
    pub fn split<'a>(&self, mut slab: &'a mut [f32]) -> Vec<&'a mut [f32]> {
        let samples = self.samples(slab);
        let mut split = Vec::with_capacity(self.features.len() + 1);
        for layer in 0..self.features.len() {
            let (rows, rest) = slab.split_at_mut(self.layer(layer, samples).len());
            split.push(rows);
            slab = rest;
        }
        split
    }

    /// The slabs of all rows.
    pub fn slabs<'a>(&self, numbers: &'a [f32]) -> impl IndexedParallelIterator<Item = &'a [f32]> {
        numbers.par_chunks(self.of_sample() * SLAB)
    }

    /// The same to be written.
    pub fn slabs_mut<'a>(
        &self,
        numbers: &'a mut [f32],
    ) -> impl IndexedParallelIterator<Item = &'a mut [f32]> {
        numbers.par_chunks_mut(self.of_sample() * SLAB)
    }

    pub fn slab_count(&self) -> usize {
        self.batch.div_ceil(SLAB)
    }

    /// The rows of a layer in each of some slabs.
    pub fn of_layer<'a>(
        &'a self,
        numbers: &'a [f32],
        layer: usize,
        range: Range<usize>,
    ) -> impl Iterator<Item = &'a [f32]> {
        let length = self.of_sample();
        let slabs = slabs(self.batch).skip(range.start).take(range.len());
        slabs.map(move |samples| {
            let slab = &numbers[samples.start * length..samples.end * length];
            &slab[self.layer(layer, samples.len())]
        })
    }

    /// Numbers of a row of sums for each slab.
    pub fn length_of_sums(&self) -> usize {
        self.of_sample() * self.slab_count()
    }

    /// The rows of sums of each slab.
    pub fn sums_mut<'a>(
        &self,
        sums: &'a mut [f32],
    ) -> impl IndexedParallelIterator<Item = &'a mut [f32]> {
        sums.par_chunks_mut(self.of_sample())
    }

    /// The sums of a layer in each slab.
    pub fn sums_of_layer<'a>(
        &'a self,
        sums: &'a [f32],
        layer: usize,
    ) -> impl Iterator<Item = &'a [f32]> {
        let row = self.layer(layer, 1);
        sums.chunks_exact(self.of_sample())
            .map(move |sums| &sums[row.clone()])
    }
}
