//! The reference: every operation made of dfdx's own, gradients by its automatic differentiation. Slow and plain; what
//! other backends are held against, on any device of dfdx.
//!
//! Activations are matrices (features, batch). Numbers stay on the host and are a tensor only while an operation works on
//! them.

mod activation;
mod batch_norm;
mod conv;
mod conv_transpose;
mod layers;
mod linear;
mod loss;
mod optimize;
mod pooling;
mod reduce;
mod spectral;
mod tensors;

use std::{ops::Range, rc::Rc};

use dfdx::prelude::*;

use super::{
    Activation, Pooling, Weights,
    backend::{Backend, Below, Made, Result, Returned},
    guard::{APPLIED, FLAG},
    knobs,
    layer::{Affine, BatchNorm},
    record::{Objective, Record},
    spectral::{FIGURES, Iteration, NORM, SIGMA},
};
use tensors::{Matrix, backward, failed, gradient, number};

/// Any dfdx device with dfdx's own operations.
#[derive(Clone, Debug, Default)]
pub struct Reference<D> {
    pub device: D,
}

impl<D: Device<f32>> Backend for Reference<D> {
    type Buffer = Vec<f32>;
    type Prepared = ();
    type Recording = ();

    const LOOK_EVERY: usize = 1;

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

    fn arrange(
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
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        x: &Vec<f32>,
        batch: usize,
        keep: bool,
    ) -> Result<Made<Self>> {
        let input = self.activations(x, batch)?;
        let y = layers::forward(&self.layers(layers, weights)?, input, true);
        Ok(Made {
            output: y.map_err(failed)?.as_vec(),
            kept: (keep && layers.len() > 1).then(|| x.clone()),
        })
    }

    fn input_gradient(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        kept: Option<&Vec<f32>>,
        upstream: &Vec<f32>,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Returned<Self>> {
        let input = below.map(|below| {
            // A single layer is linear: its gradient is the same wherever it is taken.
            let zeros = vec![0.0; below.length];
            let x = self.activations(kept.unwrap_or(&zeros), batch)?;
            let made = self.layers(layers, weights)?;
            let y = layers::forward(&made, x.clone().leaky_traced(), false).map_err(failed)?;
            let mut gradients = backward(y, self.activations(upstream, batch)?)?;
            self.finish(gradient(&mut gradients, &x)?, below)
        });
        Ok(Returned {
            input: input.transpose()?,
            between: None,
        })
    }

    fn weight_gradient(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        (x, _): (&Vec<f32>, Option<&Vec<f32>>),
        (upstream, _): (&Vec<f32>, Option<&Vec<f32>>),
        batch: usize,
        to: &mut Vec<f32>,
    ) -> Result<()> {
        let made = self.layers(layers, weights)?;
        let x = self.activations(x, batch)?.leaky_traced();
        let y = layers::forward(&made, x, false).map_err(failed)?;
        let mut gradients = backward(y, self.activations(upstream, batch)?)?;
        for (layer, made) in layers.iter().zip(&made) {
            let weight = gradient(&mut gradients, &made.weight)?;
            to[layer.weight.clone()].copy_from_slice(&weight.as_vec());
            if let (Some(place), Some(bias)) = (&layer.bias, &made.bias) {
                let bias = gradient(&mut gradients, bias)?;
                to[place.clone()].copy_from_slice(&bias.as_vec());
            }
        }
        Ok(())
    }

    fn normalize(
        &self,
        norm: &BatchNorm,
        numbers: &Vec<f32>,
        x: &Vec<f32>,
        batch: usize,
        statistics: Option<&mut Vec<f32>>,
    ) -> Result<(Vec<f32>, Vec<f32>)> {
        let x = self.activations(x, batch)?;
        let [gamma, beta] = [&norm.gamma, &norm.beta].map(|at| self.column(&numbers[at.clone()]));
        let (gamma, beta) = (gamma?, beta?);
        let Some(statistics) = statistics else {
            let moments = [&norm.mean, &norm.variance].map(|at| &numbers[at.clone()]);
            let moments = moments.concat();
            let running = self.statistics(&moments)?;
            let y = batch_norm::evaluate(x, &gamma, &beta, &running, norm.activation);
            return Ok((y.map_err(failed)?.as_vec(), moments));
        };
        let (y, made) = batch_norm::train(x, &gamma, &beta, norm.activation).map_err(failed)?;
        let made = [made.mean, made.biased, made.unbiased].map(|tensor| tensor.as_vec());
        let [mean, biased, unbiased] = made;
        for (place, numbers) in norm.batch.iter().zip([&mean, &unbiased]) {
            statistics[place.clone()].copy_from_slice(numbers);
        }
        Ok((y.as_vec(), [mean, biased].concat()))
    }

    fn normalize_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Vec<f32>,
        (x, moments, constant): (&Vec<f32>, &Vec<f32>, bool),
        upstream: &Vec<f32>,
        batch: usize,
        below: Option<Below<Self>>,
        to: Option<&mut Vec<f32>>,
    ) -> Result<Option<Vec<f32>>> {
        let x = self.activations(x, batch)?;
        let [gamma, beta] = [&norm.gamma, &norm.beta].map(|at| self.column(&numbers[at.clone()]));
        let (gamma, beta) = (gamma?, beta?);
        let traced = x.clone().leaky_traced();
        let y = match constant {
            true => {
                let running = self.statistics(moments)?;
                batch_norm::evaluate(traced, &gamma, &beta, &running, Activation::Identity)
            }
            false => {
                batch_norm::train(traced, &gamma, &beta, Activation::Identity).map(|made| made.0)
            }
        };
        let upstream = self.activations(upstream, batch)?;
        let mut gradients = backward(y.map_err(failed)?, upstream)?;
        if let Some(to) = to {
            for (place, leaf) in [(&norm.gamma, &gamma), (&norm.beta, &beta)] {
                let column = gradient(&mut gradients, leaf)?;
                to[place.clone()].copy_from_slice(&column.as_vec());
            }
        }
        let input = below.map(|below| self.finish(gradient(&mut gradients, &x)?, below));
        input.transpose()
    }

