//! The weight matrices of a preset's networks, as spectral normalization sees them.

use super::{Layer, NetworkSpec, Preset, Shape, layers};

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

/// Returns the matrices of D, then those of G, layers inside residual blocks (`d.0.conv1`) included. A network whose
/// layers do not fit each other has none.
pub fn matrices(preset: &Preset) -> Vec<Matrix> {
    let of = |letter: &str, network: &NetworkSpec, input: Shape| {
        let layers = layers(&network.layers, input).unwrap_or_default();
        let matrix = |layer: &Layer| {
            Some(Matrix {
                key: format!("{letter}.{}", layer.name),
                kind: layer.words(),
                shape: layer.weight()?.matrix().size(),
            })
        };
        layers.iter().filter_map(matrix).collect::<Vec<_>>()
    };
    let (sample, latent) = (preset.data.sample_shape(), Shape::Flat(preset.latent));
    let d = of("d", &preset.discriminator, sample);
    [d, of("g", &preset.generator, latent)].concat()
}
