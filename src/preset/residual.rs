//! Residual blocks as lists of layers (He et al. 2016; those of Miyato et al. 2018, figure 8).

use super::{
    network::{LayerSpec, Shape},
    shape::{Misfit, infer},
};

/// Two branches whose outputs are added. Names are those of the block's PyTorch submodules.
#[derive(Clone, Debug, PartialEq)]
pub struct Branches {
    pub main: Vec<(&'static str, LayerSpec)>,
    /// Empty: the identity.
    pub shortcut: Vec<(&'static str, LayerSpec)>,
}

/// How a block changes height and width.
#[derive(Clone, Copy, PartialEq)]
enum Resample {
    Up,
    Keep,
    Down,
}

impl LayerSpec {
    /// The branches of a residual block for an input of so many channels; none for every other layer.
    pub fn branches(&self, channels: usize) -> Option<Branches> {
        let (out, batch_norm, preactivation, resample) = match *self {
            LayerSpec::ResidualUp { out, batch_norm } => (out, batch_norm, true, Resample::Up),
            LayerSpec::ResidualDown {
                out,
                batch_norm,
                preactivation,
            } => (out, batch_norm, preactivation, Resample::Down),
            LayerSpec::Residual {
                out,
                batch_norm,
                preactivation,
            } => (out, batch_norm, preactivation, Resample::Keep),
            _ => return None,
        };
        let conv = |kernel: usize| LayerSpec::Conv2d {
            out,
            kernel,
            stride: 1,
            padding: kernel / 2,
            bias: true,
        };
        let mut main = Vec::new();
        if preactivation {
            if batch_norm {
                main.push(("bn1", LayerSpec::BatchNorm));
            }
            main.push(("relu1", LayerSpec::ReLU));
        }
        if resample == Resample::Up {
            main.push(("up", LayerSpec::Upsample(2)));
        }
        main.push(("conv1", conv(3)));
        if batch_norm {
            main.push(("bn2", LayerSpec::BatchNorm));
        }
        main.push(("relu2", LayerSpec::ReLU));
        main.push(("conv2", conv(3)));
        if resample == Resample::Down {
            main.push(("pool", LayerSpec::AvgPool(2)));
        }
        let project = ("shortcut", conv(1));
        // A 1×1 convolution and average pooling commute; the cheaper order first.
        let shortcut = match resample {
            Resample::Up => vec![project, ("up", LayerSpec::Upsample(2))],
            Resample::Down => vec![("pool", LayerSpec::AvgPool(2)), project],
            Resample::Keep if out != channels => vec![project],
            Resample::Keep => vec![],
        };
        Some(Branches { main, shortcut })
    }
}

/// A layer that is no block, with what names it: its position, or its block's position and its own name in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub name: String,
    pub layer: LayerSpec,
    /// Shape of one sample before it.
    pub input: Shape,
}

/// The layers of a network with its blocks taken apart, main branch before shortcut.
///
/// # Errors
/// The first layer that does not fit its input.
pub fn leaves(layers: &[LayerSpec], input: Shape) -> Result<Vec<Leaf>, Misfit> {
    let mut inputs = vec![input];
    inputs.extend(infer(layers, input)?);
    let mut leaves = Vec::new();
    for ((position, &layer), &input) in layers.iter().enumerate().zip(&inputs) {
        let Some(Branches { main, shortcut }) = layer.branches(channels(input)) else {
            leaves.push(Leaf {
                name: position.to_string(),
                layer,
                input,
            });
            continue;
        };
        for branch in [main, shortcut] {
            let specs = branch.iter().map(|(_, layer)| *layer).collect::<Vec<_>>();
            let mut inputs = vec![input];
            inputs.extend(infer(&specs, input)?);
            leaves.extend(
                branch
                    .iter()
                    .zip(inputs)
                    .map(|((name, layer), input)| Leaf {
                        name: format!("{position}.{name}"),
                        layer: *layer,
                        input,
                    }),
            );
        }
    }
    Ok(leaves)
}

/// Channels of an image, features of a flat sample.
pub fn channels(shape: Shape) -> usize {
    match shape {
        Shape::Flat(features) => features,
        Shape::Image { channels, .. } => channels,
    }
}
