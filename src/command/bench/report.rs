//! What was measured of one network, as it is printed in JSON.

use serde::{Deserialize, Serialize};

use super::timing::Timings;
use crate::{gan::Part, nn::Counts};

/// A line of `sn-tui bench --json`. The first names are those of the PyTorch script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub net: String,
    /// Whether D is spectrally normalized.
    pub sn: bool,
    pub threads: usize,
    pub batch: usize,
    pub n_dis: usize,
    /// A step is `n_dis` D updates and a G update, its measures read.
    pub step_ms_median: f64,
    pub step_ms_min: f64,
    /// Interquartile range of the steps.
    pub step_ms_spread: f64,
    /// Steps that were timed.
    pub steps: usize,
    /// Arithmetic of a step in 10⁹ floating-point operations.
    pub gflop: f64,
    /// That arithmetic in the time of the median step.
    pub step_gflops: f64,
    /// float32 products of 1024×1024 matrices in the same process.
    pub matmul_gflops: f64,
    /// Resident memory of the process at its peak, training only; in 10⁶ bytes. Linux only.
    pub peak_memory_mb: Option<f64>,
    /// The CPU only.
    pub parts: Option<Parts>,
    pub params_g: usize,
    pub params_d: usize,
    /// Real samples: `uniform`, or the preset's `own`.
    pub samples: String,
    /// `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`.
    pub device: String,
    /// Of a GPU alone.
    #[serde(flatten)]
    pub calls: Option<Calls>,
    pub version: String,
}

/// What one step asks of a GPU after warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// Kernels launched one by one, outside graphs.
    pub launches: u64,
    /// Graphs launched.
    pub graphs: u64,
    /// The nodes of all of them.
    pub graph_nodes: u64,
    /// What of launches and nodes is spectral normalization.
    pub nodes_spectral: u64,
    pub copies_to_device: u64,
    pub copies_to_host: u64,
    pub allocations: u64,
    /// Memory of the device that the training holds, in 10⁶ bytes.
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

/// Milliseconds of a step by part: means over the steps between the quartiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parts {
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
    /// None where the parts were not timed.
    pub fn of(timings: &Timings) -> Option<Self> {
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

    /// (name, milliseconds) as people read them.
    pub fn rows(&self) -> [(&'static str, f64); 8] {
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

/// A number to three places.
pub fn thousandths(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
