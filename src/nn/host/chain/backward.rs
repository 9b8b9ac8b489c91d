//! The backward pass from module to module.

use dfdx::prelude::*;

use super::saved::{Finish, Pooled, Saved};
use crate::nn::{
    host::{Result, buffers, pooling::pool},
    pooling::Sampling,
};

/// One backward pass.
pub struct Backward<'a> {
    /// Where the gradients of parameters go.
    pub gradients: &'a mut Gradients<f32, Cpu>,
}

impl Backward<'_> {
    /// From `upstream`, the gradient of the modules' output before its last activation, to that of their input in
    /// `out`, where it is wanted.
    pub fn sequence(
        mut self,
        saved: Vec<Saved>,
        upstream: &[f32],
        out: Option<&mut [f32]>,
    ) -> Result<()> {
        self.modules(saved, upstream, out, Finish::default())
    }

    fn modules(
        &mut self,
        mut saved: Vec<Saved>,
        upstream: &[f32],
        out: Option<&mut [f32]>,
        finish: Finish,
    ) -> Result<()> {
        let mut current = None;
        while let Some(module) = saved.pop() {
            let upstream = current.as_deref().unwrap_or(upstream);
            let Some(below) = saved.last() else {
                return self.module(module, upstream, out, finish);
            };
            let mut next = buffers::take(module.input_length());
            let through = Finish {
                other: None,
                slope: below.slope(),
            };
            self.module(module, upstream, Some(&mut next), through)?;
            current = Some(next);
        }
        if let Some(out) = out {
            finish.copy(upstream, out);
        }
        Ok(())
    }

    fn module(
        &mut self,
        module: Saved,
        upstream: &[f32],
        out: Option<&mut [f32]>,
        finish: Finish,
    ) -> Result<()> {
        match module {
            Saved::Affine(layer) => layer.backward(upstream, self.gradients, out, finish),
            Saved::Dense(layers) => layers.backward(upstream, self.gradients, out, finish),
            Saved::Norm(norm) => norm.backward(upstream, self.gradients, out, finish),
            // Its derivative was taken by whoever made `upstream`.
            Saved::Activation(_) => {
                if let Some(out) = out {
                    finish.copy(upstream, out);
                }
                Ok(())
            }
            Saved::Pooling(pooled) => {
                if let Some(out) = out {
                    unpool(&pooled, upstream, out, finish);
                }
                Ok(())
            }
            Saved::Residual { main, shortcut, .. } => {
                self.residual([main, shortcut], upstream, out, finish)
            }
        }
    }

    fn residual(
        &mut self,
        [main, shortcut]: [Vec<Saved>; 2],
        upstream: &[f32],
        out: Option<&mut [f32]>,
        finish: Finish,
    ) -> Result<()> {
        let Some(out) = out else {
            self.branch(shortcut, upstream, None, Finish::default())?;
            return self.branch(main, upstream, None, Finish::default());
        };
        // What comes from elsewhere already is added on the way through the shortcut, the activation below follows on
        // the way through the main branch.
        let other = Finish {
            other: finish.other,
            slope: None,
        };
        let mut beside = None;
        if !shortcut.is_empty() || other.other.is_some() {
            let buffer = beside.insert(buffers::take(out.len()));
            self.branch(shortcut, upstream, Some(buffer), other)?;
        }
        let last = Finish {
            other: Some(beside.as_deref().unwrap_or(upstream)),
            slope: finish.slope,
        };
        self.branch(main, upstream, Some(out), last)
    }

    /// One branch of a block, whose output's gradient is shared with the other one.
    fn branch(
        &mut self,
        saved: Vec<Saved>,
        upstream: &[f32],
        out: Option<&mut [f32]>,
        finish: Finish,
    ) -> Result<()> {
        let Some(slope) = saved.last().and_then(Saved::slope) else {
            return self.modules(saved, upstream, out, finish);
        };
        let mut own = buffers::take(upstream.len());
        let through = Finish {
            other: None,
            slope: Some(slope),
        };
        through.copy(upstream, &mut own);
        self.modules(saved, &own, out, finish)
    }
}

fn unpool(pooled: &Pooled, upstream: &[f32], out: &mut [f32], finish: Finish) {
    let adjoint = match pooled.sampling {
        Sampling::Spread => Sampling::Collect,
        Sampling::Collect => Sampling::Spread,
    };
    let Pooled {
        cells,
        scale,
        batch,
        ..
    } = pooled;
    let finish = |offset: usize, part: &mut [f32]| finish.apply(offset, part, 1.0);
    pool(cells, adjoint, *scale, *batch, upstream, out, finish);
}
