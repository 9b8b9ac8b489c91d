//! The number of floating-point operations of a step.

use std::slice;

use crate::preset::{
    LayerSpec, Misfit, Preset, Shape,
    layer::{Entry, Layer, entries},
};

/// Multiplications for one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Passes {
    /// A forward pass. The gradients of all weights need as many again.
    forward: f64,
    /// Gradients between layers, down to the first layer with parameters.
    between: f64,
    /// Gradients between layers, down to the network's input.
    to_input: f64,
}

/// Returns the floating-point operations of the products in a step, in 10⁹.
///
/// Each multiplication of a weight and a number counts as two operations (with its addition). A D update has a forward pass
/// of G, and forward and backward passes of D over real and generated samples. The G update has forward passes of G and
/// D, a backward pass of D to its input, and one of G. Activations, normalization, power iteration and Adam do not count.
///
/// # Errors
/// A layer does not fit its input.
pub(super) fn gflop(preset: &Preset) -> Result<f64, Misfit> {
    let g = passes(&preset.generator.layers, Shape::Flat(preset.latent))?;
    let d = passes(&preset.discriminator.layers, preset.data.sample_shape())?;
    let d_update = g.forward + 2.0 * (2.0 * d.forward + d.between);
    let g_update = 2.0 * g.forward + g.between + d.forward + d.to_input;
    let multiplications = preset.batch as f64 * (preset.n_dis as f64 * d_update + g_update);
    Ok(2.0 * multiplications / 1e9)
}

/// Counts the multiplications of a network for one sample.
fn passes(layers: &[LayerSpec], input: Shape) -> Result<Passes, Misfit> {
    let mut passes = Passes::default();
    let mut learned = false;
    for entry in entries(layers, input)? {
        match &entry {
            Entry::Layer(layer) => passes.path(slice::from_ref(layer), learned),
            Entry::Block { main, shortcut } => {
                passes.path(main, learned);
                passes.path(shortcut, learned);
            }
        }
        learned |= entry.layers().any(learns);
    }
    Ok(passes)
}

impl Passes {
    /// Adds consecutive layers. `learned`: whether a layer with parameters comes before them.
    fn path(&mut self, layers: &[Layer], mut learned: bool) {
        for layer in layers {
            let own = layer.multiplications() as f64;
            self.forward += own;
            self.to_input += own;
            if learned {
                self.between += own;
            }
            learned |= learns(layer);
        }
    }
}

/// Returns whether a layer has parameters.
fn learns(layer: &Layer) -> bool {
    layer.parameters() > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::bench::networks::find;

    #[test]
    fn a_step_of_the_ring_by_hand() {
        let g = 2 * 128 + 2 * 128 * 128 + 128 * 2;
        let d = 2 * 128 + 2 * 128 * 128 + 128;
        let first = 2 * 128;
        let d_update = g + 2 * (3 * d - first);
        let g_update = 3 * g - first + 2 * d;
        let expected = 2.0 * 256.0 * f64::from(d_update + g_update) / 1e9;
        let preset = find("ring").unwrap().preset;
        assert!((gflop(&preset).unwrap() - expected).abs() < 1e-12);
        let three = Preset { n_dis: 3, ..preset };
        let expected = 2.0 * 256.0 * f64::from(3 * d_update + g_update) / 1e9;
        assert!((gflop(&three).unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn transposed_convolutions_and_blocks_are_counted() {
        let of = |name: &str| gflop(&find(name).unwrap().preset).unwrap();
        assert!((2.6..2.8).contains(&of("digits")), "{}", of("digits"));
        assert!((150.0..170.0).contains(&of("cifar")), "{}", of("cifar"));
        // The first block of D passes nothing on to pixels in a D update.
        let block = LayerSpec::Residual {
            out: 8,
            batch_norm: false,
            preactivation: false,
        };
        let image = Shape::Image {
            channels: 3,
            height: 4,
            width: 4,
        };
        let passes = passes(&[block], image).unwrap();
        let [first, second, shortcut] = [3 * 9, 8 * 9, 3].map(|inner| f64::from(16 * 8 * inner));
        assert_eq!(passes.forward, first + second + shortcut);
        assert_eq!(passes.between, second);
        assert_eq!(passes.to_input, passes.forward);
    }
}
