//! The report of one network, as it is printed in JSON.

use serde::{Deserialize, Serialize};

use super::timing::Timings;
use crate::engine::{gan::Part, nn::Counts};

/// A line of `sn-tui bench --json`. The first keys are those of the PyTorch script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Report {
    pub net: String,
    /// Whether D is spectrally normalized.
    pub sn: bool,
    pub threads: usize,
    pub batch: usize,
    pub n_dis: usize,
    /// Median time of a step: `n_dis` D updates, a G update, and reading its measures.
    pub step_ms_median: f64,
    pub step_ms_min: f64,
    /// Interquartile range of the step times.
    pub step_ms_spread: f64,
    /// Number of timed steps.
    pub steps: usize,
    /// Arithmetic of a step in 10⁹ floating-point operations.
    pub gflop: f64,
    /// GFLOP/s of the median step.
    pub step_gflops: f64,
    /// GFLOP/s of float32 products of 1024×1024 matrices in the same process.
    pub matmul_gflops: f64,
    /// Peak of resident memory while training, in 10⁶ bytes; `None` if the system is not Linux.
    pub peak_memory_mb: Option<f64>,
    /// Milliseconds by part; `None` on a GPU.
    pub parts: Option<Parts>,
    pub params_g: usize,
    pub params_d: usize,
    /// Real samples: `uniform`, or the preset's `own`.
    pub samples: String,
    /// `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`.
    pub device: String,
    /// Calls of a step on a GPU.
    #[serde(flatten)]
    pub calls: Option<Calls>,
    pub version: String,
}

/// Calls to a GPU in one step after warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Calls {
    /// Kernels launched outside of graphs.
    pub launches: u64,
    /// Graphs launched.
    pub graphs: u64,
    /// Nodes of all launched graphs.
    pub graph_nodes: u64,
    /// Launches and nodes of spectral normalization.
    pub nodes_spectral: u64,
    pub copies_to_device: u64,
    pub copies_to_host: u64,
    pub allocations: u64,
    /// Device memory that the training holds, in 10⁶ bytes.
    pub device_memory_mb: f64,
}

impl From<Counts> for Calls {
    fn from(counts: Counts) -> Self {
        Self {
            launches: counts.launches,
            graphs: counts.graphs,
            graph_nodes: counts.graph_nodes,
            nodes_spectral: counts.spectral,
            copies_to_device: counts.copies_to_device,
            copies_to_host: counts.copies_to_host,
            allocations: counts.allocations,
            device_memory_mb: thousandths(counts.memory as f64 / 1e6),
        }
    }
}

/// Milliseconds of a step by part: the means over the steps between the quartiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    pub d_forward: f64,
    pub d_backward: f64,
    pub g_forward: f64,
    pub g_backward: f64,
    pub power_iteration: f64,
    pub optimizer: f64,
    pub data: f64,
    pub measuring: f64,
}

impl Parts {
    /// Returns the times by part, or `None` if they were not measured.
    pub(super) fn of(timings: &Timings) -> Option<Self> {
        let part = |part| timings.part(part).map(thousandths);
        Some(Self {
            d_forward: part(Part::DiscriminatorForward)?,
            d_backward: part(Part::DiscriminatorBackward)?,
            g_forward: part(Part::GeneratorForward)?,
            g_backward: part(Part::GeneratorBackward)?,
            power_iteration: part(Part::PowerIteration)?,
            optimizer: part(Part::Optimizer)?,
            data: part(Part::Data)?,
            measuring: part(Part::Measuring)?,
        })
    }

    /// Returns (name, milliseconds) of each part.
    pub(super) fn rows(&self) -> [(&'static str, f64); 8] {
        [
            ("D forward", self.d_forward),
            ("D backward", self.d_backward),
            ("G forward", self.g_forward),
            ("G backward", self.g_backward),
            ("power iteration", self.power_iteration),
            ("optimizer", self.optimizer),
            ("data", self.data),
            ("measuring", self.measuring),
        ]
    }
}

/// Rounds a number to three decimal places.
pub(super) fn thousandths(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
