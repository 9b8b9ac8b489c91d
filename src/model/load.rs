//! What a device does, and how full its memory is, as plain data.

use serde::{Deserialize, Serialize};

/// What a device does at the moment; what the system does not tell is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// In percent, 100 at most. On the processor: this process' share of the time of all cores that it may use, since the
    /// last look. On a GPU: the share of time in which it was at work, for whomever.
    pub share: Option<u8>,
    /// Bytes in use. On the processor: those of this process that are in memory. On a GPU: those of its memory, by whomever.
    pub memory: Option<u64>,
    /// Bytes of the GPU's memory; none on the processor.
    pub total: Option<u64>,
}
