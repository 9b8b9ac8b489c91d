//! The three parts of layers with weights: forward, input gradient, weight gradient; of one, or of several dense ones one
//! after the other, whose activations and gradients in between lie in one buffer, layer by layer.

use std::{ops::Range, rc::Rc};

use super::{
    Gpu,
    arguments::{Address, Below, Finish},
    buffers::Buffer,
    products::Call,
    spectral,
};
use crate::nn::{
    Activation, Weights,
    backend::{self, Made, Result, Returned},
    layer::Affine,
    spectral::FIGURES,
};

/// Where the outputs of all layers but the last stand, and of the end.
fn places(layers: &[Rc<Affine>], batch: usize) -> Vec<Range<usize>> {
    let inner = layers.split_last().map_or(&[][..], |(_, inner)| inner);
    let mut end = 0;
    let place = |layer: &Rc<Affine>| {
        let start = end;
        end += layer.product.outputs() * batch;
        start..end
    };
    inner.iter().map(place).collect()
}

/// Room for them; none where there is one layer.
fn room(gpu: &Gpu, places: &[Range<usize>]) -> Result<Option<Buffer>> {
    let length = places.last().map(|place| place.end);
    length.map(|length| gpu.take(length)).transpose()
}

/// Where the numbers of layer `index` stand: in the room, or behind it in `last`.
fn of_layer(
    index: usize,
    places: &[Range<usize>],
    room: Option<&Buffer>,
    last: &Buffer,
) -> Address {
    match (places.get(index), room) {
        (Some(place), Some(room)) => room.at(place.clone()),
        _ => last.start(),
    }
}

fn call<'a>(gpu: &'a Gpu, layer: &'a Affine, batch: usize) -> Call<'a> {
    Call {
        gpu,
        product: &layer.product,
        batch,
    }
}

/// The figures of a normalized layer.
fn figures(layer: &Affine, weights: Weights<Gpu>) -> Address {
    match layer.is_normalized() {
        true => weights.figures.at(layer.figures..layer.figures + FIGURES),
        false => Address::NONE,
    }
}

/// y = f(factor·Wx + b), layer by layer; the factor is gain/σ where a layer is normalized.
pub fn forward(
    gpu: &Gpu,
    layers: &[Rc<Affine>],
    weights: Weights<Gpu>,
    x: &Buffer,
    batch: usize,
) -> Result<Made<Gpu>> {
    let places = places(layers, batch);
    let kept = room(gpu, &places)?;
    let outputs = layers.last().map_or(0, |layer| layer.product.outputs());
    let output = gpu.take(outputs * batch)?;
    let mut from = x.start();
    for (index, layer) in layers.iter().enumerate() {
        let to = of_layer(index, &places, kept.as_ref(), &output);
        let bias = layer.bias.clone();
        let finish = Finish {
            bias: bias.map_or(Address::NONE, |place| weights.numbers.at(place)),
            figures: figures(layer, weights),
            activation: layer.activation.into(),
            below: Below::nothing(),
        };
        let weight = weights.numbers.at(layer.weight.clone());
        call(gpu, layer, batch).forward(weight, from, to, finish)?;
        from = to;
    }
    Ok(Made { output, kept })
}

/// factor·Wᵀ·upstream, from the last layer to the first.
pub fn input_gradient(
    gpu: &Gpu,
    layers: &[Rc<Affine>],
    weights: Weights<Gpu>,
    kept: Option<&Buffer>,
    upstream: &Buffer,
    batch: usize,
    below: Option<backend::Below<Gpu>>,
) -> Result<Returned<Gpu>> {
    let places = places(layers, batch);
    let between = room(gpu, &places)?;
    let input = below.as_ref().map(|below| gpu.take(below.length));
    let input = input.transpose()?;
    for (index, layer) in layers.iter().enumerate().rev() {
        let from = of_layer(index, &places, between.as_ref(), upstream);
        let (to, under) = match (index.checked_sub(1), &input, &below) {
            (Some(before), ..) => {
                let to = of_layer(before, &places, between.as_ref(), upstream);
                let output = of_layer(before, &places, kept, upstream);
                (to, Below::activations(output, layers[before].activation))
            }
            (None, Some(input), Some(below)) => (input.start(), Below::of(below)),
            (None, ..) => continue,
        };
        let finish = Finish {
            bias: Address::NONE,
            figures: figures(layer, weights),
            activation: Activation::Identity.into(),
            below: under,
        };
        let weight = weights.numbers.at(layer.weight.clone());
        call(gpu, layer, batch).input_gradient(weight, from, to, finish)?;
    }
    Ok(Returned { input, between })
}

/// upstream·xᵀ, through σ where a layer is normalized, and the sums of upstream.
pub fn weight_gradient(
    gpu: &Gpu,
    layers: &[Rc<Affine>],
    weights: Weights<Gpu>,
    (x, kept): (&Buffer, Option<&Buffer>),
    (upstream, between): (&Buffer, Option<&Buffer>),
    batch: usize,
    gradients: &mut Buffer,
) -> Result<()> {
    let places = places(layers, batch);
    for (index, layer) in layers.iter().enumerate() {
        let input = match index.checked_sub(1) {
            Some(before) => of_layer(before, &places, kept, x),
            None => x.start(),
        };
        let output = of_layer(index, &places, between, upstream);
        let call = call(gpu, layer, batch);
        call.weight_gradient(input, output, gradients.at(layer.weight.clone()))?;
        if layer.is_normalized() {
            spectral::through(gpu, layer, weights, gradients)?;
        }
        if let Some(bias) = &layer.bias {
            call.bias_gradient(bias.len(), output, gradients.at(bias.clone()))?;
        }
    }
    Ok(())
}
