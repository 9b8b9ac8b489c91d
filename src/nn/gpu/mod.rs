//! An NVIDIA GPU: buffers of its memory, kernels of our own, one stream.
//!
//! | file | counterpart in `nn::host` |
//! | --- | --- |
//! | `layer`, `batch_norm`, `pooling`, `loss`, `samples`, `measure`, `pointwise`, `spectral`, `update`, `buffers` | the file of that name |
//! | `run` | `run`, `dense`: narrow dense layers in one launch; wide ones go through `layer` |
//! | `products` | `products`, `conv`, `gather`, `dense`: forward, and the gradient of the input |
//! | `gradients` | `products::weight_gradient`, `inner`, `outer`, `dense::{gradient, columns}`: weights and biases |
//! | `arguments` | none: what kernels are handed; its `Below` is `below::Finish` there |
//! | `kernels` | what is computed: `product.cu` holds `inner`, `outer`, `dense`; `convolution.cu` `conv`, `gather`; `run.cu` `run`; `update.cu` `loss`, `samples`, `measure`, `update`; `pointwise.cu` `pointwise`, `pooling`, `slab` |
//! | `device`, `driver`, `code`, `compiler`, `cache`, `library`, `portable` | none: the GPU, its driver, NVRTC and what it makes, PTX for drivers alone |
//! | `copies`, `graph`, `nvml` | none: to the device and back, an update launched as a whole, the card's load |
//!
//! Activations lie as matrices (features, batch). No kernel adds floats atomically, all work is done in the order of the
//! calls, and the order of every sum depends on shapes alone: on one card, with one compiler, results repeat to the bit.

mod arguments;
mod batch_norm;
mod buffers;
mod cache;
mod code;
mod compiler;
mod copies;
mod device;
mod driver;
mod gradients;
mod graph;
mod kernels;
mod layer;
mod library;
mod loss;
mod measure;
mod nvml;
mod pointwise;
mod pooling;
mod portable;
mod products;
mod run;
mod samples;
mod spectral;
mod update;

use std::{ops::Range, rc::Rc};

pub use code::{Found, find};
pub use device::Gpu;
pub use driver::has_driver;
pub use nvml::Card;

use super::{
    Activation, Counts, Pooling, Weights,
    backend::{Backend, Below, Made, Result, Returned},
    layer::{Affine, BatchNorm},
    record::{Objective, Record},
    spectral::Iteration,
};
use arguments::{Address, Below as Under};
use buffers::{Buffer, Use};
use graph::Recording;

impl Backend for Gpu {
    type Buffer = Buffer;
    type Prepared = ();
    type Recording = Recording;

    const LOOK_EVERY: usize = 32;

    fn counts(&self) -> Option<Counts> {
        Some(self.0.counts.get())
    }

    fn rehearsal(&self) -> Option<Self> {
        Some(self.without_memory())
    }

    fn rounds(&self) -> bool {
        self.0.tf32
    }

    fn capacity(&self) -> Result<Option<u64>> {
        self.room().map(Some)
    }

    fn repeat(&self, recording: &mut Recording, work: impl FnOnce() -> Result<()>) -> Result<()> {
        graph::repeat(self, recording, work)
    }

    fn forget(&self) {
        self.give_back();
    }

    fn zeros(&self, length: usize) -> Result<Buffer> {
        let mut buffer = self.buffer(Use::Lasting, length)?;
        self.fill_with_zeros(&mut buffer)?;
        Ok(buffer)
    }

    fn write(&self, to: &mut Buffer, at: usize, numbers: &[f32]) -> Result<()> {
        self.copy_to_device(to, at, &[numbers])
    }

    fn hand_over(&self, to: &mut Buffer, parts: &[&[f32]]) -> Result<()> {
        self.copy_to_device(to, 0, parts)
    }

    fn read(&self, from: &Buffer, range: Range<usize>) -> Result<Vec<f32>> {
        self.copy_to_host(from, range)
    }

