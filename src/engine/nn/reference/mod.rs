//! The reference backend: dfdx's own operations and automatic differentiation, on any device of dfdx. It is slow and
//! simple; tests compare the other backends with it.
//!
//! Activations are matrices (features, batch). Buffers are on the host; an operation copies its operands to tensors.

mod activation;
mod batch_norm;
mod conv;
mod conv_transpose;
mod layers;
mod linear;
mod loss;
mod measure;
mod optimize;
mod pooling;
mod reduce;
mod spectral;
mod tensors;

use std::{ops::Range, sync::Arc};

use dfdx::prelude::*;

use super::{
    Activation, Pooling, Weights,
    backend::{Backend, ForwardOutput, GradientEpilogue, Result},
    guard::FLAG,
    knobs,
    layer::{Affine, BatchNorm},
    record::{Objective, RecordLayout},
    spectral::PowerIteration,
};
pub(crate) use tensors::DfdxDevice;
use tensors::{backward, failed, gradient, number};

/// A dfdx device as a backend.
#[derive(Clone, Debug, Default)]
pub struct Reference<D> {
    /// dfdx's device.
    pub device: D,
}

impl<D: DfdxDevice> Backend for Reference<D> {
    type Buffer = Vec<f32>;
    type Prepared = ();
    type Recording = ();

    const CHECK_INTERVAL: usize = 1;

    fn zeros(&self, length: usize) -> Result<Vec<f32>> {
        Ok(vec![0.0; length])
    }

    fn write(&self, to: &mut Vec<f32>, at: usize, numbers: &[f32]) -> Result<()> {
        to[at..at + numbers.len()].copy_from_slice(numbers);
        Ok(())
    }

    fn read(&self, from: &Vec<f32>, range: Range<usize>) -> Result<Vec<f32>> {
        Ok(from[range].to_vec())
    }

    fn upload(
        &self,
        x: &[f32],
        batch: usize,
        beside: Option<(&Vec<f32>, usize)>,
    ) -> Result<Vec<f32>> {
        let Some((second, other)) = beside else {
            return Ok(x.to_vec());
        };
        let rows = x.chunks_exact(batch).zip(second.chunks_exact(other));
        Ok(rows.flat_map(|(a, b)| a.iter().chain(b)).copied().collect())
    }

    fn pack_activations(
        &self,
        from: &Vec<f32>,
        range: Range<usize>,
        batch: usize,
        beside: Option<(&Vec<f32>, usize)>,
    ) -> Result<Vec<f32>> {
        self.upload(&from[range], batch, beside)
    }

    fn download(&self, x: &Vec<f32>, _: usize) -> Result<Vec<f32>> {
        Ok(x.clone())
    }

    fn forward(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        x: &Vec<f32>,
        batch: usize,
        keep: bool,
    ) -> Result<ForwardOutput<Self>> {
        let input = self.activations(x, batch)?;
        let y = layers::forward(&self.layers(layers, weights)?, input, true);
        Ok(ForwardOutput {
            output: y.map_err(failed)?.as_vec(),
            saved: (keep && layers.len() > 1).then(|| x.clone()),
        })
    }

    fn backward(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        saved: Option<&Vec<f32>>,
        upstream: &Vec<f32>,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        learned: Option<(&Vec<f32>, &mut Vec<f32>)>,
    ) -> Result<Option<Vec<f32>>> {
        let input = epilogue.map(|epilogue| {
            // A single layer is linear in x: any x gives the same gradient.
            let zeros = vec![0.0; epilogue.length];
            let x = self.activations(saved.unwrap_or(&zeros), batch)?;
            let made = self.layers(layers, weights)?;
            let y = layers::forward(&made, x.clone().leaky_traced(), false).map_err(failed)?;
            let mut gradients = backward(y, self.activations(upstream, batch)?)?;
            self.apply_epilogue(gradient(&mut gradients, &x)?, epilogue)
        });
        if let Some((x, to)) = learned {
            self.weight_gradients(layers, weights, x, upstream, batch, to)?;
        }
        input.transpose()
    }

    fn batch_norm(
        &self,
        norm: &BatchNorm,
        numbers: &Vec<f32>,
        x: &Vec<f32>,
        batch: usize,
        statistics: Option<&mut Vec<f32>>,
    ) -> Result<(Vec<f32>, Vec<f32>)> {
        self.batch_norm_forward(norm, numbers, x, batch, statistics)
    }

