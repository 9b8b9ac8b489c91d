//! The three parts of layers with weights: forward, input gradient, weight gradient; of one, or of several dense ones one
//! after the other, whose activations and gradients in between lie in one buffer, layer by layer.

use std::{ops::Range, rc::Rc};

use super::{
    Gpu,
    arguments::{Address, Below, Finish},
    buffers::Buffer,
    gradients::{self, Dense},
    products::Call,
    run::Run,
};
use crate::nn::{
    Activation, Weights,
    backend::{self, Made, Result, Returned},
    layer::{Affine, Product},
    spectral::FIGURES,
};

/// Where the outputs of all layers but the last stand.
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

/// Where the numbers of layer `index` stand: in the room, or of the last layer in `last`.
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

/// A layer with what is done to its sums, where it reads, and where they go.
pub struct Step<'a> {
    pub layer: &'a Affine,
    pub weight: Address,
    pub end: Finish,
    pub from: Address,
    pub to: Address,
}

impl Step<'_> {
    fn call<'a>(&'a self, gpu: &'a Gpu, batch: usize) -> Call<'a> {
        Call {
            gpu,
            product: &self.layer.product,
            batch,
        }
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
    let steps = layers.iter().enumerate().map(|(index, layer)| {
        let to = of_layer(index, &places, kept.as_ref(), &output);
        let bias = layer.bias.clone();
        let end = Finish {
            bias: bias.map_or(Address::NONE, |place| weights.numbers.at(place)),
            figures: figures(layer, weights),
            activation: layer.activation.into(),
            below: Below::nothing(),
        };
        Step {
            layer,
            weight: weights.numbers.at(layer.weight.clone()),
            end,
            from: std::mem::replace(&mut from, to),
            to,
        }
    });
    let steps: Vec<Step> = steps.collect();
    if let Some(run) = Run::of(&steps)? {
        run.forward(gpu, x.start(), batch)?;
    } else {
        for step in &steps {
            step.call(gpu, batch)
                .forward(step.weight, step.from, step.to, step.end)?;
        }
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
    let steps = layers.iter().enumerate().map(|(index, layer)| {
        let (to, below) = match (index.checked_sub(1), &input, &below) {
            (Some(before), ..) => {
                let to = of_layer(before, &places, between.as_ref(), upstream);
                let output = of_layer(before, &places, kept, upstream);
                (to, Below::activations(output, layers[before].activation))
            }
            (None, Some(input), Some(below)) => (input.start(), Below::of(below)),
            (None, ..) => (Address::NONE, Below::nothing()),
        };
        let end = Finish {
            bias: Address::NONE,
            figures: figures(layer, weights),
            activation: Activation::Identity.into(),
            below,
        };
        Step {
            layer,
            weight: weights.numbers.at(layer.weight.clone()),
            end,
            from: of_layer(index, &places, between.as_ref(), upstream),
            to,
        }
    });
    let steps: Vec<Step> = steps.collect();
    if let Some(run) = Run::of(&steps)? {
        run.backward(gpu, upstream.start(), batch)?;
    } else {
        let wanted = steps.iter().rev().filter(|step| step.to != Address::NONE);
        for step in wanted {
            step.call(gpu, batch)
                .input_gradient(step.weight, step.from, step.to, step.end)?;
        }
    }
    Ok(Returned { input, between })
}

/// upstream·xᵀ, or that of a convolution, and the sums of upstream; the way through σ comes later, in `spectral`.
pub fn weight_gradient(
    gpu: &Gpu,
    layers: &[Rc<Affine>],
    (x, kept): (&Buffer, Option<&Buffer>),
    (upstream, between): (&Buffer, Option<&Buffer>),
    batch: usize,
    gradients: &mut Buffer,
) -> Result<()> {
    let places = places(layers, batch);
    let input = |index: usize| match index.checked_sub(1) {
        Some(before) => of_layer(before, &places, kept, x),
        None => x.start(),
    };
    let output = |index: usize| of_layer(index, &places, between, upstream);
    if let [layer] = layers
        && let Product::Convolution {
            geometry,
            direction,
        } = &layer.product
    {
        let ends = (input(0), output(0));
        return gradients::convolution(gpu, layer, (geometry, *direction), ends, batch, gradients);
    }
    let dense: Vec<Dense> = layers
        .iter()
        .enumerate()
        .map(|(index, layer)| Dense {
            layer,
            x: input(index),
            upstream: output(index),
        })
        .collect();
    gradients::dense(gpu, &dense, batch, gradients)
}
