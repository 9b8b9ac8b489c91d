//! Numbers of parameters and activations of a network.

use super::{
    kind::Kind,
    layer::{Entry, Layer, entries, layers},
    network::{LayerSpec, Shape},
    shape::Misfit,
};

/// Number of trained parameters of a network: weights, biases, scales and shifts.
///
/// # Errors
/// The first layer that does not fit its input.
pub fn parameters(layers: &[LayerSpec], input: Shape) -> Result<u128, Misfit> {
    Ok(parameters_by_layer(layers, input)?.iter().sum())
}

/// Number of trained parameters of each layer; a residual block counts as one layer.
///
/// # Errors
/// As for [`parameters`].
pub(crate) fn parameters_by_layer(layers: &[LayerSpec], input: Shape) -> Result<Vec<u128>, Misfit> {
    let count = |entry: &Entry| {
        let counts = entry.layers().map(Layer::parameters);
        counts.fold(0, u128::saturating_add)
    };
    Ok(entries(layers, input)?.iter().map(count).collect())
}

/// Numbers of the activations of one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Between {
    pub flat: u128,
    /// Numbers of activations that are images.
    pub images: u128,
}

impl Between {
    fn add(&mut self, shape: Shape) {
        let of_its_kind = match shape {
            Shape::Flat(_) => &mut self.flat,
            Shape::Image { .. } => &mut self.images,
        };
        *of_its_kind = of_its_kind.saturating_add(shape.features() as u128);
    }
}

/// Numbers of one sample's activations that training keeps: the input, and the output of each layer. Activation
/// functions work in place and reshapes copy nothing, so they add none.
///
/// # Errors
/// As for [`parameters`].
pub(crate) fn numbers_between(specs: &[LayerSpec], input: Shape) -> Result<Between, Misfit> {
    let mut between = Between::default();
    between.add(input);
    for layer in layers(specs, input)? {
        match layer.kind() {
            Kind::Activation | Kind::Reshape => {}
            _ => between.add(layer.output),
        }
    }
    Ok(between)
}

/// Number of weights in consecutive dense layers, between which there are only activation functions, and number of all
/// layers with a weight.
///
/// # Errors
/// As for [`parameters`].
pub(crate) fn stacked(specs: &[LayerSpec], input: Shape) -> Result<(u128, u128), Misfit> {
    let (mut stacked, mut count, mut run) = (0, 0, Vec::new());
    let mut end = |run: &mut Vec<u128>| {
        if run.len() > 1 {
            stacked += run.iter().sum::<u128>();
        }
        run.clear();
    };
    for layer in layers(specs, input)? {
        match layer.kind() {
            Kind::Weight(weight) => {
                count += 1;
                match weight.convolution {
                    None => run.push(weight.numbers()),
                    Some(_) => end(&mut run),
                }
            }
            Kind::Activation | Kind::Reshape => {}
            Kind::Norm { .. } | Kind::Resampling | Kind::Block(_) => end(&mut run),
        }
    }
    end(&mut run);
    Ok((stacked, count))
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

    #[test]
    fn weights_of_consecutive_dense_layers_are_counted() {
        let stack = [linear(3), LayerSpec::ReLU, linear(4)];
        assert_eq!(stacked(&stack, Shape::Flat(5)), Ok((15 + 12, 2)));
        let apart = [linear(3), LayerSpec::BatchNorm, linear(4)];
        assert_eq!(stacked(&apart, Shape::Flat(5)), Ok((0, 2)));
    }

    #[test]
    fn numbers_between_layers_are_input_and_outputs_of_what_computes() {
        let discriminator = [
            conv(32),
            LayerSpec::ReLU,
            conv(64),
            LayerSpec::Flatten,
            linear(1),
        ];
        let image = Shape::Image {
            channels: 1,
            height: 28,
            width: 28,
        };
        let between = numbers_between(&discriminator, image);
        let images = 784 + 32 * 14 * 14 + 64 * 7 * 7;
        assert_eq!(between, Ok(Between { flat: 1, images }));
    }
}
