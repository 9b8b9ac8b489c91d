//! How many numbers a network learns.

use super::{
    network::{LayerSpec, Shape},
    residual::{channels, leaves},
    shape::Misfit,
};

/// The number of trained parameters of a network: weights, biases, scales and shifts.
///
/// # Errors
/// The first layer that does not fit its input.
pub fn parameters(layers: &[LayerSpec], input: Shape) -> Result<u128, Misfit> {
    Ok(parameters_by_layer(layers, input)?.iter().sum())
}

/// The same for each layer; a residual block is one.
///
/// # Errors
/// As for [`parameters`].
pub fn parameters_by_layer(layers: &[LayerSpec], input: Shape) -> Result<Vec<u128>, Misfit> {
    let mut counts = vec![0u128; layers.len()];
    for leaf in leaves(layers, input)? {
        let position = leaf
            .name
            .split('.')
            .next()
            .and_then(|name| name.parse().ok());
        if let Some(count) = position.and_then(|position: usize| counts.get_mut(position)) {
            *count = count.saturating_add(of(leaf.layer, leaf.input));
        }
    }
    Ok(counts)
}

fn of(layer: LayerSpec, input: Shape) -> u128 {
    let units = channels(input) as u128;
    let affine = |out: usize, kernel: usize, bias: bool| {
        let kernel = kernel as u128;
        (out as u128)
            .saturating_mul(units)
            .saturating_mul(kernel.saturating_mul(kernel))
            .saturating_add(if bias { out as u128 } else { 0 })
    };
    match layer {
        LayerSpec::Linear { out, bias } => affine(out, 1, bias),
        LayerSpec::Conv2d {
            out, kernel, bias, ..
        }
        | LayerSpec::ConvTranspose2d {
            out, kernel, bias, ..
        } => affine(out, kernel, bias),
        LayerSpec::BatchNorm => 2 * units,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(out: usize) -> LayerSpec {
        LayerSpec::Conv2d {
            out,
            kernel: 4,
            stride: 2,
            padding: 1,
            bias: true,
        }
    }

    fn linear(out: usize) -> LayerSpec {
        LayerSpec::Linear { out, bias: true }
    }

    #[test]
    fn parameters_are_counted_as_torch_does() {
        let discriminator = [conv(32), conv(64), LayerSpec::Flatten, linear(1)];
        let image = Shape::Image {
            channels: 1,
            height: 28,
            width: 28,
        };
        // sum(p.numel() for p in …parameters()) of the same nn.Sequential.
        assert_eq!(parameters(&discriminator, image), Ok(36_513));
        assert_eq!(
            parameters(&[linear(3), LayerSpec::BatchNorm], Shape::Flat(5)),
            Ok(24)
        );
    }
}
