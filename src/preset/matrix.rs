//! The weights of a preset's networks as the matrices that spectral normalization takes them for.

use super::{
    NetworkSpec, Preset,
    network::{LayerSpec, Shape},
    residual::{Leaf, channels, leaves},
};

/// One weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// `d.0`, `g.2`.
    pub key: String,
    /// The layer in words: `Linear 128→1`, `Conv2d 64→128 4×4 s2`.
    pub kind: String,
    /// (rows, columns): (out, in·kh·kw), also of a transposed convolution.
    pub shape: (usize, usize),
}

/// All of them, those inside residual blocks (`d.0.conv1`) among them: D's, then G's. A network whose layers do not fit
/// each other has none.
pub fn matrices(preset: &Preset) -> Vec<Matrix> {
    let of = |letter: &'static str, network: &NetworkSpec, input: Shape| {
        let leaves = leaves(&network.layers, input).unwrap_or_default();
        let matrices = leaves.iter().filter_map(|leaf| matrix(letter, leaf));
        matrices.collect::<Vec<_>>()
    };
    let (sample, latent) = (preset.data.sample_shape(), Shape::Flat(preset.latent));
    let d = of("d", &preset.discriminator, sample);
    [d, of("g", &preset.generator, latent)].concat()
}

fn matrix(letter: &str, leaf: &Leaf) -> Option<Matrix> {
    let units = channels(leaf.input);
    let convolution = |name: &str, out: usize, kernel: usize, stride: usize| {
        let stride = match stride {
            1 => String::new(),
            stride => format!(" s{stride}"),
        };
        let kind = format!("{name} {units}→{out} {kernel}×{kernel}{stride}");
        (kind, (out, units * kernel * kernel))
    };
    let (kind, shape) = match leaf.layer {
        LayerSpec::Linear { out, .. } => (format!("Linear {units}→{out}"), (out, units)),
        LayerSpec::Conv2d {
            out,
            kernel,
            stride,
            ..
        } => convolution("Conv2d", out, kernel, stride),
        LayerSpec::ConvTranspose2d {
            out,
            kernel,
            stride,
            ..
        } => convolution("ConvTranspose2d", out, kernel, stride),
        _ => return None,
    };
    Some(Matrix {
        key: format!("{letter}.{}", leaf.name),
        kind,
        shape,
    })
}
