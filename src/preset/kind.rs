//! The kind of operation of each layer.

use super::{
    network::LayerSpec,
    residual::{Block, Resample},
    weight::{Convolution, Weight},
};

/// The kind of operation of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A product with a weight.
    Weight(Weight),
    /// Batch normalization.
    Norm {
        /// Number of channels; of features for flat input.
        channels: usize,
    },
    /// A function of each number, in place.
    Activation,
    /// Upsampling or pooling of an image.
    Resampling,
    /// A reshape.
    Reshape,
    /// A residual block of other layers.
    Block(Block),
}

impl LayerSpec {
    /// The kind of the layer for an input with this many channels (features, if it is flat).
    pub fn kind(&self, channels: usize) -> Kind {
        let block = |out, batch_norm, preactivation, resample| {
            Kind::Block(Block {
                out,
                batch_norm,
                preactivation,
                resample,
            })
        };
        match *self {
            Self::Linear { out, bias } => Kind::Weight(Weight {
                shape: vec![out, channels],
                bias,
                convolution: None,
            }),
            Self::Conv2d {
                out,
                kernel,
                stride,
                padding,
                bias,
            } => Kind::Weight(Weight {
                shape: vec![out, channels, kernel, kernel],
                bias,
                convolution: Some(Convolution {
                    transposed: false,
                    kernel,
                    stride,
                    padding,
                }),
            }),
            Self::ConvTranspose2d {
                out,
                kernel,
                stride,
                padding,
                bias,
            } => Kind::Weight(Weight {
                shape: vec![channels, out, kernel, kernel],
                bias,
                convolution: Some(Convolution {
                    transposed: true,
                    kernel,
                    stride,
                    padding,
                }),
            }),
            Self::BatchNorm => Kind::Norm { channels },
            Self::ReLU | Self::LeakyReLU(_) | Self::Tanh | Self::Sigmoid => Kind::Activation,
            Self::Upsample(_) | Self::AvgPool(_) | Self::SumPool => Kind::Resampling,
            Self::Reshape(..) | Self::Flatten => Kind::Reshape,
            Self::ResidualUp { out, batch_norm } => block(out, batch_norm, true, Resample::Up),
            Self::ResidualDown {
                out,
                batch_norm,
                preactivation,
            } => block(out, batch_norm, preactivation, Resample::Down),
            Self::Residual {
                out,
                batch_norm,
                preactivation,
            } => block(out, batch_norm, preactivation, Resample::Keep),
        }
    }

    /// Whether the layer has at least one weight matrix that can be spectrally normalized.
    pub fn has_matrix(&self) -> bool {
        matches!(self.kind(1), Kind::Weight(_) | Kind::Block(_))
    }
}
