//! A strided product along one axis, taken apart into streams: correlations of stride 1, which a filter can make.
//!
//! A convolution of stride s is the sum of s streams, each over every s-th input. Its adjoint is s streams whose outputs
//! lie between each other. A line of inputs stands between margins of zeros, so that every window of the filter reads
//! numbers that are there.

use std::{iter::StepBy, ops::Range};

use super::Filter;
use crate::nn::host::axis::{Axis, Side};

/// Fewest channels read and made that pay for transforms.
const MANY: usize = 16;
/// Most multiplications of a filter, of each hundred direct ones, that pay for them.
const PERCENT: usize = 85;

/// Streams along one axis, cut into windows of one filter.
pub struct Filtering {
    pub filter: Filter,
    /// For each stream, the taps of the kernel in the order in which the filter takes them; none where the kernel has no
    /// more.
    pub taps: Vec<Vec<Option<usize>>>,
    /// Zeros before the first input.
    pub(super) margin: usize,
    /// Places of a line, inputs and margins.
    pub(super) length: usize,
    /// Windows of a stream.
    pub tiles: usize,
    /// For each stream, the place of the line at which each of its windows begins.
    pub(super) windows: Vec<usize>,
    /// Places between neighbours in a window.
    pub(super) step: usize,
    groups: Vec<Group>,
    /// Places between neighbours among the outputs of a group.
    to_step: usize,
}

/// Outputs that are made together: those of one window, or of the windows of several streams, added up.
#[derive(Clone, Copy, Debug)]
struct Group {
    first_stream: usize,
    streams: usize,
    /// The window of each of these streams.
    tile: usize,
    /// The first output.
    to: usize,
    /// How many there are; the filter may make more.
    count: usize,
}

/// Where one stream reads and writes.
struct Stream {
    /// The input of the first output's first tap.
    from: isize,
    to: usize,
    outputs: usize,
    taps: Vec<Option<usize>>,
}

impl Filtering {
    /// The filter of a product of `channels`, read and made, and what its sums read: where it spares enough of the
    /// `direct` multiplications along the axis to pay for its transforms.
    pub fn that_pays(
        direct: usize,
        channels: (usize, usize),
        filter: impl FnOnce() -> Option<Self>,
    ) -> Option<(Self, Axis)> {
        let filtering = (channels.0.min(channels.1) >= MANY)
            .then(filter)
            .flatten()?;
        let sums = filtering.axis();
        (100 * sums.pairs() <= PERCENT * direct).then_some((filtering, sums))
    }

    /// From the image to the map; none where no filter fits.
    pub fn correlation(side: &Side) -> Option<Self> {
        let taps = side.kernel.div_ceil(side.stride);
        let stream = |phase: usize| Stream {
            from: phase as isize - side.padding as isize,
            to: 0,
            outputs: side.map,
            taps: (0..taps).map(|tap| side.tap(phase, tap)).collect(),
        };
        let streams: Vec<Stream> = (0..side.stride).map(stream).collect();
        let filter = Filter::for_line(taps, side.map)?;
        let tiles = side.map.div_ceil(filter.outputs);
        let group = |tile: usize| Group {
            first_stream: 0,
            streams: streams.len(),
            tile,
            to: tile * filter.outputs,
            count: filter.outputs.min(side.map - tile * filter.outputs),
        };
        let groups = (0..tiles).map(group).collect();
        Some(Self::new(
            filter,
            streams,
            side.image,
            (side.stride, 1),
            groups,
        ))
    }

    /// From the map to the image; none where no filter fits.
    pub fn adjoint(side: &Side) -> Option<Self> {
        let taps = side.kernel.div_ceil(side.stride);
        let stream = |phase: usize| {
            // The first place of the image that taps of this phase reach.
            let to = (phase + side.stride - side.padding % side.stride) % side.stride;
            let last = (to + side.padding - phase) / side.stride;
            Stream {
                from: last as isize - (taps as isize - 1),
                to,
                outputs: side.image.saturating_sub(to).div_ceil(side.stride),
                taps: (0..taps).rev().map(|tap| side.tap(phase, tap)).collect(),
            }
        };
        let streams: Vec<Stream> = (0..side.stride).map(stream).collect();
        let filter = Filter::for_line(taps, side.image.div_ceil(side.stride))?;
        let groups = streams.iter().enumerate().flat_map(|(index, stream)| {
            let firsts = (0..stream.outputs).step_by(filter.outputs);
            firsts.map(move |first| Group {
                first_stream: index,
                streams: 1,
                tile: first / filter.outputs,
                to: stream.to + first * side.stride,
                count: filter.outputs.min(stream.outputs - first),
            })
        });
        let groups = groups.collect();
        Some(Self::new(
            filter,
            streams,
            side.map,
            (1, side.stride),
            groups,
        ))
    }

    fn new(
        filter: Filter,
        streams: Vec<Stream>,
        inputs: usize,
        (step, to_step): (usize, usize),
        groups: Vec<Group>,
    ) -> Self {
        let tiles = groups.iter().map(|group| group.tile + 1).max().unwrap_or(0);
        let begins = |stream: &Stream| {
            let from = stream.from;
            (0..tiles).map(move |tile| from + (tile * filter.outputs * step) as isize)
        };
        let begins: Vec<isize> = streams.iter().flat_map(begins).collect();
        let margin = begins
            .iter()
            .map(|&at| (-at).max(0) as usize)
            .max()
            .unwrap_or(0);
        let windows: Vec<usize> = begins
            .iter()
            .map(|at| (at + margin as isize) as usize)
            .collect();
        let reach = windows
            .iter()
            .map(|at| at + (filter.points() - 1) * step + 1)
            .max();
        Self {
            filter,
            taps: streams.into_iter().map(|stream| stream.taps).collect(),
            margin,
            length: reach.unwrap_or(0).max(margin + inputs),
            tiles,
            windows,
            step,
            groups,
            to_step,
        }
    }

