//! Dense layers one after the other as one module: a slab of samples goes through all of them in one task, and the
//! gradients of all weights are made in one parallel region.

use std::sync::Arc;

use dfdx::prelude::*;
use rayon::prelude::*;

use super::{
    normalization::Normalization,
    saved::{Finish, Slope},
};
use crate::nn::{
    Activation, Matrix,
    host::{
        Host, Result,
        awake::stay_awake,
        buffers::{self, Buffer},
        dense::{Gradient, Map, Rows, gradients, row_length},
        pointwise, read_buffer,
        slab::SLAB,
        turn::turn,
    },
    layer::{Affine, Kind},
    module::Module,
};

/// The dense layers that modules begin with.
pub fn leading(modules: &[Module<Host>]) -> Vec<&Affine<Host>> {
    let dense = modules.iter().map_while(|module| match module {
        Module::Affine(layer) if matches!(layer.kind, Kind::Linear) => Some(&**layer),
        _ => None,
    });
    dense.collect()
}

/// What the layers leave to their backward pass.
pub struct Saved {
    layers: Vec<Layer>,
    /// Of each layer.
    inputs: Rows,
    batch: usize,
    /// Whether the gradients of weights and biases are wanted.
    parameters: bool,
    /// After the last layer.
    pub slope: Option<Slope>,
}

struct Layer {
    inputs: usize,
    outputs: usize,
    weight: Matrix<Cpu>,
    bias: Option<Matrix<Cpu>>,
    numbers: Buffer,
    normalization: Option<Normalization>,
    activation: Activation,
}

impl Layer {
    fn new(layer: &Affine<Host>) -> Self {
        let (outputs, inputs) = *layer.weight.shape();
        let numbers = read_buffer(&layer.weight);
        Self {
            inputs,
            outputs,
            weight: layer.weight.clone(),
            bias: layer.bias.clone(),
            normalization: Normalization::of(layer, &numbers),
            numbers,
            activation: layer.activation,
        }
    }

    fn factor(&self) -> f32 {
        self.normalization.as_ref().map_or(1.0, |n| n.factor)
    }

    /// The bias as long as a row.
    fn bias(&self) -> Vec<f32> {
        let mut bias = match &self.bias {
            Some(bias) => bias.as_vec(),
            None => Vec::new(),
        };
        bias.resize(row_length(self.outputs), 0.0);
        bias
    }
}

/// y = f(factor·Wx + b) layer by layer, and what the backward pass needs.
pub fn forward(
    layers: &[&Affine<Host>],
    x: &Arc<Buffer>,
    batch: usize,
    parameters: bool,
) -> (Arc<Buffer>, Saved) {
    let layers: Vec<Layer> = layers.iter().map(|layer| Layer::new(layer)).collect();
    let steps: Vec<(Map, Vec<f32>, &Layer)> = layers
        .iter()
        .map(|layer| {
            let map = Map::forward(&layer.numbers, layer.inputs, layer.outputs);
            (map, layer.bias(), layer)
        })
        .collect();
    let features = x.len() / batch;
    let outputs = layers.last().map_or(features, |layer| layer.outputs);
    let mut inputs = Rows::new(layers.iter().map(|layer| layer.inputs).collect(), batch);
    let mut y = buffers::take(outputs * batch);
    let (slabs, places) = inputs.slabs_mut();
    slabs
        .zip(y.par_chunks_mut(outputs * SLAB))
        .zip(x.par_chunks(features * SLAB))
        .for_each(|((slab, y), x)| {
            let samples = places.samples(slab);
            let mut last = buffers::take(row_length(outputs) * samples);
            let mut rows = places.split(slab);
            rows.push(&mut last);
            enter(x, features, rows[0]);
            for (index, (map, bias, layer)) in steps.iter().enumerate() {
                if let [x, y] = &mut rows[index..index + 2] {
                    map.apply(x, y);
                    pointwise::finish_rows(y, layer.factor(), bias, layer.activation);
                }
            }
            leave(rows[steps.len()], outputs, y);
        });
    stay_awake();
    let y = Arc::new(y);
    let last = layers.last().map(|layer| layer.activation);
    let slope = last.and_then(|activation| Slope::new(activation, &y));
    let saved = Saved {
        layers,
        inputs,
        batch,
        parameters,
        slope,
    };
    (y, saved)
}

