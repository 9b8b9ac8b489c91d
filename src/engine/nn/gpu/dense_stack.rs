//! Consecutive narrow dense layers in one launch: a block takes its samples through all layers, with activations in
//! shared memory.

use super::{
    Gpu,
    arguments::{Address, Dense, Layers, MAX_DENSE_LAYERS, int},
    kernels::{blocks, launch},
    layer::Step,
};
use crate::engine::nn::backend::Result;

/// The widest layer, and the samples of a block, as in `kernels/dense_stack.cu`.
const MAX_WIDTH: usize = 256;
const SAMPLES: usize = 8;

/// Layers that run in one launch.
pub(super) struct DenseStack(Layers<Dense>);

impl DenseStack {
    /// A stack of these steps. None for a single step, for more than [`MAX_DENSE_LAYERS`], or if a layer is too wide.
    pub(super) fn of(steps: &[Step]) -> Result<Option<Self>> {
        if !(2..=MAX_DENSE_LAYERS).contains(&steps.len()) {
            return Ok(None);
        }
        let mut layers = Vec::with_capacity(steps.len());
        for step in steps {
            let (outputs, inputs) = step.layer.product.stored();
            if outputs.max(inputs) > MAX_WIDTH {
                return Ok(None);
            }
            layers.push(Dense {
                outputs: int(outputs)?,
                inputs: int(inputs)?,
                weight: step.weight,
                epilogue: step.epilogue,
                to: step.to,
            });
        }
        Ok(Layers::of(&layers).map(Self))
    }

    /// Computes the outputs of all layers from x (features, batch).
    pub(super) fn forward(self, gpu: &Gpu, x: Address, batch: usize) -> Result<()> {
        let (grid, layers) = (blocks(block_count(batch)?, 1, 1), self.0);
        launch!(gpu, dense_stack_forward, grid, layers, int(batch)?, x)
    }

    /// Computes the input gradients of all layers from the gradient of the last output.
    pub(super) fn backward(self, gpu: &Gpu, upstream: Address, batch: usize) -> Result<()> {
        let (grid, layers) = (blocks(block_count(batch)?, 1, 1), self.0);
        launch!(
            gpu,
            dense_stack_backward,
            grid,
            layers,
            int(batch)?,
            upstream
        )
    }
}

/// Number of blocks for a batch. Fails if the kernels cannot index a layer's values.
fn block_count(batch: usize) -> Result<u32> {
    int(MAX_WIDTH * batch).and_then(|_| Ok(int(batch.div_ceil(SAMPLES))?.unsigned_abs()))
}