    /// Which transformed inputs the sums of each group read: inputs are counted window by window, sums group by group,
    /// both point by point; the taps are those of all streams, transformed.
    pub fn axis(&self) -> Axis {
        let points = self.filter.points();
        let sizes = (self.windows.len() * points, self.groups.len() * points);
        Axis::new(sizes, self.taps.len() * points, |place, tap| {
            let (group, point) = (&self.groups[place / points], place % points);
            let (stream, tap_point) = (tap / points, tap % points);
            let streams = group.first_stream..group.first_stream + group.streams;
            (tap_point == point && streams.contains(&stream))
                .then(|| (stream * self.tiles + group.tile) * points + point)
        })
    }

    /// The outputs of each group.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = StepBy<Range<usize>>> {
        self.groups.iter().map(|&Group { to, count, .. }| {
            let end = to + (count - 1) * self.to_step + 1;
            (to..end).step_by(self.to_step)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every width with every kernel, stride and padding that a convolution of it may have.
    fn sides() -> impl Iterator<Item = Side> {
        let kernels = (1..=7).flat_map(|kernel| (1..=4).map(move |stride| (kernel, stride)));
        let padded = kernels
            .flat_map(|(kernel, stride)| (0..kernel).map(move |padding| (kernel, stride, padding)));
        padded.flat_map(|(kernel, stride, padding)| {
            (1..=17).filter_map(move |image: usize| {
                let map = (image + 2 * padding).checked_sub(kernel)? / stride + 1;
                Some(Side {
                    image,
                    map,
                    kernel,
                    stride,
                    padding,
                })
            })
        })
    }

    /// The outputs of a line of ones and twos by its windows, each tap of the kernel a weight of its own.
    fn made(side: &Side, filtered: &Filtering, inputs: usize, outputs: usize) -> Vec<f64> {
        let line = |place: usize| match place.checked_sub(filtered.margin) {
            Some(input) if input < inputs => (1 + input % 2) as f64,
            _ => 0.0,
        };
        let weight = |tap: Option<usize>| tap.map_or(0.0, |tap| (1 + tap) as f64);
        let (m, mut made) = (filtered.filter.outputs, vec![0.0; outputs]);
        for (group, outputs) in filtered.groups.iter().zip(filtered.outputs()) {
            for (index, output) in outputs.enumerate() {
                assert!(index < m, "{side:?}");
                for stream in group.first_stream..group.first_stream + group.streams {
                    let window = filtered.windows[stream * filtered.tiles + group.tile];
                    for (tap, &weighted) in filtered.taps[stream].iter().enumerate() {
                        let place = window + (index + tap) * filtered.step;
                        assert!(place < filtered.length, "{side:?}");
                        made[output] += weight(weighted) * line(place);
                    }
                }
            }
        }
        made
    }

    #[test]
    fn windows_read_what_the_strided_product_does() {
        let mut seen = 0;
        for side in sides() {
            let filters = [
                (Filtering::correlation(&side), side.correlation()),
                (Filtering::adjoint(&side), side.adjoint()),
            ];
            for (filtered, direct) in filters {
                let Some(filtered) = filtered else { continue };
                let read = |&(tap, input): &(usize, usize)| ((1 + tap) * (1 + input % 2)) as f64;
                let wanted: Vec<f64> = (0..direct.outputs())
                    .map(|place| direct.reads(place).iter().map(read).sum())
                    .collect();
                let made = made(&side, &filtered, direct.inputs, direct.outputs());
                assert_eq!(made, wanted, "{side:?}");
                seen += 1;
            }
        }
        assert!(seen > 1000, "{seen} products were filtered");
    }

    #[test]
    fn the_layers_that_it_is_for_are_filtered() {
        let side = |image, map, kernel, stride| Side {
            image,
            map,
            kernel,
            stride,
            padding: 1,
        };
        // Multiplications of a line: direct ones, and the filter's; with its outputs.
        for (side, direct, filtered, outputs) in [
            (side(14, 7, 4, 2), 26, 16, 7),
            (side(32, 16, 4, 2), 62, 40, 4),
            (side(16, 16, 3, 1), 46, 24, 4),
            (side(4, 4, 3, 1), 10, 6, 4),
        ] {
            let axis = side.correlation();
            assert_eq!(axis.pairs(), direct, "{side:?}");
            let found = Filtering::that_pays(direct, (16, 16), || Filtering::correlation(&side));
            let (found, sums) = found.unwrap();
            assert_eq!(
                (sums.pairs(), found.filter.outputs),
                (filtered, outputs),
                "{side:?}"
            );
            let few = Filtering::that_pays(direct, (3, 64), || Filtering::correlation(&side));
            assert!(few.is_none(), "{side:?}");
        }
        let point = side(8, 8, 1, 1);
        assert!(Filtering::correlation(&point).is_none());
    }
}
