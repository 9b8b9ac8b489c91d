//! Upper bounds of the Lipschitz constant of the discriminator, from norms of its weights.

use super::{
    Preset,
    layer::{Entry, Layer, entries},
    network::LayerSpec,
};

/// Norms of the weight with which a layer computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightNorm {
    /// The largest singular value of the weight as a matrix.
    pub matrix: f64,
    /// The norm of a convolution as a linear map; `None` if it is unknown.
    pub operator: Option<f64>,
}

/// A bound of the slope of a network: |D(x) − D(y)| ≤ `value`·‖x − y‖.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lipschitz {
    /// The product of gain, norms of weights and slopes of activations; of a residual block, the sum of its branches.
    pub value: f64,
    /// Whether the norm of a convolution was unknown and that of its matrix took its place. A convolution's norm as a
    /// linear map can be larger, so the value is then no bound.
    pub of_matrices: bool,
}

/// The bound for D's output with respect to its input (Miyato et al. 2018, equation 7). `norm` returns the norms of the
/// layer with a key such as `d.0`. `None` if one is unknown, or if D has batch normalization, whose slope depends on the
/// batch.
pub fn lipschitz(preset: &Preset, norm: impl Fn(&str) -> Option<WeightNorm>) -> Option<Lipschitz> {
    let entries = entries(&preset.discriminator.layers, preset.data.sample_shape()).ok()?;
    let mut bound = Lipschitz {
        value: f64::from(preset.gain),
        of_matrices: false,
    };
    let branch = |layers: &[Layer]| {
        layers.iter().try_fold(Lipschitz::ONE, |bound, layer| {
            Some(bound.then(layer_bound(layer, &norm)?))
        })
    };
    for entry in &entries {
        bound = bound.then(match entry {
            Entry::Layer(layer) => layer_bound(layer, &norm)?,
            Entry::Block { main, shortcut } => branch(main)?.beside(branch(shortcut)?),
        });
    }
    Some(bound).filter(|bound| bound.value.is_finite())
}

impl Lipschitz {
    const ONE: Self = Self::of(1.0);

    const fn of(value: f64) -> Self {
        Self {
            value,
            of_matrices: false,
        }
    }

    /// The bound of two maps one after the other.
    fn then(self, next: Self) -> Self {
        Self {
            value: self.value * next.value,
            of_matrices: self.of_matrices || next.of_matrices,
        }
    }

    /// The bound of the sum of two maps.
    fn beside(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            of_matrices: self.of_matrices || other.of_matrices,
        }
    }
}

