//! Shape inference: the shape of a sample after each layer.

use std::fmt;

use super::{
    network::{LayerSpec, Shape},
    number::grouped,
};

/// Largest number of features of one sample between two layers.
pub(crate) const MAX_FEATURES: usize = 1 << 24;

/// A layer that does not fit its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Position in the list of layers, from 0.
    pub position: usize,
    /// The layer's name.
    pub layer: &'static str,
    /// Shape of one input sample.
    pub input: Shape,
    /// The input that the layer expects.
    pub expected: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "layer {} ({}) gets {}, but {}",
            self.position, self.layer, self.input, self.expected
        )
    }
}

impl std::error::Error for Misfit {}

/// Returns the shape of one sample after each layer.
///
/// # Errors
/// Names the first layer that does not fit its input, with the rules of `torch.nn`: Linear takes flat features,
/// convolutions take images that are at least as large as their kernel after padding (sizes are rounded down), Reshape
/// keeps the number of features. Sizes of 0 and samples of more than [`MAX_FEATURES`] numbers are refused as well.
pub fn infer(layers: &[LayerSpec], input: Shape) -> Result<Vec<Shape>, Misfit> {
    let mut shapes = Vec::with_capacity(layers.len());
    let mut shape = input;
    for (position, layer) in layers.iter().enumerate() {
        let misfit = |(expected, help): (String, Option<String>)| Misfit {
            position,
            layer: layer.name(),
            input: shape,
            expected,
            help,
        };
        let next = after(layer, shape).map_err(misfit)?;
        match features(next) {
            Some(1..=MAX_FEATURES) => {}
            Some(0) => {
                return Err(misfit(("makes nothing of it".to_owned(), None)));
            }
            _ => {
                let most = grouped(MAX_FEATURES as u128);
                let expected = format!("may not make more than {most} numbers of a sample");
                return Err(misfit((expected, None)));
            }
        }
        shape = next;
        shapes.push(shape);
    }
    Ok(shapes)
}

/// Numbers in a sample; `None` on overflow.
fn features(shape: Shape) -> Option<usize> {
    match shape {
        Shape::Flat(features) => Some(features),
        Shape::Image {
            channels,
            height,
            width,
        } => channels.checked_mul(height)?.checked_mul(width),
    }
}

/// Returns the shape after a layer, or an error of (expected input, help).
fn after(layer: &LayerSpec, input: Shape) -> Result<Shape, (String, Option<String>)> {
    let sides = match input {
        Shape::Image {
            channels,
            height,
            width,
        } => Ok((channels, height, width)),
        Shape::Flat(_) => Err((
            "takes images".to_owned(),
            Some("put Reshape(channels, height, width) before it".to_owned()),
        )),
    };
    match *layer {
        LayerSpec::Linear { out, .. } => match input {
            Shape::Flat(_) => Ok(Shape::Flat(out)),
            Shape::Image { .. } => Err((
                "takes flat features".to_owned(),
                Some("put Flatten before it".to_owned()),
            )),
        },
        LayerSpec::Conv2d {
            out,
            kernel,
            stride,
            padding,
            ..
        } => {
            let (_, height, width) = sides?;
            let size = |size: usize| {
                let padded = size.checked_add(padding.checked_mul(2)?)?;
                Some(padded.checked_sub(kernel)?.checked_div(stride)? + 1)
            };
            image(out, size(height), size(width)).ok_or_else(|| {
                if stride == 0 {
                    return ("needs a stride of 1 or more".to_owned(), None);
                }
                let expected = format!(
                    "takes images of at least {kernel}×{kernel} after padding by {padding}"
                );
                (expected, Some("use a smaller kernel, or pad".to_owned()))
            })
        }
        LayerSpec::ConvTranspose2d {
            out,
            kernel,
            stride,
            padding,
            ..
        } => {
            let (_, height, width) = sides?;
            let size = |size: usize| {
                (size
                    .checked_sub(1)?
                    .saturating_mul(stride)
                    .saturating_add(kernel))
                .checked_sub(padding.saturating_mul(2))
                .filter(|&size| size > 0 && stride > 0)
            };
            image(out, size(height), size(width)).ok_or_else(|| {
                let expected =
                    format!("cuts {padding} off each side of what it makes, and nothing is left");
                (expected, Some("use less padding".to_owned()))
            })
        }
        LayerSpec::Reshape(channels, height, width) => {
            let shape = Shape::Image {
                channels,
                height,
                width,
            };
            if features(shape) == features(input) {
                return Ok(shape);
            }
            let made = [channels, height, width]
                .iter()
                .fold(1u128, |product, &size| product.saturating_mul(size as u128));
            Err((format!("takes {channels}·{height}·{width} = {made}"), None))
        }
        LayerSpec::Upsample(factor) => {
            let (channels, height, width) = sides?;
            let size = |size: usize| size.checked_mul(factor).filter(|_| factor > 0);
            image(channels, size(height), size(width))
                .ok_or_else(|| ("needs a factor of 1 or more".to_owned(), None))
        }
        LayerSpec::AvgPool(side) => {
            let (channels, height, width) = sides?;
            let size = |size: usize| size.checked_div(side).filter(|n| n * side == size);
            image(channels, size(height), size(width)).ok_or_else(|| {
                let expected = format!("takes images whose sides are multiples of {side}");
                (expected, None)
            })
        }
        LayerSpec::SumPool => sides.map(|(channels, ..)| Shape::Flat(channels)),
        LayerSpec::ResidualUp { .. }
        | LayerSpec::ResidualDown { .. }
        | LayerSpec::Residual { .. } => {
            let (channels, ..) = sides?;
            let main = layer.branches(channels).map(|branches| branches.main);
            let mut main = main.into_iter().flatten();
            main.try_fold(input, |shape, (_, layer)| after(&layer, shape))
        }
        LayerSpec::Flatten => Ok(Shape::Flat(features(input).unwrap_or(usize::MAX))),
        LayerSpec::BatchNorm
        | LayerSpec::ReLU
        | LayerSpec::LeakyReLU(_)
        | LayerSpec::Tanh
        | LayerSpec::Sigmoid => Ok(input),
    }
}

