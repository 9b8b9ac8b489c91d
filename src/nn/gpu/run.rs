//! Dense layers one after the other in one launch, where all of them are narrow: blocks of samples go through all layers
//! with their activations in shared memory.

use super::{
    Gpu,
    arguments::{Address, DEEPEST, Dense, Layers, int},
    kernels::{blocks, launch},
    layer::Step,
};
use crate::nn::backend::Result;

/// Widest layer, and samples of a block, as in `kernels/run.cu`.
const WIDEST: usize = 256;
const SLAB: usize = 8;

/// Layers that are gone through in one launch.
pub struct Run(Layers<Dense>);

impl Run {
    /// Of these steps, where they are several, no more than a launch takes, and none is too wide.
    pub fn of(steps: &[Step]) -> Result<Option<Self>> {
        if !(2..=DEEPEST).contains(&steps.len()) {
            return Ok(None);
        }
        let mut layers = Vec::with_capacity(steps.len());
        for step in steps {
            let (outputs, inputs) = step.layer.product.stored();
            if outputs.max(inputs) > WIDEST {
                return Ok(None);
            }
            layers.push(Dense {
                outputs: int(outputs)?,
                inputs: int(inputs)?,
                weight: step.weight,
                end: step.end,
                to: step.to,
            });
        }
        Ok(Layers::of(&layers).map(Self))
    }

    /// x (features, batch) through all layers.
    pub fn forward(self, gpu: &Gpu, x: Address, batch: usize) -> Result<()> {
        let (grid, layers) = (blocks(slabs(batch)?, 1, 1), self.0);
        launch!(gpu, run_forward, grid, layers, int(batch)?, x)
    }

    /// The gradient of the last layer's output back through all layers.
    pub fn backward(self, gpu: &Gpu, upstream: Address, batch: usize) -> Result<()> {
        let (grid, layers) = (blocks(slabs(batch)?, 1, 1), self.0);
        launch!(gpu, run_backward, grid, layers, int(batch)?, upstream)
    }
}

/// Blocks for so many samples, whose numbers of a layer kernels can count.
fn slabs(batch: usize) -> Result<u32> {
    int(WIDEST * batch).and_then(|_| Ok(int(batch.div_ceil(SLAB))?.unsigned_abs()))
}
