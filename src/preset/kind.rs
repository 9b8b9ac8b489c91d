//! What each layer of the preset's schema does.

use super::{
    network::LayerSpec,
    residual::{Block, Resample},
    weight::{Convolution, Weight},
};

/// What a layer does with its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Multiplies it with a weight.
    Weight(Weight),
    /// Normalizes each of so many channels over the batch.
    Norm { channels: usize },
    /// Takes a function of each number, where it stands.
    Activation,
    /// Copies, averages or sums neighbours in an image.
    Resampling,
    /// Leaves the numbers and changes the shape.
    Reshape,
    /// Adds what two branches of other layers make of it.
    Block(Block),
}

impl LayerSpec {
    /// What the layer does with an input of so many channels, or features where it is flat.
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

    /// Whether the layer has a weight matrix, or several, that can be spectrally normalized.
    pub fn has_matrix(&self) -> bool {
        matches!(self.kind(1), Kind::Weight(_) | Kind::Block(_))
    }
}
