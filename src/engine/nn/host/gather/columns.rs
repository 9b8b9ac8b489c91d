//! How the columns of an output are computed: directly, or by Winograd's algorithm.

use crate::engine::nn::host::{
    axis::Axis,
    winograd::{Matrix, Plan},
};

/// The columns of a gather, and what its tiles sum.
pub(crate) struct Columns {
    /// Columns of the input.
    pub inputs: usize,
    /// Columns of the output.
    pub outputs: usize,
    /// Which columns the sums of tiles read: columns of the input, or transformed ones.
    pub sums: Axis,
    pub plan: Option<Plan>,
}

impl Columns {
    /// Columns of a gather with (input, output) `channels`. `plan` builds a Winograd plan; it is called only if there
    /// are enough channels.
    pub(crate) fn new(
        direct: Axis,
        channels: (usize, usize),
        plan: impl FnOnce() -> Option<Plan>,
    ) -> Self {
        let (inputs, outputs) = (direct.inputs, direct.outputs());
        let (sums, plan) = match Plan::if_profitable(direct.pairs(), channels, plan) {
            Some((plan, sums)) => (sums, Some(plan)),
            None => (direct, None),
        };
        Self {
            inputs,
            outputs,
            sums,
            plan,
        }
    }

    /// Number of weights for each row of a kernel of width `kernel`, after the transform.
    pub(crate) fn taps(&self, kernel: usize) -> usize {
        let own = |plan: &Plan| plan.taps.len() * plan.filter.points();
        self.plan.as_ref().map_or(kernel, own)
    }

    /// Number of sums that each group of outputs is computed from.
    pub(crate) fn points(&self) -> usize {
        let points = |plan: &Plan| plan.filter.points();
        self.plan.as_ref().map_or(1, points)
    }

    /// The matrix from the sums of a group to its outputs; none if they are the same.
    pub(crate) fn interpolation(&self) -> Option<Matrix> {
        let plan = self.plan.as_ref()?;
        Some(plan.filter.from_outputs.transposed())
    }

    /// The groups of outputs that are computed together, in the order of their sums.
    pub(crate) fn groups(&self) -> impl Iterator<Item = impl Iterator<Item = usize>> {
        let filtered = self.plan.iter().flat_map(Plan::outputs);
        let direct = match self.plan {
            Some(_) => 0,
            None => self.outputs,
        };
        filtered.chain((0..direct).map(|column| (column..column + 1).step_by(1)))
    }
}
