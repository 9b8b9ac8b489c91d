//! Utilization and memory use of a device, as plain data.

use serde::{Deserialize, Serialize};

/// Current utilization and memory use of a device. Values that the system does not provide are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Utilization in percent, at most 100. CPU: time of this process divided by the time of all cores that it may
    /// use, since the last sample. GPU: share of time in which any process used it.
    pub share: Option<u8>,
    /// Memory in use, in bytes. CPU: resident memory of this process. GPU: memory used by all processes.
    pub memory: Option<u64>,
    /// Total memory of the GPU in bytes; `None` on the CPU.
    pub total: Option<u64>,
}
