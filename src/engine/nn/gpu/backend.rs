//! The operations of the GPU, each delegated to its module.

use std::{ops::Range, sync::Arc};

use super::{
    Gpu,
    arguments::{Address, GradientEpilogue as EpilogueArguments},
    batch_norm,
    buffers::{Buffer, Lifetime},
    graph::{self, Recording},
    layer, loss, measure, pointwise, pooling, samples, spectral, update,
};
use crate::engine::nn::{
    Activation, Counts, Pooling, Weights,
    backend::{Backend, ForwardOutput, GradientEpilogue, Result},
    layer::{Affine, BatchNorm},
    record::{Objective, RecordLayout},
    spectral::PowerIteration,
};

impl Backend for Gpu {
    type Buffer = Buffer;
    type Prepared = ();
    type Recording = Recording;

    const CHECK_INTERVAL: usize = 32;

    fn counts(&self) -> Option<Counts> {
        Some(*self.0.counts.borrow())
    }

    fn dry_run(&self) -> Option<Self> {
        Some(self.without_memory())
    }

    fn rounds_operands(&self) -> bool {
        self.0.tf32
    }

    fn capacity(&self) -> Result<Option<u64>> {
        self.usable_memory().map(Some)
    }

    fn replay(&self, recording: &mut Recording, work: impl FnOnce() -> Result<()>) -> Result<()> {
        graph::replay(self, recording, work)
    }

    fn release_idle(&self) {
        self.release();
    }

    fn zeros(&self, length: usize) -> Result<Buffer> {
        let mut buffer = self.buffer(Lifetime::Persistent, length)?;
        self.fill_with_zeros(&mut buffer)?;
        Ok(buffer)
    }

    fn write(&self, to: &mut Buffer, at: usize, numbers: &[f32]) -> Result<()> {
        self.copy_to_device(to, at, &[numbers])
    }

    fn write_parts(&self, to: &mut Buffer, parts: &[&[f32]]) -> Result<()> {
        self.copy_to_device(to, 0, parts)
    }

    fn read(&self, from: &Buffer, range: Range<usize>) -> Result<Vec<f32>> {
        self.copy_to_host(from, range)
    }

    fn upload(&self, x: &[f32], batch: usize, beside: Option<(&Buffer, usize)>) -> Result<Buffer> {
        let mut buffer = self.take(x.len())?;
        self.copy_to_device(&mut buffer, 0, &[x])?;
        self.pack_activations(&buffer, 0..x.len(), batch, beside)
    }

    fn pack_activations(
        &self,
        from: &Buffer,
        range: Range<usize>,
        batch: usize,
        beside: Option<(&Buffer, usize)>,
    ) -> Result<Buffer> {
        let part = from.part(range);
        match beside {
            None => Ok(part),
            Some(second) => pointwise::concatenate(self, (&part, batch), second),
        }
    }

    fn constant(&self, value: f32, batch: usize) -> Result<Buffer> {
        pointwise::fill(self, value, batch)
    }

    fn download(&self, x: &Buffer, _: usize) -> Result<Vec<f32>> {
        self.copy_to_host(x, 0..x.length())
    }

    fn forward(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        x: &Buffer,
        batch: usize,
        _: bool,
    ) -> Result<ForwardOutput<Self>> {
        layer::forward(self, layers, weights, x, batch)
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
        let (mut input, mut intermediate) = (None, None);
        if epilogue.is_some() || layers.len() > 1 {
            (input, intermediate) =
                layer::input_gradient(self, layers, weights, saved, upstream, batch, epilogue)?;
        }
        if let Some((x, gradients)) = learned {
            let (inputs, outputs) = ((x, saved), (upstream, intermediate.as_ref()));
            layer::weight_gradient(self, layers, inputs, outputs, batch, gradients)?;
        }
        Ok(input)
    }

    fn spectral_gradient(
        &self,
        layers: &[PowerIteration],
        weights: Weights<Self>,
        gradients: &mut Buffer,
    ) -> Result<()> {
        spectral::gradient(self, layers, weights, gradients)
    }

    fn batch_norm(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        x: &Buffer,
        _: usize,
        statistics: Option<&mut Buffer>,
    ) -> Result<(Buffer, Buffer)> {
        batch_norm::forward(self, norm, numbers, x, statistics)
    }

    fn batch_norm_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        (x, moments, constant): (&Buffer, &Buffer, bool),
        upstream: &Buffer,
        _: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        gradients: Option<&mut Buffer>,
    ) -> Result<Option<Buffer>> {
        let pass = batch_norm::Backward {
            norm,
            numbers,
            x,
            moments,
            constant,
            upstream,
        };
        pass.run(self, epilogue, gradients)
    }

    fn pool(
        &self,
        pooling: &Pooling,
        x: &Buffer,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
    ) -> Result<Buffer> {
        pooling::pool(self, pooling, x, batch, epilogue)
    }

    fn add_activate(
        &self,
        a: &Buffer,
        b: Option<&Buffer>,
        activation: Activation,
    ) -> Result<Buffer> {
        pointwise::add_activate(self, a, b, activation)
    }

    fn accumulate_gradient(
        &self,
        upstream: &Buffer,
        epilogue: GradientEpilogue<Self>,
    ) -> Result<Buffer> {
        pointwise::accumulate_gradient(self, upstream, &EpilogueArguments::of(&epilogue))
    }

    fn power_iteration(
        &self,
        layers: &[PowerIteration],
        numbers: &mut Buffer,
        figures: &mut Buffer,
        guard: Option<&Buffer>,
    ) -> Result<()> {
        let guard = guard.map_or(Address::NONE, Buffer::start);
        spectral::power_iteration(self, layers, numbers, figures, guard)
    }

    fn loss(
        &self,
        raw: &Buffer,
        objective: &Objective,
        knobs: &Buffer,
        record: &mut Buffer,
        layout: &RecordLayout,
    ) -> Result<Buffer> {
        loss::loss(self, raw, objective, knobs, record, layout)
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
        let norms = record.at(layout.sample_norms());
        samples::scale(self, gradients, slopes, batch, knobs, norms)
    }

    fn measure(
        &self,
        gradients: &Buffer,
        figures: &[&Buffer],
        record: &mut Buffer,
        layout: &RecordLayout,
        history: (&mut Buffer, &Buffer),
        guard: &mut Buffer,
    ) -> Result<()> {
        measure::measure(self, gradients, figures, record, layout, history, guard)
    }

    fn adam(
        &self,
        numbers: &mut Buffer,
        gradients: &Buffer,
        moments: [&mut Buffer; 2],
        knobs: &Buffer,
        guard: &Buffer,
    ) -> Result<()> {
        update::adam(self, numbers, gradients, moments, knobs, guard)
    }

    fn blend(
        &self,
        (to, range): (&mut Buffer, Range<usize>),
        (from, start): (&Buffer, usize),
        (knobs, decay): (&Buffer, usize),
        guard: &Buffer,
    ) -> Result<()> {
        let from = from.at(start..start + range.len());
        let decay = knobs.at(decay..decay + 1);
        update::blend(
            self,
            (to.at(range.clone()), from, decay),
            range.len(),
            guard,
        )
    }
}
