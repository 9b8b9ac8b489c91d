//! Winograd's algorithm for a strided convolution along one axis, split into streams: correlations of stride 1, to
//! which a filter applies.
//!
//! A convolution of stride s is a sum of s streams; stream i reads every s-th input. The transposed convolution has s
//! streams with interleaved outputs. A line of inputs has margins of zeros, so that every window of the filter is in
//! bounds.

#[cfg(test)]
mod tests;

use std::{iter::StepBy, ops::Range};

use super::Filter;
use crate::engine::nn::host::axis::{Axis, AxisGeometry};

/// The fewest input and output channels for which the transforms pay off.
const MANY: usize = 16;
/// The most multiplications of a filter, in percent of the direct ones, for which the transforms pay off.
const PERCENT: usize = 85;

/// The streams along one axis, cut into windows of one filter.
pub(crate) struct Plan {
    pub filter: Filter,
    /// For each stream, the kernel taps in the order of the filter's taps; none if the kernel has no such tap.
    pub taps: Vec<Vec<Option<usize>>>,
    /// Zeros before the first input.
    pub(super) margin: usize,
    /// Positions of a line: inputs and margins.
    pub(super) length: usize,
    /// Windows of a stream.
    pub tiles: usize,
    /// For each stream, the position of the line at which each window begins.
    pub(super) windows: Vec<usize>,
    /// Distance of neighbouring inputs of a window.
    pub(super) step: usize,
    groups: Vec<Group>,
    /// Distance of neighbouring outputs of a group.
    to_step: usize,
}

/// Outputs that are computed together: those of one window, or the sum of the windows of several streams.
#[derive(Clone, Copy, Debug)]
struct Group {
    first_stream: usize,
    streams: usize,
    /// The window of each of these streams.
    tile: usize,
    /// The first output.
    to: usize,
    /// The number of outputs. The filter may compute more.
    count: usize,
}

/// The inputs, outputs and taps of one stream.
struct Stream {
    /// The input that the first tap of the first output reads.
    from: isize,
    to: usize,
    outputs: usize,
    taps: Vec<Option<usize>>,
}

impl Plan {
    /// The plan for (input, output) `channels` and the positions that its sums read. None unless it saves enough of the
    /// `direct` multiplications along the axis to pay for its transforms.
    pub(crate) fn if_profitable(
        direct: usize,
        channels: (usize, usize),
        plan: impl FnOnce() -> Option<Self>,
    ) -> Option<(Self, Axis)> {
        let plan = (channels.0.min(channels.1) >= MANY).then(plan).flatten()?;
        let sums = plan.axis();
        (100 * sums.pairs() <= PERCENT * direct).then_some((plan, sums))
    }

    /// The plan of the convolution from image to map; none if no filter fits.
    pub(crate) fn correlation(side: &AxisGeometry) -> Option<Self> {
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

    /// The plan of the transposed convolution from map to image; none if no filter fits.
    pub(crate) fn adjoint(side: &AxisGeometry) -> Option<Self> {
        let taps = side.kernel.div_ceil(side.stride);
        let stream = |phase: usize| {
            // The first image position that taps of this phase reach.
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

    /// Which transformed inputs the sums of each group read. Inputs are indexed by (window, point), sums by (group,
    /// point), taps by (stream, point).
    pub(crate) fn axis(&self) -> Axis {
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
    pub(crate) fn outputs(&self) -> impl ExactSizeIterator<Item = StepBy<Range<usize>>> {
        self.groups.iter().map(|&Group { to, count, .. }| {
            let end = to + (count - 1) * self.to_step + 1;
            (to..end).step_by(self.to_step)
        })
    }
}
