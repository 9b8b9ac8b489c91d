//! A tensor with its name.

use std::fmt;

/// One tensor of a state: `d.0.weight_orig`, (32, 1, 4, 4).
#[derive(Clone, PartialEq)]
pub struct StateTensor {
    pub key: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// Row-major.
    pub data: Vec<f32>,
}

impl fmt::Debug for StateTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.key, self.shape)
    }
}
