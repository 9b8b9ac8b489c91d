//! The operations of the CPU, each delegated to its module.

use std::{ops::Range, sync::Arc};

use super::{
    Host, batch_norm,
    buffers::{self, Buffer},
    dense_stack,
    epilogue::Epilogue,
    layer, loss, measure, pointwise, pooling,
    prepared::Prepared,
    samples, slab, spectral, update,
};
use crate::engine::nn::{
    Activation, Failure, Pooling, Weights,
    backend::{Backend, ForwardOutput, GradientEpilogue, Result},
    guard::FLAG,
    knobs::HISTORY_ROW,
    layer::{Affine, BatchNorm},
    record::{Objective, RecordLayout},
    spectral::PowerIteration,
};

/// The error of a backward pass through several layers without their saved activations.
fn not_saved() -> Failure {
    Failure("the forward pass saved nothing for this backward pass".to_owned())
}

impl Backend for Host {
    type Buffer = Buffer;
    type Prepared = Prepared;
    type Recording = ();

    const CHECK_INTERVAL: usize = 1;

    fn release_idle(&self) {
        buffers::release_idle();
    }

    fn zeros(&self, length: usize) -> Result<Buffer> {
        let mut buffer = buffers::take(length);
        buffer.fill(0.0);
        Ok(buffer)
    }

    fn write(&self, to: &mut Buffer, at: usize, numbers: &[f32]) -> Result<()> {
        to[at..at + numbers.len()].copy_from_slice(numbers);
        Ok(())
    }

    fn read(&self, from: &Buffer, range: Range<usize>) -> Result<Vec<f32>> {
        Ok(from[range].to_vec())
    }

    fn upload(&self, x: &[f32], batch: usize, beside: Option<(&Buffer, usize)>) -> Result<Buffer> {
        Ok(match beside {
            None => slab::from_matrix(x, batch),
            Some((second, other)) => slab::concatenate(x, batch, second, other),
        })
    }

    fn pack_activations(
        &self,
        from: &Buffer,
        range: Range<usize>,
        batch: usize,
        beside: Option<(&Buffer, usize)>,
    ) -> Result<Buffer> {
        self.upload(&from[range], batch, beside)
    }

    fn download(&self, x: &Buffer, batch: usize) -> Result<Vec<f32>> {
        let mut matrix = vec![0.0; x.len()];
        slab::to_matrix(x, batch, &mut matrix);
        Ok(matrix)
    }

    fn forward(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        x: &Buffer,
        batch: usize,
        keep: bool,
    ) -> Result<ForwardOutput<Self>> {
        Ok(match layers {
            [layer] => ForwardOutput {
                output: layer::forward(layer, weights, x, batch),
                saved: None,
            },
            layers => dense_stack::forward(layers, weights, x, batch, keep),
        })
    }

    fn backward(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        saved: Option<&Buffer>,
        upstream: &Buffer,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        learned: Option<(&Buffer, &mut Buffer)>,
    ) -> Result<Option<Buffer>> {
        match (layers, saved) {
            ([layer], _) => {
                let input = epilogue.map(|epilogue| {
                    layer::input_gradient(layer, weights, upstream, batch, &Epilogue::of(&epilogue))
                });
                if let Some((x, gradients)) = learned {
                    layer::weight_gradient(layer, weights, x, upstream, batch, gradients);
                }
                Ok(input)
            }
            (layers, Some(saved)) => {
                let gradients = learned.map(|(_, gradients)| &mut **gradients);
                Ok(dense_stack::backward(
                    layers, weights, saved, upstream, batch, epilogue, gradients,
                ))
            }
            (_, None) => Err(not_saved()),
        }
    }

    fn batch_norm(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        x: &Buffer,
        batch: usize,
        statistics: Option<&mut Buffer>,
    ) -> Result<(Buffer, Buffer)> {
        Ok(batch_norm::forward(norm, numbers, x, batch, statistics))
    }

    fn batch_norm_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        (x, moments, constant): (&Buffer, &Buffer, bool),
        upstream: &Buffer,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        gradients: Option<&mut Buffer>,
    ) -> Result<Option<Buffer>> {
        let pass = batch_norm::Backward {
            norm,
            gamma: &numbers[norm.gamma.clone()],
            x,
            moments,
            constant,
            upstream,
            batch,
        };
        Ok(pass.run(epilogue, gradients))
    }

    fn pool(
        &self,
        pooling: &Pooling,
        x: &Buffer,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
    ) -> Result<Buffer> {
        Ok(pooling::pool(pooling, x, batch, epilogue))
    }

    fn add_activate(
        &self,
        a: &Buffer,
        b: Option<&Buffer>,
        activation: Activation,
    ) -> Result<Buffer> {
        Ok(pointwise::add_activate(a, b, activation))
    }

    fn accumulate_gradient(
        &self,
        upstream: &Buffer,
        epilogue: GradientEpilogue<Self>,
    ) -> Result<Buffer> {
        Ok(Epilogue::of(&epilogue).copy(upstream))
    }

    fn power_iteration(
        &self,
        layers: &[PowerIteration],
        numbers: &mut Buffer,
        figures: &mut Buffer,
        guard: Option<&Buffer>,
    ) -> Result<()> {
        let moves = guard.is_none_or(|guard| guard[FLAG] != 0.0);
        spectral::power_iteration(layers, numbers, figures, moves);
        Ok(())
    }

    fn loss(
        &self,
        raw: &Buffer,
        objective: &Objective,
        knobs: &Buffer,
        record: &mut Buffer,
        layout: &RecordLayout,
    ) -> Result<Buffer> {
        Ok(loss::loss(raw, objective, knobs, record, layout))
    }

    fn scale_samples(
        &self,
        gradients: &mut Buffer,
        slopes: &Buffer,
        batch: usize,
        knobs: &Buffer,
        record: &mut Buffer,
        layout: &RecordLayout,
    ) -> Result<()> {
        let norms = &mut record[layout.sample_norms()];
        samples::scale(gradients, slopes, batch, knobs, norms);
        Ok(())
    }

    fn measure(
        &self,
        gradients: &Buffer,
        figures: &[&Buffer],
        record: &mut Buffer,
        layout: &RecordLayout,
        (history, knobs): (&mut Buffer, &Buffer),
        guard: &mut Buffer,
    ) -> Result<()> {
        measure::measure(gradients, figures, record, layout, guard);
        history[layout.history_row(knobs[HISTORY_ROW])].copy_from_slice(record);
        Ok(())
    }

    fn adam(
        &self,
        numbers: &mut Buffer,
        gradients: &Buffer,
        moments: [&mut Buffer; 2],
        knobs: &Buffer,
        guard: &Buffer,
    ) -> Result<()> {
        update::adam(numbers, gradients, moments, knobs, guard);
        Ok(())
    }

    fn blend(
        &self,
        (to, range): (&mut Buffer, Range<usize>),
        (from, start): (&Buffer, usize),
        (knobs, decay): (&Buffer, usize),
        guard: &Buffer,
    ) -> Result<()> {
        let from = &from[start..start + range.len()];
        update::blend(&mut to[range], from, knobs[decay], guard);
        Ok(())
    }
}
