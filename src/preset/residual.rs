//! Residual blocks as lists of layers (He et al. 2016; Miyato et al. 2018, figure 8).

use super::{kind::Kind, network::LayerSpec};

/// The form of a residual block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub out: usize,
    pub batch_norm: bool,
    /// Whether the main branch starts with an activation, after batch normalization if there is any.
    pub preactivation: bool,
    pub resample: Resample,
}

/// How a residual block changes height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// Doubles them.
    Up,
    Keep,
    /// Halves them.
    Down,
}

/// Two branches whose outputs are added. Layers are named like the submodules of the block in PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct Branches {
    pub main: Vec<(&'static str, LayerSpec)>,
    /// The shortcut; empty for the identity.
    pub shortcut: Vec<(&'static str, LayerSpec)>,
}

impl LayerSpec {
    /// The branches of a residual block for an input with `channels` channels; `None` for every other layer.
    pub fn branches(&self, channels: usize) -> Option<Branches> {
        match self.kind(channels) {
            Kind::Block(block) => Some(block.branches(channels)),
            _ => None,
        }
    }
}

impl Block {
    fn branches(self, channels: usize) -> Branches {
        let Self {
            out,
            batch_norm,
            preactivation,
            resample,
        } = self;
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
        // A 1×1 convolution and average pooling commute; pooling first is cheaper.
        let shortcut = match resample {
            Resample::Up => vec![project, ("up", LayerSpec::Upsample(2))],
            Resample::Down => vec![("pool", LayerSpec::AvgPool(2)), project],
            Resample::Keep if out != channels => vec![project],
            Resample::Keep => vec![],
        };
        Branches { main, shortcut }
    }
}
