//! Layers with parameters, as plain data: what they compute, and the ranges of their values.

use std::ops::Range;

use super::{Activation, Geometry};
use crate::preset::{Layout, NormalizedLayer};

/// ε that batch normalization adds to the variance.
pub const EPSILON: f32 = 1e-5;
/// Weight of the new batch in running statistics.
pub const MOMENTUM: f32 = 0.1;

/// A layer with a weight matrix, fused with the activation that follows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// Position in the network's list of layers (`0`); for a layer inside a block also its name there (`0.conv1`).
    pub name: String,
    /// Description for display: `Conv2d 64→128 4×4 s2`.
    pub words: String,
    /// Its index in the random streams of weights and of power iteration.
    pub index: u64,
    /// How the weight is applied.
    pub product: Product,
    /// Range of the weight, row-major with the shape [`Product::stored`].
    pub weight: Range<usize>,
    /// Range of the bias: one value for each output channel.
    pub bias: Option<Range<usize>>,
    /// What follows the product and the bias.
    pub activation: Activation,
    /// Ranges of u and v, and the offset of the layer's figures in their own buffer; see [`super::spectral`].
    pub u: Range<usize>,
    /// Range of v; see [`super::spectral`].
    pub v: Range<usize>,
    /// Offset of the layer's figures in their own buffer.
    pub figures: usize,
    /// None if u and v are not in use: the layer was never normalized and its σ is not measured.
    pub spectral: Option<NormalizedLayer>,
}

impl Affine {
    /// Whether the forward pass uses the normalized weight.
    pub fn is_normalized(&self) -> bool {
        self.spectral.is_some_and(|settings| settings.enabled)
    }
}

/// How a weight W is applied: x (features in, batch) → Wx (features out, batch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// W (outputs, inputs).
    Dense {
        /// Columns of W.
        inputs: usize,
        /// Rows of W.
        outputs: usize,
    },
    /// W (out, channels·taps) of the geometry. A transposed convolution maps (out, map) to (channels, image): `out` is
    /// then the number of input channels, and each of the `channels` output channels has a bias.
    Convolution {
        /// Sizes of image, map and kernel.
        geometry: Geometry,
        /// Forward, or transposed.
        direction: Direction,
    },
}

/// Direction in which a convolution runs through its geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Image to map: a convolution.
    Forward,
    /// Map to image: a transposed convolution.
    Transposed,
}

impl Product {
    /// Number of features of y.
    pub fn outputs(&self) -> usize {
        match self {
            Product::Dense { outputs, .. } => *outputs,
            Product::Convolution {
                geometry: g,
                direction: Direction::Forward,
            } => g.out * g.map(),
            Product::Convolution { geometry: g, .. } => g.channels * g.image(),
        }
    }

    /// (rows, columns) of the stored weight.
    pub fn stored(&self) -> (usize, usize) {
        match self {
            Product::Dense { inputs, outputs } => (*outputs, *inputs),
            Product::Convolution { geometry, .. } => (geometry.out, geometry.fan_in()),
        }
    }

    /// PyTorch's shape of the weight.
    pub fn weight_shape(&self) -> Vec<usize> {
        match self {
            Product::Dense { inputs, outputs } => vec![*outputs, *inputs],
            Product::Convolution { geometry: g, .. } => {
                vec![g.out, g.channels, g.kernel, g.kernel]
            }
        }
    }

    /// Layout of the matrix whose largest singular value is σ.
    pub fn layout(&self) -> Layout {
        match self {
            Product::Convolution {
                geometry,
                direction: Direction::Transposed,
            } => Layout {
                blocks: geometry.out,
                rows: geometry.channels,
                columns: geometry.taps(),
            },
            _ => {
                let (rows, columns) = self.stored();
                Layout::plain(rows, columns)
            }
        }
    }
}

/// Batch normalization (Ioffe & Szegedy 2015), fused with the activation that follows it.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Position in the network's list of layers; see [`Affine::name`].
    pub name: String,
    /// Number of channels; of features for flat input.
    pub channels: usize,
    /// Range of the factors γ, one for each channel.
    pub gamma: Range<usize>,
    /// Range of the summands β, one for each channel.
    pub beta: Range<usize>,
    /// Ranges of the running mean and the running unbiased variance.
    pub mean: Range<usize>,
    /// Range of the running variances.
    pub variance: Range<usize>,
    /// Ranges of the batch's mean and variance in the statistics of a pass.
    pub batch: [Range<usize>; 2],
    /// What follows the product and the bias.
    pub activation: Activation,
}