    fn upload(&self, x: &[f32], batch: usize, beside: Option<(&Buffer, usize)>) -> Result<Buffer> {
        let mut buffer = self.take(x.len())?;
        self.copy_to_device(&mut buffer, 0, &[x])?;
        self.arrange(&buffer, 0..x.len(), batch, beside)
    }

    fn arrange(
        &self,
        from: &Buffer,
        range: Range<usize>,
        batch: usize,
        beside: Option<(&Buffer, usize)>,
    ) -> Result<Buffer> {
        let part = from.part(range);
        match beside {
            None => Ok(part),
            Some(second) => pointwise::side_by_side(self, (&part, batch), second),
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
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        x: &Buffer,
        batch: usize,
        _: bool,
    ) -> Result<Made<Self>> {
        layer::forward(self, layers, weights, x, batch)
    }

    fn input_gradient(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        kept: Option<&Buffer>,
        upstream: &Buffer,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Returned<Self>> {
        layer::input_gradient(self, layers, weights, kept, upstream, batch, below)
    }

    fn weight_gradient(
        &self,
        layers: &[Rc<Affine>],
        _: Weights<Self>,
        inputs: (&Buffer, Option<&Buffer>),
        outputs: (&Buffer, Option<&Buffer>),
        batch: usize,
        gradients: &mut Buffer,
    ) -> Result<()> {
        layer::weight_gradient(self, layers, inputs, outputs, batch, gradients)
    }

    fn through_sigma(
        &self,
        layers: &[Iteration],
        weights: Weights<Self>,
        gradients: &mut Buffer,
    ) -> Result<()> {
        spectral::through(self, layers, weights, gradients)
    }

    fn normalize(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        x: &Buffer,
        _: usize,
        statistics: Option<&mut Buffer>,
    ) -> Result<(Buffer, Buffer)> {
        batch_norm::forward(self, norm, numbers, x, statistics)
    }

    fn normalize_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        (x, moments, constant): (&Buffer, &Buffer, bool),
        upstream: &Buffer,
        _: usize,
        below: Option<Below<Self>>,
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
        pass.run(self, below, gradients)
    }

    fn pool(
        &self,
        pooling: &Pooling,
        x: &Buffer,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Buffer> {
        pooling::pool(self, pooling, x, batch, below)
    }

    fn join(&self, a: &Buffer, b: Option<&Buffer>, activation: Activation) -> Result<Buffer> {
        pointwise::join(self, a, b, activation)
    }

    fn through(&self, upstream: &Buffer, below: Below<Self>) -> Result<Buffer> {
        pointwise::through(self, upstream, &Under::of(&below))
    }

    fn iterate(
        &self,
        layers: &[Iteration],
        numbers: &mut Buffer,
        figures: &mut Buffer,
        guard: Option<&Buffer>,
    ) -> Result<()> {
        let guard = guard.map_or(Address::NONE, Buffer::start);
        spectral::iterate(self, layers, numbers, figures, guard)
    }

    fn loss(
        &self,
        raw: &Buffer,
        objective: &Objective,
        knobs: &Buffer,
        record: &mut Buffer,
        places: &Record,
    ) -> Result<Buffer> {
        loss::loss(self, raw, objective, knobs, record, places)
    }

    fn scale_samples(
        &self,
        gradients: &mut Buffer,
        slopes: &Buffer,
        batch: usize,
        knobs: &Buffer,
        record: &mut Buffer,
        places: &Record,
    ) -> Result<()> {
        let norms = record.at(places.sample_norms());
        samples::scale(self, gradients, slopes, batch, knobs, norms)
    }

    fn measure(
        &self,
        gradients: &Buffer,
        figures: &[&Buffer],
        record: &mut Buffer,
        places: &Record,
        history: (&mut Buffer, &Buffer),
        guard: &mut Buffer,
    ) -> Result<()> {
        measure::measure(self, gradients, figures, record, places, history, guard)
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
