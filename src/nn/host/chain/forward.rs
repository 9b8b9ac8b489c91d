//! The forward pass from module to module.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    BatchStatistics, affine, dense, norm,
    saved::{Pooled, Saved, Slope},
};
use crate::nn::{
    Activation, Mode,
    host::{
        Host,
        buffers::{self, Buffer},
        pointwise::{self, CHUNK},
        pooling::pool,
    },
    module::{Module, Residual},
    pooling::{Pooling, Sampling},
};

/// One forward pass.
pub struct Forward {
    pub batch: usize,
    pub mode: Mode,
    /// Whether the gradients of parameters are wanted.
    pub parameters: bool,
    /// Whether there is a backward pass at all.
    pub tape: bool,
    /// Of each batch normalization so far.
    pub statistics: Vec<BatchStatistics>,
}

impl Forward {
    /// The output of modules one after the other, and what they leave to the backward pass: those alone of which, or
    /// below which, a gradient is wanted. `wanted` says whether that of x is.
    pub fn sequence(
        &mut self,
        modules: &[Module<Host>],
        x: Arc<Buffer>,
        mut wanted: bool,
    ) -> (Arc<Buffer>, Vec<Saved>) {
        let (mut x, mut saved) = (x, Vec::new());
        let mut rest = modules;
        while let Some((module, after)) = rest.split_first() {
            let layers = dense::leading(rest);
            let (y, own) = if layers.len() > 1 {
                rest = &rest[layers.len()..];
                let (y, own) = dense::forward(&layers, &x, self.batch, self.parameters);
                (y, Some(Saved::Dense(Box::new(own))))
            } else {
                rest = after;
                self.module(module, &x, wanted)
            };
            wanted |= self.parameters && has_parameters(module);
            if self.tape && wanted {
                saved.extend(own);
            }
            x = y;
        }
        (x, saved)
    }

    fn module(
        &mut self,
        module: &Module<Host>,
        x: &Arc<Buffer>,
        wanted: bool,
    ) -> (Arc<Buffer>, Option<Saved>) {
        match module {
            Module::Affine(layer) => {
                let (y, saved) = affine::forward(layer, x, self.batch, self.tape, self.parameters);
                (y, saved.map(|saved| Saved::Affine(Box::new(saved))))
            }
            Module::BatchNorm(layer) => {
                let (y, saved, statistics) =
                    norm::forward(layer, x, self.batch, self.mode, self.parameters);
                self.statistics.extend(statistics);
                (y, Some(Saved::Norm(Box::new(saved))))
            }
            Module::Activation(activation) => {
                let y = activate(x, *activation);
                let slope = Slope {
                    activation: *activation,
                    output: y.clone(),
                };
                (y, Some(Saved::Activation(slope)))
            }
            Module::Pooling(pooling) => {
                let (y, pooled) = self.pool(pooling, x);
                (y, Some(Saved::Pooling(pooled)))
            }
            Module::Residual(block) => {
                let Residual { main, shortcut } = &**block;
                let (y, main) = self.sequence(main, x.clone(), wanted);
                let (beside, shortcut) = self.sequence(shortcut, x.clone(), wanted);
                let saved = Saved::Residual {
                    main,
                    shortcut,
                    length: x.len(),
                };
                (sum(y, &beside), Some(saved))
            }
        }
    }

    fn pool(&self, pooling: &Pooling<dfdx::prelude::Cpu>, x: &[f32]) -> (Arc<Buffer>, Pooled) {
        let pooled = Pooled {
            cells: pooling.cells,
            sampling: pooling.sampling,
            scale: pooling.scale,
            batch: self.batch,
        };
        let Pooled { cells, scale, .. } = pooled;
        let features = match pooling.sampling {
            Sampling::Spread => cells.fine(),
            Sampling::Collect => cells.coarse(),
        };
        let mut y = buffers::take(features * self.batch);
        let nothing = |_: usize, _: &mut [f32]| {};
        pool(
            &cells,
            pooled.sampling,
            scale,
            self.batch,
            x,
            &mut y,
            nothing,
        );
        (Arc::new(y), pooled)
    }
}

fn has_parameters(module: &Module<Host>) -> bool {
    let learns =
        |module: &&Module<Host>| matches!(module, Module::Affine(_) | Module::BatchNorm(_));
    module.parts().iter().any(learns)
}

fn activate(x: &[f32], activation: Activation) -> Arc<Buffer> {
    let mut y = buffers::take(x.len());
    y.par_chunks_mut(CHUNK)
        .zip(x.par_chunks(CHUNK))
        .for_each(|(y, x)| pointwise::map(y, x, activation));
    Arc::new(y)
}

/// a + b, in the place of a where nobody else reads it.
fn sum(mut a: Arc<Buffer>, b: &[f32]) -> Arc<Buffer> {
    if Arc::get_mut(&mut a).is_none() {
        let mut copy = buffers::take(a.len());
        copy.copy_from_slice(&a);
        a = Arc::new(copy);
    }
    if let Some(a) = Arc::get_mut(&mut a) {
        a.par_chunks_mut(CHUNK)
            .zip(b.par_chunks(CHUNK))
            .for_each(|(a, b)| pointwise::add(a, 1.0, b));
    }
    a
}