    fn batch_norm_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Vec<f32>,
        (x, moments, constant): (&Vec<f32>, &Vec<f32>, bool),
        upstream: &Vec<f32>,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        to: Option<&mut Vec<f32>>,
    ) -> Result<Option<Vec<f32>>> {
        let passed = (&x[..], &moments[..], constant);
        self.batch_norm_backward(norm, numbers, passed, upstream, batch, epilogue, to)
    }

    fn pool(
        &self,
        pooling: &Pooling,
        x: &Vec<f32>,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
    ) -> Result<Vec<f32>> {
        self.pool_layer(pooling, x, batch, epilogue)
    }

    fn add_activate(
        &self,
        a: &Vec<f32>,
        b: Option<&Vec<f32>>,
        activation: Activation,
    ) -> Result<Vec<f32>> {
        let mut sum = self.row(a)?;
        if let Some(b) = b {
            sum = sum.try_add(self.row(b)?).map_err(failed)?;
        }
        Ok(activation::activate(sum, activation)
            .map_err(failed)?
            .as_vec())
    }

    fn accumulate_gradient(
        &self,
        upstream: &Vec<f32>,
        epilogue: GradientEpilogue<Self>,
    ) -> Result<Vec<f32>> {
        self.apply_epilogue(self.row(upstream)?, epilogue)
    }

    fn power_iteration(
        &self,
        layers: &[PowerIteration],
        numbers: &mut Vec<f32>,
        figures: &mut Vec<f32>,
        guard: Option<&Vec<f32>>,
    ) -> Result<()> {
        let moves = guard.is_none_or(|guard| guard[FLAG] != 0.0);
        layers
            .iter()
            .try_for_each(|layer| self.iterate(layer, numbers, figures, moves))
    }

    fn loss(
        &self,
        raw: &Vec<f32>,
        objective: &Objective,
        knobs: &Vec<f32>,
        record: &mut Vec<f32>,
        layout: &RecordLayout,
    ) -> Result<Vec<f32>> {
        let gain = knobs[knobs::GAIN];
        let scores = self.row(raw)?.try_mul(gain).map_err(failed)?;
        record[layout.scores()].copy_from_slice(&scores.as_vec());
        let side = |index| if index < objective.real { 1.0 } else { -1.0 };
        let sides = self.row(&(0..raw.len()).map(side).collect::<Vec<_>>())?;
        let (loss, slopes) = loss::loss(&scores, &sides, objective).map_err(failed)?;
        record[RecordLayout::LOSS] = number(&loss);
        Ok(slopes.try_mul(gain).map_err(failed)?.as_vec())
    }

    fn scale_samples(
        &self,
        gradients: &mut Vec<f32>,
        slopes: &Vec<f32>,
        batch: usize,
        knobs: &Vec<f32>,
        record: &mut Vec<f32>,
        layout: &RecordLayout,
    ) -> Result<()> {
        let own = self.activations(gradients, batch)?;
        let gain = knobs[knobs::GAIN].abs();
        let norms = reduce::column_norms(&own).and_then(|norms| norms.try_mul(gain));
        record[layout.sample_norms()].copy_from_slice(&norms.map_err(failed)?.as_vec());
        let scaled = reduce::scale_columns(&own, &self.row(slopes)?);
        *gradients = scaled.map_err(failed)?.as_vec();
        Ok(())
    }

    fn measure(
        &self,
        gradients: &Vec<f32>,
        figures: &[&Vec<f32>],
        record: &mut Vec<f32>,
        layout: &RecordLayout,
        (history, knobs): (&mut Vec<f32>, &Vec<f32>),
        guard: &mut Vec<f32>,
    ) -> Result<()> {
        self.complete_record(gradients, figures, record, layout, guard)?;
        history[layout.history_row(knobs[knobs::HISTORY_ROW])].copy_from_slice(record);
        Ok(())
    }

    fn adam(
        &self,
        numbers: &mut Vec<f32>,
        gradients: &Vec<f32>,
        [first, second]: [&mut Vec<f32>; 2],
        knobs: &Vec<f32>,
        guard: &Vec<f32>,
    ) -> Result<()> {
        if guard[FLAG] == 0.0 {
            return Ok(());
        }
        let weight = self.row(&numbers[..first.len()])?;
        let moments = (self.row(first)?, self.row(second)?);
        let made = optimize::adam(weight, &self.row(gradients)?, moments, knobs).map_err(failed)?;
        let [weight, m, v] = made.map(|tensor| tensor.as_vec());
        numbers[..weight.len()].copy_from_slice(&weight);
        (*first, *second) = (m, v);
        Ok(())
    }

    fn blend(
        &self,
        (to, range): (&mut Vec<f32>, Range<usize>),
        (from, start): (&Vec<f32>, usize),
        (knobs, decay): (&Vec<f32>, usize),
        guard: &Vec<f32>,
    ) -> Result<()> {
        if guard[FLAG] == 0.0 || range.is_empty() {
            return Ok(());
        }
        let from = self.row(&from[start..start + range.len()])?;
        let made = optimize::blend(self.row(&to[range.clone()])?, from, knobs[decay]);
        to[range].copy_from_slice(&made.map_err(failed)?.as_vec());
        Ok(())
    }
}
