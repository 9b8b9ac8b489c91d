//! A forward pass through modules. The backward part of each operation is recorded on the tape.

use std::sync::Arc;

use dfdx::prelude::{Cpu, Tape};

use super::{
    Activation, Mode, Network, Pooling,
    backend::{Backend, Result},
    layer::{Affine, BatchNorm, Product},
    memory::Memory,
    module::{Module, Residual},
    node::{Node, Slot, Value, record},
};

/// One pass through a network.
pub(super) struct Pass<'a, B: Backend> {
    pub network: &'a Network<B>,
    pub mode: Mode,
    /// Whether gradients of the parameters are needed.
    pub learns: bool,
}

impl<B: Backend> Pass<'_, B> {
    /// Applies `modules` in order.
    pub(super) fn sequence<T: Tape<f32, Cpu>>(
        &self,
        modules: &[Module],
        mut x: Node<B, T>,
    ) -> Result<Node<B, T>> {
        let mut rest = modules;
        while let Some((module, after)) = rest.split_first() {
            rest = after;
            x = match module {
                Module::Affine(layer) => {
                    let layers = consecutive_dense(layer, after);
                    rest = &after[layers.len() - 1..];
                    self.affine(layers, x)?
                }
                Module::BatchNorm(norm) => self.batch_norm(norm, x)?,
                Module::Activation(activation) => self.activate(*activation, x)?,
                Module::Pooling(pooling) => self.pool(*pooling, x)?,
                Module::Residual(block) => self.residual(block, x)?,
            };
        }
        Ok(x)
    }

    fn affine<T: Tape<f32, Cpu>>(
        &self,
        layers: Vec<Arc<Affine>>,
        x: Node<B, T>,
    ) -> Result<Node<B, T>> {
        let Network {
            backend, memory, ..
        } = self.network;
        let (x, mut tape) = x.split();
        let (batch, learns) = (x.batch, self.learns);
        let wanted = learns || x.slot.wanted;
        let keep = T::OWNS_TAPE && wanted;
        let weights = memory.borrow();
        let made = backend.forward(&layers, weights.weights(), &x.numbers, batch, keep)?;
        drop(weights);
        let last = layers.last();
        let activation = last.map_or(Activation::Identity, |layer| layer.activation);
        let features = last.map_or(x.features, |layer| layer.product.outputs());
        let y = Value::new(Arc::new(made.output), (features, batch), activation, wanted);
        if keep {
            let (backend, from, to) = (backend.clone(), x.slot, y.slot.clone());
            // The input is kept only for the weight gradients.
            let (input, saved) = (learns.then_some(x.numbers), made.saved);
            record(&mut tape, memory, move |memory| {
                let Some(upstream) = to.take() else {
                    return Ok(());
                };
                let (weights, gradients) = memory.split();
                let learned = input.as_deref().zip(gradients);
                let saved = saved.as_ref();
                let epilogue = from.epilogue();
                let returned = backend
                    .backward(&layers, weights, saved, &upstream, batch, epilogue, learned)?;
                from.set(returned);
                Ok(())
            });
        }
        Node::on_tape(y, tape)
    }

    fn batch_norm<T: Tape<f32, Cpu>>(
        &self,
        norm: &Arc<BatchNorm>,
        x: Node<B, T>,
    ) -> Result<Node<B, T>> {
        let Network {
            backend, memory, ..
        } = self.network;
        let (x, mut tape) = x.split();
        let (batch, learns, constant) = (x.batch, self.learns, self.mode == Mode::Evaluate);
        let (made, moments) = {
            let Memory {
                numbers,
                statistics,
                ..
            } = &mut *memory.borrow_mut();
            let statistics = (!constant).then_some(statistics);
            backend.batch_norm(norm, numbers, &x.numbers, batch, statistics)?
        };
        let wanted = learns || x.slot.wanted;
        let size = (x.features, batch);
        let y = Value::new(Arc::new(made), size, norm.activation, wanted);
        if T::OWNS_TAPE && wanted {
            let (backend, norm, to) = (backend.clone(), norm.clone(), y.slot.clone());
            record(&mut tape, memory, move |memory| {
                let Some(upstream) = to.take() else {
                    return Ok(());
                };
                let Memory {
                    numbers, gradients, ..
                } = memory;
                let gradient = backend.batch_norm_gradient(
                    &norm,
                    numbers,
                    (&x.numbers, &moments, constant),
                    &upstream,
                    batch,
                    x.slot.epilogue(),
                    gradients.as_mut().filter(|_| learns),
                )?;
                x.slot.set(gradient);
                Ok(())
            });
        }
        Node::on_tape(y, tape)
    }

    fn activate<T: Tape<f32, Cpu>>(
        &self,
        activation: Activation,
        x: Node<B, T>,
    ) -> Result<Node<B, T>> {
        let (x, mut tape) = x.split();
        let made = self
            .network
            .backend
            .add_activate(&x.numbers, None, activation)?;
        let size = (x.features, x.batch);
        let y = Value::new(Arc::new(made), size, activation, x.slot.wanted);
        self.record_addition(&mut tape, &y, [x.slot]);
        Node::on_tape(y, tape)
    }

    fn pool<T: Tape<f32, Cpu>>(&self, pooling: Pooling, x: Node<B, T>) -> Result<Node<B, T>> {
        let backend = &self.network.backend;
        let (x, mut tape) = x.split();
        let batch = x.batch;
        let made = backend.pool(&pooling, &x.numbers, batch, None)?;
        let (size, wanted) = ((pooling.outputs(), batch), x.slot.wanted);
        let y = Value::new(Arc::new(made), size, Activation::Identity, wanted);
        if T::OWNS_TAPE && wanted {
            let (backend, from, to) = (backend.clone(), x.slot, y.slot.clone());
            record(&mut tape, &self.network.memory, move |_| {
                if let Some(upstream) = to.take() {
                    let adjoint = pooling.adjoint();
                    from.set(Some(backend.pool(
                        &adjoint,
                        &upstream,
                        batch,
                        from.epilogue(),
                    )?));
                }
                Ok(())
            });
        }
        Node::on_tape(y, tape)
    }

    /// Applies both branches to x and adds their outputs.
    fn residual<T: Tape<f32, Cpu>>(&self, block: &Residual, x: Node<B, T>) -> Result<Node<B, T>> {
        let beside = x.with_empty_tape();
        let (a, tape) = self.sequence(&block.main, x)?.split();
        let (b, other) = self.sequence(&block.shortcut, beside)?.split();
        let mut tape = tape.merge(other);
        let backend = &self.network.backend;
        let made = backend.add_activate(&a.numbers, Some(&b.numbers), Activation::Identity)?;
        let (size, wanted) = ((a.features, a.batch), a.slot.wanted || b.slot.wanted);
        let y = Value::new(Arc::new(made), size, Activation::Identity, wanted);
        self.record_addition(&mut tape, &y, [a.slot, b.slot]);
        Node::on_tape(y, tape)
    }

    /// Records the backward part of y = f(a + b): the gradient of y is added to the slot of each operand.
    fn record_addition<T: Tape<f32, Cpu>, const N: usize>(
        &self,
        tape: &mut T,
        y: &Value<B>,
        slots: [Arc<Slot<B>>; N],
    ) {
        if !(T::OWNS_TAPE && y.slot.wanted) {
            return;
        }
        let (backend, from) = (self.network.backend.clone(), y.slot.clone());
        record(tape, &self.network.memory, move |_| {
            let Some(upstream) = from.take() else {
                return Ok(());
            };
            let Some((last, others)) = slots.split_last() else {
                return Ok(());
            };
            for slot in others {
                slot.accumulate(&backend, &upstream)?;
            }
            last.accumulate_owned(&backend, upstream)
        });
    }
}

/// `first` and the dense layers that directly follow it, which a backend runs together; only `first` if it is a
/// convolution.
fn consecutive_dense(first: &Arc<Affine>, after: &[Module]) -> Vec<Arc<Affine>> {
    let dense = |layer: &Affine| matches!(layer.product, Product::Dense { .. });
    let mut layers = vec![first.clone()];
    if dense(first) {
        let more = after.iter().map_while(|module| match module {
            Module::Affine(layer) if dense(layer) => Some(layer.clone()),
            _ => None,
        });
        layers.extend(more);
    }
    layers
}
