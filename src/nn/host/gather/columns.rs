//! How the columns of an output are made.

use super::super::{
    axis::Axis,
    winograd::{Filtered, Matrix},
};

/// The columns of a product: what its tiles sum, directly or for a filter.
pub struct Columns {
    /// Columns of the input.
    pub inputs: usize,
    /// Columns of the output.
    pub outputs: usize,
    /// What the sums of tiles read: columns of the input, or what a filter makes of them.
    pub sums: Axis,
    pub filtered: Option<Filtered>,
}

impl Columns {
    /// `filter` is asked where a product of `channels`, read and made, could gain from it.
    pub fn new(
        direct: Axis,
        channels: (usize, usize),
        filter: impl FnOnce() -> Option<Filtered>,
    ) -> Self {
        let (inputs, outputs) = (direct.inputs, direct.outputs());
        let (sums, filtered) = match Filtered::that_pays(direct.pairs(), channels, filter) {
            Some((filtered, sums)) => (sums, Some(filtered)),
            None => (direct, None),
        };
        Self {
            inputs,
            outputs,
            sums,
            filtered,
        }
    }

    /// Numbers that tiles have for the taps of one row of a kernel as wide as `kernel`.
    pub fn taps(&self, kernel: usize) -> usize {
        let own = |filtered: &Filtered| filtered.taps.len() * filtered.filter.points();
        self.filtered.as_ref().map_or(kernel, own)
    }

    /// Sums that each group of outputs is made of.
    pub fn points(&self) -> usize {
        let points = |filtered: &Filtered| filtered.filter.points();
        self.filtered.as_ref().map_or(1, points)
    }

    /// From the sums of a group to its outputs, where they are not the same.
    pub fn interpolation(&self) -> Option<Matrix> {
        let filtered = self.filtered.as_ref()?;
        Some(filtered.filter.from_outputs.transposed())
    }

    /// The outputs that are made together, in the order of their sums.
    pub fn groups(&self) -> impl Iterator<Item = impl Iterator<Item = usize>> {
        let filtered = self.filtered.iter().flat_map(Filtered::outputs);
        let direct = match self.filtered {
            Some(_) => 0,
            None => self.outputs,
        };
        filtered.chain((0..direct).map(|column| (column..column + 1).step_by(1)))
    }
}