/// From a slab (features, samples) to rows.
fn enter(slab: &[f32], features: usize, rows: &mut [f32]) {
    let (samples, length) = (slab.len() / features, row_length(features));
    let row = |feature: usize| &slab[feature * samples..][..samples];
    turn(features, row, rows, length, samples);
}

/// From rows to a slab (features, samples).
fn leave(rows: &[f32], features: usize, slab: &mut [f32]) {
    let (samples, length) = (slab.len() / features, row_length(features));
    let row = |sample: usize| &rows[sample * length..][..features];
    turn(samples, row, slab, samples, features);
}

impl Saved {
    /// Numbers of the input.
    pub fn input_length(&self) -> usize {
        self.inputs.places().features(0) * self.batch
    }

    /// The gradients of weights and biases, and that of the input into `out`, from `upstream`, that of the last layer's
    /// output before its activation.
    pub fn backward(
        &self,
        upstream: &[f32],
        gradients: &mut Gradients<f32, Cpu>,
        out: Option<&mut [f32]>,
        finish: Finish,
    ) -> Result<()> {
        let outputs = self.layers.iter().map(|layer| layer.outputs).collect();
        let mut rows = Rows::new(outputs, self.batch);
        self.through(upstream, &mut rows, out, finish);
        stay_awake();
        match self.parameters {
            true => self.write(&rows, gradients),
            false => Ok(()),
        }
    }

    /// The gradient of each layer's output into `rows`, and that of the input into `out`.
    fn through(&self, upstream: &[f32], rows: &mut Rows, out: Option<&mut [f32]>, finish: Finish) {
        let features = self.inputs.places().features(0);
        let outputs = upstream.len() / self.batch;
        let skipped = usize::from(out.is_none());
        let mut parts: Vec<Option<&mut [f32]>> = match out {
            Some(out) => out.chunks_mut(features * SLAB).map(Some).collect(),
            None => Vec::new(),
        };
        parts.resize_with(self.batch.div_ceil(SLAB), || None);
        let maps: Vec<Option<Map>> = self
            .layers
            .iter()
            .enumerate()
            .map(|(index, layer)| {
                let map = || Map::adjoint(&layer.numbers, layer.outputs, layer.inputs);
                (index >= skipped).then(map)
            })
            .collect();
        let (slabs, places) = rows.slabs_mut();
        slabs
            .zip(self.inputs.slabs())
            .zip(upstream.par_chunks(outputs * SLAB))
            .zip(parts)
            .enumerate()
            .for_each(|(index, (((slab, inputs), upstream), out))| {
                let samples = places.samples(slab);
                let mut first = buffers::take(row_length(features) * samples);
                let mut rows = places.split(slab);
                rows.insert(0, &mut first);
                enter(upstream, outputs, rows[self.layers.len()]);
                for (index, (layer, map)) in self.layers.iter().zip(&maps).enumerate().rev() {
                    if let (Some(map), [below, upstream]) = (map, &mut rows[index..index + 2]) {
                        map.apply(upstream, below);
                        let activation = index.checked_sub(1).map(|i| self.layers[i].activation);
                        let y = &inputs[self.inputs.places().layer(index, samples)];
                        let activation = activation.unwrap_or(Activation::Identity);
                        pointwise::through(below, layer.factor(), y, activation);
                    }
                }
                if let Some(out) = out {
                    leave(rows[0], features, out);
                    finish.apply(index * features * SLAB, out, 1.0);
                }
            });
    }

    /// The gradients of weights and biases, from those of each layer's output.
    fn write(&self, rows: &Rows, to: &mut Gradients<f32, Cpu>) -> Result<()> {
        let mut taken = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            taken.push(Gradient {
                weight: std::mem::take(&mut **to.get_or_alloc_mut(&layer.weight)?),
                bias: match &layer.bias {
                    Some(bias) => Some(std::mem::take(&mut **to.get_or_alloc_mut(bias)?)),
                    None => None,
                },
            });
        }
        gradients(&self.inputs, rows, &mut taken);
        stay_awake();
        for (layer, gradient) in self.layers.iter().zip(taken) {
            let Gradient { mut weight, bias } = gradient;
            if let Some(normalization) = &layer.normalization {
                normalization.through(&mut weight, &layer.numbers);
            }
            **to.get_or_alloc_mut(&layer.weight)? = weight;
            if let (Some(own), Some(gradient)) = (&layer.bias, bias) {
                **to.get_or_alloc_mut(own)? = gradient;
            }
        }
        Ok(())
    }
}
