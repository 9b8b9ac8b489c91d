//! Which positions of the input each position of the output reads, along one axis.

use std::ops::Range;

use crate::engine::nn::Geometry;

/// One axis of a convolution: the sizes of image, map and kernel, with stride and padding.
#[derive(Clone, Copy, Debug)]
pub(super) struct AxisGeometry {
    pub image: usize,
    pub map: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl AxisGeometry {
    pub(super) fn rows(g: &Geometry) -> Self {
        Self {
            image: g.height,
            map: g.out_height,
            kernel: g.kernel,
            stride: g.stride,
            padding: g.padding,
        }
    }

    pub(super) fn columns(g: &Geometry) -> Self {
        Self {
            image: g.width,
            map: g.out_width,
            ..Self::rows(g)
        }
    }

    /// The kernel tap `index · stride + phase`; none if the kernel is shorter.
    pub(super) fn tap(&self, phase: usize, index: usize) -> Option<usize> {
        let tap = index * self.stride + phase;
        (tap < self.kernel).then_some(tap)
    }

    /// The convolution along this axis: positions of the map read positions of the image.
    pub(super) fn correlation(&self) -> Axis {
        Axis::new((self.image, self.map), self.kernel, |place, tap| {
            let at = (place * self.stride + tap).checked_sub(self.padding)?;
            (at < self.image).then_some(at)
        })
    }

    /// The transposed convolution along this axis: positions of the image read positions of the map.
    pub(super) fn adjoint(&self) -> Axis {
        Axis::new((self.map, self.image), self.kernel, |place, tap| {
            let at = (place + self.padding).checked_sub(tap)?;
            let map = at / self.stride;
            (at.is_multiple_of(self.stride) && map < self.map).then_some(map)
        })
    }
}

/// For each output position along one axis: the kernel taps that reach it, each with the input position that it reads.
pub(super) struct Axis {
    pub inputs: usize,
    ends: Vec<usize>,
    reads: Vec<(usize, usize)>,
}

impl Axis {
    /// An axis of (inputs, outputs) positions and `taps` taps. `source(output, tap)` is the input position that a tap
    /// reads for an output position, if any.
    pub(super) fn new(
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

    /// Number of pairs of an output position and a tap that reaches it: multiplications per channel pair.
    pub(super) fn pairs(&self) -> usize {
        self.reads.len()
    }

    pub(super) fn outputs(&self) -> usize {
        self.ends.len()
    }

    /// Whether consecutive taps of each output position read consecutive input positions.
    pub(super) fn is_contiguous(&self) -> bool {
        let follow = |pair: &[(usize, usize)]| {
            let ((tap, x), (next_tap, next_x)) = (pair[0], pair[1]);
            next_tap == tap + 1 && next_x == x + 1
        };
        (0..self.outputs()).all(|place| self.reads(place).windows(2).all(follow))
    }

    pub(super) fn reads(&self, place: usize) -> &[(usize, usize)] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.reads[start..self.ends[place]]
    }

    /// The smallest range that contains all input positions read by `places` of the output.
    pub(super) fn span(&self, places: Range<usize>) -> Range<usize> {
        let read = || places.clone().flat_map(|place| self.reads(place));
        let places = || read().map(|&(_, place)| place);
        places().min().unwrap_or(0)..places().max().map_or(0, |last| last + 1)
    }
}
