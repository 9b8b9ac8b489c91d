//! Networks as named tensors, under PyTorch's names and in its layouts.

/// One tensor of a state: `d.0.weight_orig`, (32, 1, 4, 4).
#[derive(Clone, Debug, PartialEq)]
pub struct StateTensor {
    pub key: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// Row-major.
    pub data: Vec<f32>,
}
