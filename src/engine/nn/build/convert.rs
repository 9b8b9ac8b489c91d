//! Layers of a preset as products, pointwise functions and poolings.

use crate::{
    engine::nn::{
        Activation, Geometry,
        layer::{Direction, Product},
        pooling::{Cells, Pooling, Resampling},
    },
    preset::{Layer, LayerSpec, Shape, Weight},
};

/// The product of a layer's input with its weight.
pub(super) fn product(layer: &Layer, weight: &Weight) -> Product {
    let Some(convolution) = weight.convolution else {
        return Product::Dense {
            inputs: weight.shape[1],
            outputs: weight.shape[0],
        };
    };
    let (inside, outside) = (sides(layer.input), sides(layer.output));
    let (image, map, direction) = if convolution.transposed {
        (outside, inside, Direction::Transposed)
    } else {
        (inside, outside, Direction::Forward)
    };
    Product::Convolution {
        geometry: Geometry {
            channels: image.0,
            height: image.1,
            width: image.2,
            out: map.0,
            out_height: map.1,
            out_width: map.2,
            kernel: convolution.kernel,
            stride: convolution.stride,
            padding: convolution.padding,
        },
        direction,
    }
}

/// (channels, height, width); a flat sample is an image of one pixel.
fn sides(shape: Shape) -> (usize, usize, usize) {
    match shape {
        Shape::Flat(features) => (features, 1, 1),
        Shape::Image {
            channels,
            height,
            width,
        } => (channels, height, width),
    }
}

/// The pointwise function of an activation layer.
pub(super) fn activation(layer: LayerSpec) -> Activation {
    match layer {
        LayerSpec::ReLU => Activation::Relu,
        LayerSpec::LeakyReLU(slope) => Activation::LeakyRelu(slope),
        LayerSpec::Tanh => Activation::Tanh,
        LayerSpec::Sigmoid => Activation::Sigmoid,
        _ => Activation::Identity,
    }
}

/// The pooling of an upsampling or pooling layer; cells follow from the image sizes.
pub(super) fn pooling(layer: &Layer) -> Pooling {
    let (inside, outside) = (sides(layer.input), sides(layer.output));
    let spreads = matches!(layer.spec, LayerSpec::Upsample(_));
    let (coarse, fine) = if spreads {
        (inside, outside)
    } else {
        (outside, inside)
    };
    let cells = Cells {
        channels: coarse.0,
        height: coarse.1,
        width: coarse.2,
        rows: fine.1 / coarse.1,
        columns: fine.2 / coarse.2,
    };
    Pooling {
        cells,
        resampling: if spreads {
            Resampling::Upsample
        } else {
            Resampling::SumPool
        },
        scale: match layer.spec {
            LayerSpec::AvgPool(_) => 1.0 / cells.area() as f32,
            _ => 1.0,
        },
    }
}
