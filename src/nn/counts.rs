//! What was asked of a device.

use std::ops::Sub;

/// Calls of a device since it was opened, and its memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Kernels launched one by one.
    pub launches: u64,
    /// Those of them, and of the graphs' nodes, that are spectral normalization's.
    pub spectral: u64,
    /// Graphs launched, and the nodes of all of them.
    pub graphs: u64,
    pub graph_nodes: u64,
    pub copies_to_device: u64,
    pub copies_to_host: u64,
    pub allocations: u64,
    /// Bytes of the device's memory that are held at present.
    pub memory: u64,
}

impl Sub for Counts {
    type Output = Self;

    /// What was asked since `earlier`; memory as it is.
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