fn layer_bound(layer: &Layer, norm: impl Fn(&str) -> Option<WeightNorm>) -> Option<Lipschitz> {
    Some(match layer.spec {
        LayerSpec::Linear { .. } | LayerSpec::Conv2d { .. } | LayerSpec::ConvTranspose2d { .. } => {
            let WeightNorm { matrix, operator } = norm(&format!("d.{}", layer.name))?;
            let is_convolution = !matches!(layer.spec, LayerSpec::Linear { .. });
            Lipschitz {
                value: operator.unwrap_or(matrix),
                of_matrices: is_convolution && operator.is_none(),
            }
        }
        LayerSpec::LeakyReLU(slope) => Lipschitz::of(f64::from(slope).max(1.0)),
        LayerSpec::Sigmoid => Lipschitz::of(0.25),
        // Each value is copied factor² times.
        LayerSpec::Upsample(factor) => Lipschitz::of(factor as f64),
        // The mean of n values has the norm 1/√n, and the squares do not overlap.
        LayerSpec::AvgPool(side) => Lipschitz::of(1.0 / side as f64),
        LayerSpec::SumPool => Lipschitz::of((layer.input.pixels() as f64).sqrt()),
        LayerSpec::ReLU | LayerSpec::Tanh | LayerSpec::Reshape(..) | LayerSpec::Flatten => {
            Lipschitz::ONE
        }
        LayerSpec::BatchNorm
        | LayerSpec::ResidualUp { .. }
        | LayerSpec::ResidualDown { .. }
        | LayerSpec::Residual { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::builtin::builtin;

    /// The bound of a network on images of 28×28 whose layers all have these norms.
    fn bound(layers: Vec<LayerSpec>, norm: WeightNorm) -> Option<Lipschitz> {
        let mut preset = builtin("digits").unwrap();
        preset.discriminator.layers = layers;
        preset.gain = 3.0;
        lipschitz(&preset, |_| Some(norm))
    }

    fn conv(kernel: usize) -> LayerSpec {
        LayerSpec::Conv2d {
            out: 2,
            kernel,
            stride: 1,
            padding: kernel / 2,
            bias: true,
        }
    }

    const LINEAR: LayerSpec = LayerSpec::Linear { out: 1, bias: true };
    const NORMS: WeightNorm = WeightNorm {
        matrix: 2.0,
        operator: Some(5.0),
    };

    #[test]
    fn layers_multiply() {
        let layers = vec![
            conv(3),
            LayerSpec::LeakyReLU(0.1),
            LayerSpec::AvgPool(2),
            LayerSpec::Upsample(3),
            LayerSpec::Sigmoid,
            LayerSpec::Flatten,
            LINEAR,
            LayerSpec::LeakyReLU(1.5),
        ];
        let value = 3.0 * 5.0 / 2.0 * 3.0 / 4.0 * 5.0 * 1.5;
        let all = bound(layers.clone(), NORMS).unwrap();
        assert!(
            (all.value - value).abs() < 1e-12 && !all.of_matrices,
            "{all:?}"
        );
        let operator = None;
        let matrices = bound(layers, WeightNorm { operator, ..NORMS }).unwrap();
        assert!((matrices.value - value * 4.0 / 25.0).abs() < 1e-12);
        assert!(matrices.of_matrices);
        // A dense layer is its matrix.
        let operator = None;
        let dense = vec![LayerSpec::Flatten, LINEAR];
        let dense = bound(dense, WeightNorm { operator, ..NORMS }).unwrap();
        assert_eq!((dense.value, dense.of_matrices), (6.0, false));
        let sum = bound(vec![LayerSpec::SumPool, LINEAR], NORMS).unwrap();
        assert!((sum.value - 3.0 * 28.0 * 5.0).abs() < 1e-9);
    }

    #[test]
    fn branches_of_a_block_add_up() {
        let block = |out, preactivation| LayerSpec::Residual {
            out,
            batch_norm: false,
            preactivation,
        };
        let end = [LayerSpec::SumPool, LINEAR];
        let of = |block| bound([&[block][..], &end].concat(), NORMS).unwrap().value;
        let tail = 3.0 * 28.0 * 5.0;
        // One channel as before: the shortcut is the identity.
        assert!((of(block(1, true)) - tail * (25.0 + 1.0)).abs() < 1e-9);
        assert!((of(block(4, true)) - tail * (25.0 + 5.0)).abs() < 1e-9);
        let down = LayerSpec::ResidualDown {
            out: 4,
            batch_norm: false,
            preactivation: false,
        };
        assert!((of(down) - tail / 2.0 * (12.5 + 2.5)).abs() < 1e-9);
    }

    #[test]
    fn batch_normalization_and_unknown_norms_have_no_bound() {
        let layers = vec![conv(3), LayerSpec::BatchNorm, LayerSpec::Flatten, LINEAR];
        assert_eq!(bound(layers, NORMS), None);
        assert_eq!(lipschitz(&builtin("ring").unwrap(), |_| None), None);
        let infinite = |_: &str| {
            Some(WeightNorm {
                matrix: f64::INFINITY,
                operator: None,
            })
        };
        assert_eq!(lipschitz(&builtin("ring").unwrap(), infinite), None);
        let one = |_: &str| {
            Some(WeightNorm {
                matrix: 1.0,
                operator: None,
            })
        };
        let ring = lipschitz(&builtin("ring").unwrap(), one).unwrap();
        assert_eq!((ring.value, ring.of_matrices), (16.0, false));
    }
}
