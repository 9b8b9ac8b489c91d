//! Transforms of lines of positions.

use super::{
    Plan,
    matrix::{Source, Target, Window},
};
use crate::engine::nn::host::buffers::{self, Buffer};

/// Lines of inputs with their margins; each position has a run of values.
pub(crate) struct InputLines<'a> {
    plan: &'a Plan,
    numbers: Buffer,
    run: usize,
}

impl<'a> InputLines<'a> {
    pub(crate) fn new(plan: &'a Plan, count: usize, run: usize) -> Self {
        let mut numbers = buffers::take(count * plan.length * run);
        numbers.fill(0.0);
        Self { plan, numbers, run }
    }

    /// The runs of a line from its first input on. Write only those of inputs; the margins are zero.
    pub(crate) fn inputs(&mut self, line: usize) -> &mut [f32] {
        let first = line * self.plan.length + self.plan.margin;
        &mut self.numbers[first * self.run..]
    }

    /// Transforms the first `count` lines: for each line, the points of each window, windows in order. Runs are `step`
    /// values apart in `to`, and lines begin `line` values apart.
    pub(crate) fn transform(&self, count: usize, to: &mut [f32], line: usize, step: usize) {
        let points = self.plan.filter.points();
        let windows = (0..count).flat_map(|index| {
            let windows = self.plan.windows.iter().enumerate();
            windows.map(move |(window, at)| Window {
                from: (index * self.plan.length + at) * self.run,
                to: index * line + window * points * step,
            })
        });
        self.apply(windows, Target { numbers: to, step });
    }

    /// Transforms the first line: for each stream, the windows of each point, points in order.
    pub(crate) fn transform_streams(&self, to: &mut [f32]) {
        let (tiles, run) = (self.plan.tiles, self.run);
        let stream = self.plan.filter.points() * tiles * run;
        let windows = self.plan.windows.iter().enumerate();
        let windows = windows.map(|(index, at)| Window {
            from: at * run,
            to: index / tiles * stream + index % tiles * run,
        });
        let to = Target {
            numbers: to,
            step: tiles * run,
        };
        self.apply(windows, to);
    }

    fn apply(&self, windows: impl Iterator<Item = Window>, to: Target) {
        let runs = Source {
            numbers: &self.numbers,
            step: self.plan.step * self.run,
            length: self.run,
        };
        self.plan.filter.from_input.apply(windows, runs, to);
    }
}

/// A line of output gradients; each position has a run of values. Outputs that the last window has too many are zero.
pub(crate) struct OutputLine<'a> {
    plan: &'a Plan,
    numbers: Buffer,
    run: usize,
}

impl<'a> OutputLine<'a> {
    pub(crate) fn new(plan: &'a Plan, outputs: usize, run: usize) -> Self {
        let mut numbers = buffers::take(plan.tiles * plan.filter.outputs * run);
        numbers[outputs * run..].fill(0.0);
        Self { plan, numbers, run }
    }

    /// The runs of outputs and of the padding behind them. Write only those of outputs; the padding is zero.
    pub(crate) fn outputs(&mut self) -> &mut [f32] {
        &mut self.numbers
    }

    /// Transforms the line: the windows of each point, points in order.
    pub(crate) fn transform(&self, to: &mut [f32]) {
        let Plan { filter, tiles, .. } = self.plan;
        let windows = (0..*tiles).map(|tile| Window {
            from: tile * filter.outputs * self.run,
            to: tile * self.run,
        });
        let runs = Source {
            numbers: &self.numbers,
            step: self.run,
            length: self.run,
        };
        let to = Target {
            numbers: to,
            step: tiles * self.run,
        };
        filter.from_outputs.apply(windows, runs, to);
    }
}