fn image(channels: usize, height: Option<usize>, width: Option<usize>) -> Option<Shape> {
    Some(Shape::Image {
        channels,
        height: height?,
        width: width?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conv(out: usize, kernel: usize, stride: usize, padding: usize) -> LayerSpec {
        LayerSpec::Conv2d {
            out,
            kernel,
            stride,
            padding,
            bias: true,
        }
    }

    fn conv_transpose(out: usize, kernel: usize, stride: usize, padding: usize) -> LayerSpec {
        LayerSpec::ConvTranspose2d {
            out,
            kernel,
            stride,
            padding,
            bias: true,
        }
    }

    const fn image(channels: usize, height: usize, width: usize) -> Shape {
        Shape::Image {
            channels,
            height,
            width,
        }
    }

    fn linear(out: usize) -> LayerSpec {
        LayerSpec::Linear { out, bias: true }
    }

    /// The expected sizes come from PyTorch 2.
    #[test]
    fn sizes_are_those_of_torch() {
        let one = |layer, input| infer(&[layer], input).map(|shapes| shapes[0]);
        assert_eq!(
            one(conv(8, 4, 2, 1), image(1, 28, 28)),
            Ok(image(8, 14, 14))
        );
        assert_eq!(one(conv(8, 3, 2, 0), image(3, 8, 5)), Ok(image(8, 3, 2)));
        assert_eq!(
            one(conv_transpose(3, 4, 2, 1), image(8, 7, 5)),
            Ok(image(3, 14, 10))
        );
        assert_eq!(
            one(conv_transpose(2, 3, 3, 0), image(8, 4, 1)),
            Ok(image(2, 12, 3))
        );
        assert_eq!(one(LayerSpec::Flatten, image(2, 3, 4)), Ok(Shape::Flat(24)));
    }

    #[test]
    fn a_misfit_names_position_layer_input_and_expectation() {
        let layers = [conv(8, 4, 2, 1), LayerSpec::ReLU, linear(1)];
        let misfit = infer(&layers, image(1, 28, 28)).unwrap_err();
        assert_eq!(
            misfit.to_string(),
            "layer 2 (Linear) gets 8×14×14, but takes flat features"
        );
        assert_eq!(misfit.help.as_deref(), Some("put Flatten before it"));
    }

    #[test]
    fn what_cannot_be_is_refused_without_overflow() {
        const MAX: usize = usize::MAX;
        let flat = Shape::Flat(6);
        for (layer, input) in [
            (conv(8, 5, 1, 0), image(1, 4, 9)),
            (conv(8, 3, 0, 0), image(1, 9, 9)),
            (conv(MAX, 3, 1, 1), image(1, 9, 9)),
            (conv(1, MAX, 1, MAX), image(1, 9, 9)),
            (conv_transpose(1, 2, 2, 1), image(1, 1, 1)),
            (conv_transpose(1, 2, MAX, 0), image(1, 9, 9)),
            (conv(1, 1, 1, 0), flat),
            (linear(0), flat),
            (linear(MAX), flat),
            (LayerSpec::Reshape(1, 2, 4), flat),
            (LayerSpec::Reshape(MAX, MAX, MAX), flat),
        ] {
            assert!(infer(&[layer], input).is_err(), "{layer:?} after {input}");
        }
    }
}
