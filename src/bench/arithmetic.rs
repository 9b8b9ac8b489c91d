//! How much arithmetic a step is.

use crate::preset::{LayerSpec, Misfit, Preset, Shape, infer, residual::leaves};

/// Multiplications for one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Passes {
    /// One pass forward; as many again for the gradients of all weights.
    forward: f64,
    /// The gradients that pass on from layer to layer, down to the first one with parameters.
    between: f64,
    /// The same down to the network's input.
    to_input: f64,
}

/// Floating-point operations of a step in 10⁹: a multiplication and an addition for each weight that meets a number, in
/// the passes that a step needs. These are G's pass for the samples of a D update, D's over real and generated ones and
/// back to its parameters, and in the G update G's pass, D's, D's back to its input, G's back to its parameters. Without
/// what is done once a number: activations, normalization, power iteration, Adam.
///
/// # Errors
/// A layer that does not fit its input.
pub fn gflop(preset: &Preset) -> Result<f64, Misfit> {
    let g = passes(&preset.generator.layers, Shape::Flat(preset.latent))?;
    let d = passes(&preset.discriminator.layers, preset.data.sample_shape())?;
    let d_update = g.forward + 2.0 * (2.0 * d.forward + d.between);
    let g_update = 2.0 * g.forward + g.between + d.forward + d.to_input;
    let multiplications = preset.batch as f64 * (preset.n_dis as f64 * d_update + g_update);
    Ok(2.0 * multiplications / 1e9)
}

fn passes(layers: &[LayerSpec], input: Shape) -> Result<Passes, Misfit> {
    let mut passes = Passes::default();
    // Whether something that learns comes before, on the path of a layer; and so it was at the start of its block.
    let (mut learned, mut learned_before) = (false, false);
    let mut block = String::new();
    for leaf in leaves(layers, input)? {
        let place = leaf.name.split('.').next().unwrap_or_default();
        if place != block {
            (block, learned_before) = (place.to_owned(), learned);
        }
        let on_path = match leaf.name.ends_with(".shortcut") {
            true => learned_before,
            false => learned,
        };
        let output = infer(&[leaf.layer], leaf.input)?;
        let output = output.last().copied().unwrap_or(leaf.input);
        let own = multiplications(leaf.layer, leaf.input, output);
        passes.forward += own;
        passes.to_input += own;
        if on_path {
            passes.between += own;
        }
        learned |= own > 0.0 || leaf.layer == LayerSpec::BatchNorm;
    }
    Ok(passes)
}

fn multiplications(layer: LayerSpec, input: Shape, output: Shape) -> f64 {
    let (numbers, made) = (input.features() as f64, output.features() as f64);
    let channels = |shape: Shape| crate::preset::residual::channels(shape) as f64;
    match layer {
        LayerSpec::Linear { .. } => numbers * made,
        LayerSpec::Conv2d { kernel, .. } => made * channels(input) * (kernel * kernel) as f64,
        LayerSpec::ConvTranspose2d { kernel, .. } => {
            numbers * channels(output) * (kernel * kernel) as f64
        }
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::networks::find;

    #[test]
    fn a_step_of_the_ring_by_hand() {
        let g = 2 * 128 + 2 * 128 * 128 + 128 * 2;
        let d = 2 * 128 + 2 * 128 * 128 + 128;
        let first = 2 * 128;
        let d_update = g + 2 * (3 * d - first);
        let g_update = 3 * g - first + 2 * d;
        let expected = 2.0 * 256.0 * (d_update + g_update) as f64 / 1e9;
        let preset = find("ring").unwrap().preset;
        assert!((gflop(&preset).unwrap() - expected).abs() < 1e-12);
        let three = Preset { n_dis: 3, ..preset };
        let expected = 2.0 * 256.0 * (3 * d_update + g_update) as f64 / 1e9;
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
        let [first, second, shortcut] = [3 * 9, 8 * 9, 3].map(|inner| (16 * 8 * inner) as f64);
        assert_eq!(passes.forward, first + second + shortcut);
        assert_eq!(passes.between, second);
        assert_eq!(passes.to_input, passes.forward);
    }
}
