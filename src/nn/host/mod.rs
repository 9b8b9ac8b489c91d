//! The CPU: buffers of memory, register tiles, rayon.
//!
//! Activations lie in slabs of samples (`slab`). The three parts of a layer are in `layer`, those of dense layers one
//! after the other in `run`; the products that they are made of in `products`. Sums are cut into chunks that depend on
//! shapes alone, and tasks write disjoint outputs, so results do not depend on the number of threads.

mod awake;
mod axis;
mod batch_norm;
mod below;
mod buffers;
mod conv;
mod dense;
pub(super) mod exponential;
mod gather;
pub mod heap;
mod inner;
mod layer;
mod loss;
mod measure;
mod outer;
mod output;
mod pointwise;
mod pooling;
mod prepared;
pub(crate) mod products;
mod ring;
mod run;
mod samples;
mod scratch;
mod slab;
mod spectral;
mod tile;
mod turn;
mod update;
mod winograd;

use std::{ops::Range, rc::Rc};

use super::{
    Activation, Failure, Pooling, Weights,
    backend::{Backend, Below, Made, Result, Returned},
    guard::FLAG,
    knobs::TURN,
    layer::{Affine, BatchNorm},
    record::{Objective, Record},
    spectral::Iteration,
};
use below::Finish;
use buffers::Buffer;
use prepared::Prepared;

/// The CPU.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host;

/// Several layers go back without what they kept on the way.
fn lost() -> Failure {
    Failure("a pass was not kept for its way back".to_owned())
}

impl Backend for Host {
    type Buffer = Buffer;
    type Prepared = Prepared;
    type Recording = ();

    const LOOK_EVERY: usize = 1;

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
            None => slab::of_matrix(x, batch),
            Some((second, other)) => slab::side_by_side(x, batch, second, other),
        })
    }

    fn arrange(
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
        slab::join(x, batch, &mut matrix);
        Ok(matrix)
    }

    fn forward(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        x: &Buffer,
        batch: usize,
        keep: bool,
    ) -> Result<Made<Self>> {
        Ok(match layers {
            [layer] => Made {
                output: layer::forward(layer, weights, x, batch),
                kept: None,
            },
            layers => run::forward(layers, weights, x, batch, keep),
        })
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
        Ok(match (layers, kept) {
            ([layer], _) => Returned {
                input: below.map(|below| {
                    layer::input_gradient(layer, weights, upstream, batch, &Finish::of(&below))
                }),
                between: None,
            },
            (layers, Some(kept)) => {
                run::input_gradient(layers, weights, kept, upstream, batch, below)
            }
            (_, None) => return Err(lost()),
        })
    }

    fn weight_gradient(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        (x, kept): (&Buffer, Option<&Buffer>),
        (upstream, between): (&Buffer, Option<&Buffer>),
        batch: usize,
        gradients: &mut Buffer,
    ) -> Result<()> {
        match (layers, kept, between) {
            ([layer], ..) => layer::weight_gradient(layer, weights, x, upstream, batch, gradients),
            (layers, Some(kept), Some(between)) => {
                run::weight_gradient(layers, weights, kept, between, batch, gradients);
            }
            _ => return Err(lost()),
        }
        Ok(())
    }

    fn normalize(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        x: &Buffer,
        batch: usize,
        statistics: Option<&mut Buffer>,
    ) -> Result<(Buffer, Buffer)> {
        Ok(batch_norm::forward(norm, numbers, x, batch, statistics))
    }

    fn normalize_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Buffer,
        (x, moments, constant): (&Buffer, &Buffer, bool),
        upstream: &Buffer,
        batch: usize,
        below: Option<Below<Self>>,
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
        Ok(pass.run(below, gradients))
    }

    fn pool(
        &self,
        pooling: &Pooling,
        x: &Buffer,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Buffer> {
        Ok(pooling::pool(pooling, x, batch, below))
    }

    fn join(&self, a: &Buffer, b: Option<&Buffer>, activation: Activation) -> Result<Buffer> {
        Ok(pointwise::join(a, b, activation))
    }

    fn through(&self, upstream: &Buffer, below: Below<Self>) -> Result<Buffer> {
        Ok(Finish::of(&below).copy(upstream))
    }

    fn iterate(
        &self,
        layers: &[Iteration],
        numbers: &mut Buffer,
        figures: &mut Buffer,
        guard: Option<&Buffer>,
    ) -> Result<()> {
        let stands = guard.is_none_or(|guard| guard[FLAG] != 0.0);
        spectral::iterate(layers, numbers, figures, stands);
        Ok(())
    }

    fn loss(
        &self,
        raw: &Buffer,
        objective: &Objective,
        knobs: &Buffer,
        record: &mut Buffer,
        places: &Record,
    ) -> Result<Buffer> {
        Ok(loss::loss(raw, objective, knobs, record, places))
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
        let norms = &mut record[places.sample_norms()];
        samples::scale(gradients, slopes, batch, knobs, norms);
        Ok(())
    }

    fn measure(
        &self,
        gradients: &Buffer,
        figures: &[&Buffer],
        record: &mut Buffer,
        places: &Record,
        (history, knobs): (&mut Buffer, &Buffer),
        guard: &mut Buffer,
    ) -> Result<()> {
        measure::measure(gradients, figures, record, places, guard);
        history[places.turn(knobs[TURN])].copy_from_slice(record);
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
