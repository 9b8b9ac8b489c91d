//! Networks as lists of layers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A network and its optimizer. Positions in `layers` are the positions of the equivalent PyTorch `nn.Sequential`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// The layers in order.
    pub layers: Vec<LayerSpec>,
    /// Adam's step size.
    #[serde(default = "default_learning_rate")]
    pub learning_rate: f32,
    /// Adam's decay rates (β1, β2), each in [0, 1).
    #[serde(default = "default_betas")]
    pub betas: (f32, f32),
    /// How the weights are initialized.
    #[serde(default)]
    pub init: WeightInit,
}

/// How the weights of a network are initialized. Batch normalization always starts with scale 1 and shift 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum WeightInit {
    /// PyTorch's default: weights and biases of linear layers and convolutions uniform in ±1/√fan_in.
    #[default]
    Torch,
    /// Weights of linear layers and convolutions normal with mean 0 and this standard deviation, biases 0 (Radford et
    /// al. 2016, section 4).
    Normal(f32),
}

fn default_learning_rate() -> f32 {
    2e-4
}

fn default_betas() -> (f32, f32) {
    (0.5, 0.999)
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

/// One layer; input sizes are inferred.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum LayerSpec {
    /// y = Wx + b.
    Linear {
        /// Number of outputs.
        out: usize,
        /// Whether b is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Square-kernel convolution with zero padding.
    Conv2d {
        /// Number of output channels.
        out: usize,
        /// Side of the square kernel.
        kernel: usize,
        /// Distance of neighbouring windows.
        #[serde(default = "one")]
        stride: usize,
        /// Zeros at each side.
        #[serde(default)]
        padding: usize,
        /// Whether b is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Transposed convolution, the adjoint of the convolution with this stride and padding. The output's height is
    /// (height − 1)·stride − 2·padding + kernel.
    ConvTranspose2d {
        /// Number of output channels.
        out: usize,
        /// Side of the square kernel.
        kernel: usize,
        /// Distance of neighbouring windows.
        #[serde(default = "one")]
        stride: usize,
        /// Zeros at each side.
        #[serde(default)]
        padding: usize,
        /// Whether b is added.
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Batch normalization per channel, or per feature of flat input (eps 1e-5, momentum 0.1, affine).
    BatchNorm,
    /// max(0, x).
    ReLU,
    /// max(0, x) + slope·min(0, x), with slope ≥ 0.
    LeakyReLU(f32),
    /// tanh x.
    Tanh,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// A residual block that doubles height and width: nearest upsampling, then 3×3 convolutions; the shortcut is
    /// upsampled and goes through a 1×1 convolution.
    ResidualUp {
        /// Number of output channels.
        out: usize,
        /// Whether batch normalization precedes the activations.
        #[serde(default = "yes")]
        batch_norm: bool,
    },
    /// A residual block that halves height and width by average pooling. Without `preactivation` it is the first block
    /// of D, which sees pixels.
    ResidualDown {
        /// Number of output channels.
        out: usize,
        /// Whether batch normalization precedes the activations.
        #[serde(default)]
        batch_norm: bool,
        /// Whether the block begins with an activation.
        #[serde(default = "yes")]
        preactivation: bool,
    },
    /// A residual block that keeps height and width. Its shortcut is the identity if the number of channels stays too.
    Residual {
        /// Number of output channels.
        out: usize,
        /// Whether batch normalization precedes the activations.
        #[serde(default)]
        batch_norm: bool,
        /// Whether the block begins with an activation.
        #[serde(default = "yes")]
        preactivation: bool,
    },
    /// Nearest-neighbour upsampling by a factor.
    Upsample(usize),
    /// Average pooling over squares with this side.
    AvgPool(usize),
    /// Sum over all positions of an image: (channels, height, width) to (channels).
    SumPool,
    /// Flat features to (channels, height, width).
    Reshape(usize, usize, usize),
    /// (channels, height, width) to flat features.
    Flatten,
}

impl LayerSpec {
    /// The layer's name in a preset.
    pub fn name(&self) -> &'static str {
        match self {
            LayerSpec::Linear { .. } => "Linear",
            LayerSpec::Conv2d { .. } => "Conv2d",
            LayerSpec::ConvTranspose2d { .. } => "ConvTranspose2d",
            LayerSpec::BatchNorm => "BatchNorm",
            LayerSpec::ReLU => "ReLU",
            LayerSpec::LeakyReLU(_) => "LeakyReLU",
            LayerSpec::Tanh => "Tanh",
            LayerSpec::Sigmoid => "Sigmoid",
            LayerSpec::ResidualUp { .. } => "ResidualUp",
            LayerSpec::ResidualDown { .. } => "ResidualDown",
            LayerSpec::Residual { .. } => "Residual",
            LayerSpec::Upsample(_) => "Upsample",
            LayerSpec::AvgPool(_) => "AvgPool",
            LayerSpec::SumPool => "SumPool",
            LayerSpec::Reshape(..) => "Reshape",
            LayerSpec::Flatten => "Flatten",
        }
    }

    /// The layer without its input and output sizes: `Conv2d 4×4 s2`, `LeakyReLU 0.1`.
    pub fn words(&self) -> String {
        let name = self.name();
        match *self {
            LayerSpec::Conv2d { kernel, stride, .. }
            | LayerSpec::ConvTranspose2d { kernel, stride, .. } => {
                format!("{name} {kernel}×{kernel} s{stride}")
            }
            LayerSpec::LeakyReLU(slope) => format!("{name} {slope}"),
            LayerSpec::Upsample(factor) => format!("{name} ×{factor}"),
            LayerSpec::AvgPool(side) => format!("{name} {side}×{side}"),
            _ => name.to_owned(),
        }
    }
}

/// Shape of one sample between two layers, without the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A vector of features.
    Flat(usize),
    /// An image.
    Image {
        /// Number of channels.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
}

impl Shape {
    /// Numbers in one sample, at most `usize::MAX`.
    pub fn features(self) -> usize {
        match self {
            Shape::Flat(n) => n,
            Shape::Image {
                channels,
                height,
                width,
            } => channels.saturating_mul(height).saturating_mul(width),
        }
    }

    /// Channels of an image, or features of a flat sample.
    pub fn channels(self) -> usize {
        match self {
            Shape::Flat(features) => features,
            Shape::Image { channels, .. } => channels,
        }
    }

    /// Pixels of an image; 1 for a flat sample.
    pub fn pixels(self) -> usize {
        match self {
            Shape::Flat(_) => 1,
            Shape::Image { height, width, .. } => height.saturating_mul(width),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Flat(n) => write!(f, "{n} features"),
            Shape::Image {
                channels,
                height,
                width,
            } => write!(f, "{channels}×{height}×{width}"),
        }
    }
}