    fn pool(
        &self,
        pooling: &Pooling,
        x: &Vec<f32>,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Vec<f32>> {
        let x = self.activations(x, batch)?;
        let Some(below) = below else {
            return Ok(pooling::pool(x, pooling).map_err(failed)?.as_vec());
        };
        let zeros = vec![0.0; below.length];
        let input = self.activations(&zeros, batch)?;
        let traced = input.clone().leaky_traced();
        let y = pooling::pool(traced, &pooling.adjoint()).map_err(failed)?;
        let mut gradients = backward(y, x)?;
        self.finish(gradient(&mut gradients, &input)?, below)
    }

    fn join(&self, a: &Vec<f32>, b: Option<&Vec<f32>>, activation: Activation) -> Result<Vec<f32>> {
        let mut sum = self.row(a)?;
        if let Some(b) = b {
            sum = sum.try_add(self.row(b)?).map_err(failed)?;
        }
        Ok(activation::activate(sum, activation)
            .map_err(failed)?
            .as_vec())
    }

    fn through(&self, upstream: &Vec<f32>, below: Below<Self>) -> Result<Vec<f32>> {
        self.finish(self.row(upstream)?, below)
    }

    fn iterate(
        &self,
        layers: &[Iteration],
        numbers: &mut Vec<f32>,
        figures: &mut Vec<f32>,
        guard: Option<&Vec<f32>>,
    ) -> Result<()> {
        let stands = guard.is_none_or(|guard| guard[FLAG] != 0.0);
        for layer in layers {
            let layout = &layer.layout;
            let (u, v) = (
                layer.u..layer.u + layout.rows,
                layer.v..layer.v + layout.width(),
            );
            let length = layout.rows * layout.width();
            let stored = (layout.blocks, layout.rows * layout.columns);
            let weight = self.matrix(&numbers[layer.weight..][..length], stored)?;
            let mut vectors = [
                self.column(&numbers[u.clone()])?,
                self.column(&numbers[v.clone()])?,
            ];
            let count = if stands { layer.iterations } else { 0 };
            let sigma = spectral::power_iteration(&weight, layout, &mut vectors, count);
            let own = &mut figures[layer.figures..][..FIGURES];
            own[SIGMA] = number(&sigma.map_err(failed)?);
            let norm = reduce::norm(&self.device, std::slice::from_ref(&weight));
            own[NORM] = number(&norm.map_err(failed)?);
            for (place, vector) in [u, v].into_iter().zip(vectors) {
                numbers[place].copy_from_slice(&vector.as_vec());
            }
        }
        Ok(())
    }

    fn loss(
        &self,
        raw: &Vec<f32>,
        objective: &Objective,
        knobs: &Vec<f32>,
        record: &mut Vec<f32>,
        places: &Record,
    ) -> Result<Vec<f32>> {
        let gain = knobs[knobs::GAIN];
        let scores = self.row(raw)?.try_mul(gain).map_err(failed)?;
        record[places.scores()].copy_from_slice(&scores.as_vec());
        let side = |index| if index < objective.real { 1.0 } else { -1.0 };
        let sides = self.row(&(0..raw.len()).map(side).collect::<Vec<_>>())?;
        let (loss, slopes) = loss::loss(&scores, &sides, objective).map_err(failed)?;
        record[Record::LOSS] = number(&loss);
        Ok(slopes.try_mul(gain).map_err(failed)?.as_vec())
    }

    fn scale_samples(
        &self,
        gradients: &mut Vec<f32>,
        slopes: &Vec<f32>,
        batch: usize,
        knobs: &Vec<f32>,
        record: &mut Vec<f32>,
        places: &Record,
    ) -> Result<()> {
        let own = self.activations(gradients, batch)?;
        let gain = knobs[knobs::GAIN].abs();
        let norms = reduce::column_norms(&own).and_then(|norms| norms.try_mul(gain));
        record[places.sample_norms()].copy_from_slice(&norms.map_err(failed)?.as_vec());
        let scaled = reduce::scale_columns(&own, &self.row(slopes)?);
        *gradients = scaled.map_err(failed)?.as_vec();
        Ok(())
    }

    fn measure(
        &self,
        gradients: &Vec<f32>,
        figures: &[&Vec<f32>],
        record: &mut Vec<f32>,
        places: &Record,
        (history, knobs): (&mut Vec<f32>, &Vec<f32>),
        guard: &mut Vec<f32>,
    ) -> Result<()> {
        let parts = places
            .parts
            .iter()
            .map(|part| self.row(&gradients[part.clone()]));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let norm = |parts: &[Matrix<D>]| reduce::norm(&self.device, parts).map_err(failed);
        record[Record::NORM] = number(&norm(&parts)?);
        for (place, part) in places.part_norms().zip(&parts) {
            record[place] = number(&norm(std::slice::from_ref(part))?);
        }
        let copies = figures.iter().flat_map(|figures| figures.iter());
        for (place, figure) in places.figures().zip(copies) {
            record[place] = *figure;
        }
        if !(record[Record::LOSS].is_finite() && record[Record::NORM].is_finite()) {
            guard[FLAG] = 0.0;
        }
        guard[APPLIED] += guard[FLAG];
        history[places.turn(knobs[knobs::TURN])].copy_from_slice(record);
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
