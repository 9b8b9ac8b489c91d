//! How the activations of dense layers lie in memory: slab by slab, in each the rows of one layer after the other.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    super::{
        buffers::{self, Buffer},
        slab::{SLAB, slabs},
    },
    row_length,
};

/// A row for each sample and layer.
pub struct Rows {
    numbers: Buffer,
    places: Places,
    batch: usize,
}

/// Where the rows of each layer stand in a slab.
pub struct Places {
    features: Vec<usize>,
    /// Of each layer and of the end, for one sample.
    starts: Vec<usize>,
}

impl Places {
    /// Features of a layer.
    pub fn features(&self, layer: usize) -> usize {
        self.features[layer]
    }

    /// Samples of a slab.
    pub fn samples(&self, slab: &[f32]) -> usize {
        slab.len() / self.length()
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

    /// Length of all rows of a sample.
    fn length(&self) -> usize {
        self.starts[self.features.len()]
    }
}

impl Rows {
    /// Of unspecified content; `features` are those of each layer.
    pub fn new(features: Vec<usize>, batch: usize) -> Self {
        let mut starts = vec![0];
        for &features in &features {
            starts.push(starts[starts.len() - 1] + row_length(features));
        }
        let places = Places { features, starts };
        Self {
            numbers: buffers::take(places.length() * batch),
            places,
            batch,
        }
    }

    pub fn places(&self) -> &Places {
        &self.places
    }

    pub fn slabs(&self) -> impl IndexedParallelIterator<Item = &[f32]> {
        self.numbers.par_chunks(self.places.length() * SLAB)
    }

    /// The slabs, and where their layers are.
    pub fn slabs_mut(&mut self) -> (impl IndexedParallelIterator<Item = &mut [f32]>, &Places) {
        let slab = self.places.length() * SLAB;
        (self.numbers.par_chunks_mut(slab), &self.places)
    }

    /// The rows of a layer in each slab.
    pub fn layer(&self, layer: usize) -> impl Iterator<Item = &[f32]> {
        let length = self.places.length();
        slabs(self.batch).map(move |samples| {
            let slab = &self.numbers[samples.start * length..samples.end * length];
            &slab[self.places.layer(layer, samples.len())]
        })
    }
}
