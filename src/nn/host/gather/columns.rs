//! How the columns of an output are made.

use crate::nn::host::{
    axis::Axis,
    winograd::{Filtering, Matrix},
};

/// The columns of a product: what its tiles sum, directly or for a filter.
pub struct Columns {
    /// Columns of the input.
    pub inputs: usize,
    /// Columns of the output.
    pub outputs: usize,
    /// What the sums of tiles read: columns of the input, or what a filter makes of them.
    pub sums: Axis,
    pub filtering: Option<Filtering>,
}

impl Columns {
    /// `filter` is asked where a product of `channels`, read and made, could gain from it.
    pub fn new(
        direct: Axis,
        channels: (usize, usize),
        filter: impl FnOnce() -> Option<Filtering>,
    ) -> Self {
        let (inputs, outputs) = (direct.inputs, direct.outputs());
        let (sums, filtering) = match Filtering::that_pays(direct.pairs(), channels, filter) {
            Some((filtering, sums)) => (sums, Some(filtering)),
            None => (direct, None),
        };
        Self {
            inputs,
            outputs,
            sums,
            filtering,
        }
    }

    /// Numbers that tiles have for the taps of one row of a kernel as wide as `kernel`.
    pub fn taps(&self, kernel: usize) -> usize {
        let own = |filtering: &Filtering| filtering.taps.len() * filtering.filter.points();
        self.filtering.as_ref().map_or(kernel, own)
    }

    /// Sums that each group of outputs is made of.
    pub fn points(&self) -> usize {
        let points = |filtering: &Filtering| filtering.filter.points();
        self.filtering.as_ref().map_or(1, points)
    }

    /// From the sums of a group to its outputs, where they are not the same.
    pub fn interpolation(&self) -> Option<Matrix> {
        let filtering = self.filtering.as_ref()?;
        Some(filtering.filter.from_outputs.transposed())
    }

    /// The outputs that are made together, in the order of their sums.
    pub fn groups(&self) -> impl Iterator<Item = impl Iterator<Item = usize>> {
        let filtering = self.filtering.iter().flat_map(Filtering::outputs);
        let direct = match self.filtering {
            Some(_) => 0,
            None => self.outputs,
        };
        filtering.chain((0..direct).map(|column| (column..column + 1).step_by(1)))
    }
}
