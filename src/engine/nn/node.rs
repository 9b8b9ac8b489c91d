//! Activations on dfdx's tape.
//!
//! The tape orders the backward pass but does not hold values. A node is an empty dfdx tensor, a buffer of the backend,
//! and the slot for the gradient.
//!
//! The tape runs backwards: when the operation that made a value runs, all operations that read it have already added
//! their gradients. The backward pass reads the network's weights, so they must not change between forward and
//! backward.

use std::{cell::RefCell, sync::Arc};

use dfdx::prelude::*;

use super::{
    Activation,
    backend::{Backend, Failure, GradientEpilogue, Result},
    memory::{Memory, Shared},
};

/// Activations with or without a tape.
pub struct Node<B: Backend, T = NoneTape> {
    id: Tensor<(usize, usize), f32, Cpu, T>,
    value: Value<B>,
}

/// Activations and the slot of their gradient.
pub struct Value<B: Backend> {
    /// Buffer of (features, batch).
    pub numbers: Arc<B::Buffer>,
    pub features: usize,
    pub batch: usize,
    pub slot: Arc<Slot<B>>,
}

impl<B: Backend> Clone for Value<B> {
    fn clone(&self) -> Self {
        Self {
            numbers: self.numbers.clone(),
            slot: self.slot.clone(),
            ..*self
        }
    }
}

/// The slot for the gradient of activations a = f(z). The gradient stored is ∂loss/∂z. The slot holds the activations
/// only if f′ is computed from them.
pub struct Slot<B: Backend> {
    pub wanted: bool,
    /// Length of the gradient.
    length: usize,
    activation: Option<(Activation, Arc<B::Buffer>)>,
    gradient: RefCell<Option<B::Buffer>>,
}

impl<B: Backend> Slot<B> {
    /// Takes the gradient out of the slot.
    pub fn take(&self) -> Option<B::Buffer> {
        self.gradient.take()
    }

    /// The epilogue for the kernel that computes this gradient; none if the gradient is not wanted. Takes the
    /// accumulated gradient out of the slot.
    pub fn epilogue(&self) -> Option<GradientEpilogue<'_, B>> {
        let activation = self.activation.as_ref();
        self.wanted.then(|| GradientEpilogue {
            length: self.length,
            activation: activation.map(|(activation, output)| (*activation, &**output)),
            accumulated: self.gradient.take(),
        })
    }

    /// Stores a gradient that was computed with [`Slot::epilogue`].
    pub fn set(&self, gradient: Option<B::Buffer>) {
        self.gradient.replace(gradient);
    }

    /// Accumulates ∂loss/∂a.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn accumulate(&self, backend: &B, upstream: &B::Buffer) -> Result<()> {
        if let Some(epilogue) = self.epilogue() {
            self.set(Some(backend.accumulate_gradient(upstream, epilogue)?));
        }
        Ok(())
    }

    /// Accumulates ∂loss/∂a from a buffer that is no longer needed. Stores the buffer itself where that is enough.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn accumulate_owned(&self, backend: &B, upstream: B::Buffer) -> Result<()> {
        let as_it_is = self.activation.is_none() && self.gradient.borrow().is_none();
        if self.wanted && as_it_is {
            self.set(Some(upstream));
            Ok(())
        } else {
            self.accumulate(backend, &upstream)
        }
    }
}

impl<B: Backend> Value<B> {
    /// The output (features, batch) of an operation that ends in `activation`. `wanted` says whether its gradient is
    /// needed.
    pub fn new(
        numbers: Arc<B::Buffer>,
        (features, batch): (usize, usize),
        activation: Activation,
        wanted: bool,
    ) -> Self {
        let reads = activation != Activation::Identity;
        let slot = Slot {
            wanted,
            length: features * batch,
            activation: reads.then(|| (activation, numbers.clone())),
            gradient: RefCell::new(None),
        };
        Self {
            numbers,
            features,
            batch,
            slot: Arc::new(slot),
        }
    }
}

impl<B: Backend> Node<B> {
    /// The input (features, batch) of a pass. `wanted` says whether its gradient is needed.
    ///
    /// # Errors
    /// Returns `Failure` if dfdx fails.
    pub fn leaf(
        numbers: Arc<B::Buffer>,
        (features, batch): (usize, usize),
        wanted: bool,
    ) -> Result<Self> {
        let size = (features, batch);
        Self::new(Value::new(numbers, size, Activation::Identity, wanted))
    }

    fn new(value: Value<B>) -> Result<Self> {
        let id = Cpu::default().try_zeros_like(&(0, 0)).map_err(of_dfdx)?;
        Ok(Self { id, value })
    }

    /// Adds a new tape, for a backward pass.
    pub fn traced(self) -> Node<B, OwnedTape<f32, Cpu>> {
        Node {
            id: self.id.leaky_traced(),
            value: self.value,
        }
    }
}

impl<B: Backend, T: Tape<f32, Cpu>> Node<B, T> {
    /// Splits into value and tape.
    pub fn split(self) -> (Value<B>, T) {
        let (_, tape) = self.id.split_tape();
        (self.value, tape)
    }

    /// A value on a tape.
    ///
    /// # Errors
    /// Returns `Failure` if dfdx fails.
    pub fn on_tape(value: Value<B>, tape: T) -> Result<Self> {
        let Node { id, value } = Node::new(value)?;
        Ok(Self {
            id: id.put_tape(tape),
            value,
        })
    }

    /// A copy of this node with an empty tape.
    pub fn with_empty_tape(&self) -> Self {
        Self {
            id: self.id.retaped(),
            value: self.value.clone(),
        }
    }

    /// The value that the node records.
    pub fn value(&self) -> &Value<B> {
        &self.value
    }
}

/// Records the backward part of an operation. It is skipped if an operation before it has failed.
pub(crate) fn record<B: Backend, T: Tape<f32, Cpu>>(
    tape: &mut T,
    memory: &Shared<B>,
    operation: impl FnOnce(&mut Memory<B>) -> Result<()> + 'static,
) {
    let memory = memory.clone();
    tape.add_backward_op(move |_| {
        let memory = &mut *memory.borrow_mut();
        if memory.failure.is_none() {
            memory.failure = operation(memory).err();
        }
        Ok(())
    });
}

/// Runs the backward pass of y. `upstream` is ∂loss/∂y. The tape holds operations of one network only.
///
/// # Errors
/// Returns the first failure of an operation.
pub(crate) fn backward<B: Backend>(
    backend: &B,
    memory: &Shared<B>,
    y: Node<B, OwnedTape<f32, Cpu>>,
    upstream: B::Buffer,
) -> Result<()> {
    let (y, mut tape) = y.split();
    let backend = backend.clone();
    record(&mut tape, memory, move |_| {
        y.slot.accumulate_owned(&backend, upstream)
    });
    // dfdx starts a backward pass at a scalar: this one is read by no operation.
    let end: Tensor<(), f32, Cpu> = Cpu::default().try_zeros_like(&()).map_err(of_dfdx)?;
    end.put_tape(tape).try_backward().map_err(of_dfdx)?;
    memory.borrow_mut().failure.take().map_or(Ok(()), Err)
}

fn of_dfdx(error: CpuError) -> Failure {
    Failure(format!("dfdx: {error:?}"))
}
