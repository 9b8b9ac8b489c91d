//! Lines of numbers, transformed.

use super::{
    Filtering,
    matrix::{Source, Target, Window},
};
use crate::nn::host::buffers::{self, Buffer};

/// Lines of inputs between their margins, each place a run of numbers.
pub struct Lines<'a> {
    filtering: &'a Filtering,
    numbers: Buffer,
    run: usize,
}

impl<'a> Lines<'a> {
    pub fn new(filtering: &'a Filtering, count: usize, run: usize) -> Self {
        let mut numbers = buffers::take(count * filtering.length * run);
        numbers.fill(0.0);
        Self {
            filtering,
            numbers,
            run,
        }
    }

    /// The runs of a line from its first input on; those of inputs are to be written, the others to be left as they
    /// are.
    pub fn inputs(&mut self, line: usize) -> &mut [f32] {
        let first = line * self.filtering.length + self.filtering.margin;
        &mut self.numbers[first * self.run..]
    }

    /// For each of the first `count` lines, line after line, the points of each window after those of the one before:
    /// runs are `step` numbers apart, those of a line begin `line` numbers after those of the one before.
    pub fn transform(&self, count: usize, to: &mut [f32], line: usize, step: usize) {
        let points = self.filtering.filter.points();
        let windows = (0..count).flat_map(|index| {
            let windows = self.filtering.windows.iter().enumerate();
            windows.map(move |(window, at)| Window {
                from: (index * self.filtering.length + at) * self.run,
                to: index * line + window * points * step,
            })
        });
        self.apply(windows, Target { numbers: to, step });
    }

    /// Of the first line the windows of each point after those of the one before, stream by stream.
    pub fn transform_streams(&self, to: &mut [f32]) {
        let (tiles, run) = (self.filtering.tiles, self.run);
        let stream = self.filtering.filter.points() * tiles * run;
        let windows = self.filtering.windows.iter().enumerate();
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
            step: self.filtering.step * self.run,
            length: self.run,
        };
        self.filtering.filter.from_input.apply(windows, runs, to);
    }
}

/// A line of outputs' gradients, each place a run of numbers, with zeros for those that the last window has too many.
pub struct OutputLine<'a> {
    filtering: &'a Filtering,
    numbers: Buffer,
    run: usize,
}

impl<'a> OutputLine<'a> {
    pub fn new(filtering: &'a Filtering, outputs: usize, run: usize) -> Self {
        let mut numbers = buffers::take(filtering.tiles * filtering.filter.outputs * run);
        numbers[outputs * run..].fill(0.0);
        Self {
            filtering,
            numbers,
            run,
        }
    }

    /// The runs of outputs and those behind them; those of outputs are to be written, the others to be left as they are.
    pub fn outputs(&mut self) -> &mut [f32] {
        &mut self.numbers
    }

    /// The windows of each point after those of the one before.
    pub fn transform(&self, to: &mut [f32]) {
        let Filtering { filter, tiles, .. } = self.filtering;
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
