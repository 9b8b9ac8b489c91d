//! A pass through a whole list of modules as one operation on dfdx's tape.
//!
//! An operation written outside dfdx copies its input out of the tensor and its output into one, since dfdx lends no
//! view of them. So a pass reads its input and each weight once, works on buffers of its own from module to module,
//! and its backward pass writes the gradients of all parameters where dfdx keeps them.

mod affine;
mod backward;
mod dense;
mod forward;
mod norm;
mod normalization;
mod saved;

use std::sync::Arc;

use dfdx::prelude::*;

use self::{backward::Backward, forward::Forward};
use super::{
    Host, Result,
    buffers::{self, Buffer},
    slab,
};
use crate::nn::{
    Matrix, Mode, Wants,
    module::Module,
    op::batch_norm::{MOMENTUM, Statistics},
};

/// See [`crate::nn::Backend::forward`].
pub fn forward<T: Tape<f32, Cpu>>(
    modules: &mut [Module<Host>],
    x: Matrix<Cpu, T>,
    mode: Mode,
    wants: Wants,
) -> Result<Matrix<Cpu, T>> {
    let (y, statistics) = pass(modules, x, mode, wants)?;
    let norms = modules.iter_mut().flat_map(Module::parts_mut);
    let norms = norms.filter_map(|module| match module {
        Module::BatchNorm(norm) => Some(norm),
        _ => None,
    });
    for (norm, batch) in norms.zip(statistics) {
        follow(&mut norm.running, &batch);
    }
    Ok(y)
}

/// See [`crate::nn::Backend::evaluate`].
pub fn evaluate<T: Tape<f32, Cpu>>(
    modules: &[Module<Host>],
    x: Matrix<Cpu, T>,
    wants: Wants,
) -> Result<Matrix<Cpu, T>> {
    Ok(pass(modules, x, Mode::Evaluate, wants)?.0)
}

/// The mean and unbiased variance of each channel.
type BatchStatistics = [Vec<f32>; 2];

/// The output, and the statistics of the batch in every batch normalization of a pass in [`Mode::Train`].
fn pass<T: Tape<f32, Cpu>>(
    modules: &[Module<Host>],
    x: Matrix<Cpu, T>,
    mode: Mode,
    wants: Wants,
) -> Result<(Matrix<Cpu, T>, Vec<BatchStatistics>)> {
    if modules.is_empty() {
        return Ok((x, Vec::new()));
    }
    let (x, mut tape) = x.split_tape();
    let (features, batch) = *x.shape();
    let mut matrix = buffers::take(features * batch);
    x.copy_into(&mut matrix);
    let input = slabs_of(matrix, batch);
    let mut forward = Forward {
        batch,
        mode,
        parameters: wants.parameters,
        tape: T::OWNS_TAPE,
        statistics: Vec::new(),
    };
    let (output, saved) = forward.sequence(modules, Arc::new(input), wants.input);
    let shape = (output.len() / batch, batch);
    let mut matrix = vec![0.0; output.len()];
    slab::join(&output, batch, &mut matrix);
    let y = x.device().try_tensor_from_vec(matrix, shape)?;
    if T::OWNS_TAPE {
        let (x, y) = (x.ghost(), y.ghost());
        tape.add_backward_op(move |gradients| {
            let matrix = std::mem::take(&mut **gradients.get_or_alloc_mut(&y)?);
            let mut upstream = buffers::take(matrix.len());
            slab::cut(&matrix, batch, &mut upstream);
            let mut of_input = wants.input.then(|| buffers::take(features * batch));
            if let Some(slope) = saved.last().and_then(|module| module.slope()) {
                slope.apply(&mut upstream);
            }
            Backward { gradients }.sequence(saved, &upstream, of_input.as_deref_mut())?;
            if let Some(of_input) = of_input {
                slab::join(&of_input, batch, gradients.get_or_alloc_mut(&x)?);
            }
            Ok(())
        });
    }
    Ok((y.put_tape(tape), forward.statistics))
}

/// A matrix (features, batch) in slabs.
fn slabs_of(matrix: Buffer, batch: usize) -> Buffer {
    if batch <= slab::SLAB {
        return matrix;
    }
    let mut slabs = buffers::take(matrix.len());
    slab::cut(&matrix, batch, &mut slabs);
    slabs
}

/// Moves running statistics towards those of a batch.
fn follow(running: &mut Statistics<Cpu>, batch: &BatchStatistics) {
    let [mean, variance] = batch;
    for (running, batch) in [(&mut running.mean, mean), (&mut running.variance, variance)] {
        let mut own = buffers::take(batch.len());
        running.copy_into(&mut own);
        super::pointwise::blend(&mut own, batch, 1.0 - MOMENTUM);
        running.copy_from(&own);
    }
}
