//! Which places of the input an output reads, along one axis.

use std::ops::Range;

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
