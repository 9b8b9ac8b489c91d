//! Layers that learn, as plain data: what they compute, and where their numbers stand among those of their network.

use std::ops::Range;

use super::{Activation, Geometry};
use crate::preset::{Layout, NormalizedLayer};

/// Added to a variance by batch normalization.
pub const EPSILON: f32 = 1e-5;
/// Weight of the new batch in running statistics.
pub const MOMENTUM: f32 = 0.1;

/// A layer with a weight matrix, fused with the activation that follows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// Position in the network's list of layers (`0`), inside a block with its own name (`0.conv1`).
    pub name: String,
    /// The layer in words: `Conv2d 64→128 4×4 s2`.
    pub words: String,
    /// Its number in the streams of weights and start vectors.
    pub index: u64,
    pub product: Product,
    /// Row-major as [`Product::stored`].
    pub weight: Range<usize>,
    /// One number for each output channel.
    pub bias: Option<Range<usize>>,
    pub activation: Activation,
    /// Where u and v stand, and the figures among those of the network; see [`super::spectral`].
    pub u: Range<usize>,
    pub v: Range<usize>,
    pub figures: usize,
    /// None where the layer was never normalized and its σ is not measured: then u and v are not in use.
    pub spectral: Option<NormalizedLayer>,
}

impl Affine {
    /// Whether it computes with its normalized weight.
    pub fn is_normalized(&self) -> bool {
        self.spectral.is_some_and(|settings| settings.enabled)
    }
}

/// How a weight W is applied: x (features in, batch) → Wx (features out, batch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// W (outputs, inputs).
    Dense { inputs: usize, outputs: usize },
    /// W (out, channels·taps) of the geometry. Transposed, it runs from the map to the image: `out` are then the input
    /// channels and `channels` the output channels, each of which has a bias.
    Convolution {
        geometry: Geometry,
        direction: Direction,
    },
}

/// Which way a convolution runs through its geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Image to map: a convolution.
    Forward,
    /// Map to image: a transposed convolution.
    Transposed,
}

impl Product {
    /// Features of y.
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

    /// (rows, columns) of the weight as it is stored.
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

    /// How the stored weight becomes the matrix whose singular value is meant.
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
    /// As of an [`Affine`] layer.
    pub name: String,
    pub channels: usize,
    pub gamma: Range<usize>,
    pub beta: Range<usize>,
    /// Running mean and unbiased variance.
    pub mean: Range<usize>,
    pub variance: Range<usize>,
    /// Where mean and variance of a batch stand among the statistics of a pass.
    pub batch: [Range<usize>; 2],
    pub activation: Activation,
}
