//! Which places of the input an output reads, along one axis.

use std::ops::Range;

use crate::nn::Geometry;

/// One axis of a convolution: the sizes of its image and its map.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    pub image: usize,
    pub map: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Side {
    pub fn rows(g: &Geometry) -> Self {
        Self {
            image: g.height,
            map: g.out_height,
            kernel: g.kernel,
            stride: g.stride,
            padding: g.padding,
        }
    }

    pub fn columns(g: &Geometry) -> Self {
        Self {
            image: g.width,
            map: g.out_width,
            ..Self::rows(g)
        }
    }

    /// The tap of a phase, of those that are `stride` apart.
    pub fn tap(&self, phase: usize, index: usize) -> Option<usize> {
        let tap = index * self.stride + phase;
        (tap < self.kernel).then_some(tap)
    }

    /// What places of the map read of the image.
    pub fn correlation(&self) -> Axis {
        Axis::new((self.image, self.map), self.kernel, |place, tap| {
            let at = (place * self.stride + tap).checked_sub(self.padding)?;
            (at < self.image).then_some(at)
        })
    }

    /// What places of the image read of the map.
    pub fn adjoint(&self) -> Axis {
        Axis::new((self.map, self.image), self.kernel, |place, tap| {
            let at = (place + self.padding).checked_sub(tap)?;
            let map = at / self.stride;
            (at.is_multiple_of(self.stride) && map < self.map).then_some(map)
        })
    }
}

/// Along one axis: for each place of the output, the taps that reach it, each with the place of the input it reads.
pub struct Axis {
    pub inputs: usize,
    ends: Vec<usize>,
    reads: Vec<(usize, usize)>,
}

impl Axis {
    /// `source` gives the place of the input that a tap reads for a place of the output, if any.
    pub fn new(
        (inputs, outputs): (usize, usize),
        taps: usize,
        source: impl Fn(usize, usize) -> Option<usize>,
    ) -> Self {
        let mut axis = Self {
            inputs,
            ends: Vec::with_capacity(outputs),
            reads: Vec::with_capacity(outputs * taps),
        };
        for place in 0..outputs {
            let reads = (0..taps).filter_map(|tap| Some((tap, source(place, tap)?)));
            axis.reads.extend(reads);
            axis.ends.push(axis.reads.len());
        }
        axis
    }

    /// Pairs of a place and a tap that reaches it.
    pub fn pairs(&self) -> usize {
        self.reads.len()
    }

    pub fn outputs(&self) -> usize {
        self.ends.len()
    }

    /// Whether, for each place, taps that follow each other read places that do.
    pub fn are_side_by_side(&self) -> bool {
        let follow = |pair: &[(usize, usize)]| {
            let ((tap, x), (next_tap, next_x)) = (pair[0], pair[1]);
            next_tap == tap + 1 && next_x == x + 1
        };
        (0..self.outputs()).all(|place| self.reads(place).windows(2).all(follow))
    }

    pub fn reads(&self, place: usize) -> &[(usize, usize)] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.reads[start..self.ends[place]]
    }

    /// The places of the input that these places of the output read, and what lies between them.
    pub fn span(&self, places: Range<usize>) -> Range<usize> {
        let read = || places.clone().flat_map(|place| self.reads(place));
        let places = || read().map(|&(_, place)| place);
        places().min().unwrap_or(0)..places().max().map_or(0, |last| last + 1)
    }
}
