//! Counters of a device's calls.

use std::ops::Sub;

/// Calls since the device was opened, and its allocated memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kernels launched outside graphs.
    pub launches: u64,
    /// Kernels of spectral normalization, inside graphs and outside.
    pub spectral: u64,
    /// Graph launches, and the sum of the nodes of the launched graphs.
    pub graphs: u64,
    /// Sum of the nodes of the launched graphs.
    pub graph_nodes: u64,
    /// Copies from host to device memory.
    pub copies_to_device: u64,
    /// Copies from device to host memory.
    pub copies_to_host: u64,
    /// Allocations of device memory.
    pub allocations: u64,
    /// Bytes of device memory that are allocated now.
    pub memory: u64,
}

impl Sub for Counts {
    type Output = Self;

    /// The calls since `earlier`. `memory` keeps its present value.
    fn sub(self, earlier: Self) -> Self {
        Self {
            launches: self.launches - earlier.launches,
            spectral: self.spectral - earlier.spectral,
            graphs: self.graphs - earlier.graphs,
            graph_nodes: self.graph_nodes - earlier.graph_nodes,
            copies_to_device: self.copies_to_device - earlier.copies_to_device,
            copies_to_host: self.copies_to_host - earlier.copies_to_host,
            allocations: self.allocations - earlier.allocations,
            memory: self.memory,
        }
    }
}
