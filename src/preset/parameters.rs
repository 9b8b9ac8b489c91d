//! How many numbers a network learns.

use super::{
    network::{LayerSpec, Shape},
    shape::{Misfit, infer},
};

/// The number of trained parameters of a network: weights, biases, scales and shifts.
///
/// # Errors
/// The first layer that does not fit its input.
pub fn parameters(layers: &[LayerSpec], input: Shape) -> Result<u128, Misfit> {
    Ok(parameters_by_layer(layers, input)?.iter().sum())
}

/// The same for each layer.
pub fn parameters_by_layer(layers: &[LayerSpec], input: Shape) -> Result<Vec<u128>, Misfit> {
    let mut inputs = vec![input];
    inputs.extend(infer(layers, input)?);
    let count = |(layer, input): (&LayerSpec, &Shape)| {
        let units = match *input {
            Shape::Flat(features) => features as u128,
            Shape::Image { channels, .. } => channels as u128,
        };
        let affine = |out: usize, kernel: usize, bias: bool| {
            let kernel = kernel as u128;
            (out as u128)
                .saturating_mul(units)
                .saturating_mul(kernel.saturating_mul(kernel))
                .saturating_add(if bias { out as u128 } else { 0 })
        };
        match *layer {
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
    };
    Ok(layers.iter().zip(&inputs).map(count).collect())
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
