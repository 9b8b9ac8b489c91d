//! A tensor with its key.

use std::fmt;

/// A tensor of a training state: `d.0.weight_orig`, (32, 1, 4, 4).
#[derive(Clone, PartialEq)]
pub struct StateTensor {
    /// Name in the file.
    pub key: String,
    /// The shape in PyTorch.
    pub shape: Vec<usize>,
    /// The numbers, row-major.
    pub data: Vec<f32>,
}

impl fmt::Debug for StateTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.key, self.shape)
    }
}
