//! Activations on dfdx's tape. The tape orders every backward pass; it carries nodes, not numbers: a node is a dfdx tensor
//! of no elements, with a buffer of the backend and the slot of its gradient beside it.
//!
//! What was recorded last runs first: all that read a value have given it their gradients when what made it runs. The
//! numbers of the network are read then, so nothing may move them between a forward pass and its backward pass.

use std::{cell::RefCell, rc::Rc};

use dfdx::prelude::*;

use super::{
    Activation,
    backend::{Backend, Below, Failure, Result},
    memory::{Memory, Shared},
};

/// A node, with or without a tape.
pub struct Node<B: Backend, T = NoneTape> {
    id: Tensor<(usize, usize), f32, Cpu, T>,
    value: Value<B>,
}

/// Activations, and where their gradient goes.
pub struct Value<B: Backend> {
    /// (features, batch)
    pub numbers: Rc<B::Buffer>,
    pub features: usize,
    pub batch: usize,
    pub slot: Rc<Slot<B>>,
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

/// The gradient of activations a = f(z), which is ∂loss/∂z, and what its making needs. It keeps the activations
/// themselves only where f′ is read off them.
pub struct Slot<B: Backend> {
    pub wanted: bool,
    /// Numbers of the gradient.
    length: usize,
    slope: Option<(Activation, Rc<B::Buffer>)>,
    gradient: RefCell<Option<B::Buffer>>,
}

impl<B: Backend> Slot<B> {
    /// The gradient, which is taken out.
    pub fn take(&self) -> Option<B::Buffer> {
        self.gradient.take()
    }

    /// What a gradient meets that is made for it, where it is wanted; what was there is taken out.
    pub fn below(&self) -> Option<Below<'_, B>> {
        let slope = self.slope.as_ref();
        self.wanted.then(|| Below {
            length: self.length,
            slope: slope.map(|(activation, output)| (*activation, &**output)),
            present: self.gradient.take(),
        })
    }

    /// Takes over a gradient that was made for it.
    pub fn give(&self, gradient: Option<B::Buffer>) {
        self.gradient.replace(gradient);
    }

    /// Adds a gradient ∂loss/∂a.
    ///
    /// # Errors
    /// Those of the device.
    pub fn add(&self, backend: &B, upstream: &B::Buffer) -> Result<()> {
        if let Some(below) = self.below() {
            self.give(Some(backend.through(upstream, below)?));
        }
        Ok(())
    }

    /// Adds a gradient that nobody else needs.
    ///
    /// # Errors
    /// Those of the device.
    pub fn add_last(&self, backend: &B, upstream: B::Buffer) -> Result<()> {
        let as_it_is = self.slope.is_none() && self.gradient.borrow().is_none();
        match self.wanted && as_it_is {
            true => {
                self.give(Some(upstream));
                Ok(())
            }
            false => self.add(backend, &upstream),
        }
    }
}

impl<B: Backend> Value<B> {
    /// What an operation made of (features, batch) with this activation at its end; `wanted` says whether its gradient is.
    pub fn new(
        numbers: Rc<B::Buffer>,
        (features, batch): (usize, usize),
        activation: Activation,
        wanted: bool,
    ) -> Self {
        let reads = activation != Activation::Identity;
        let slot = Slot {
            wanted,
            length: features * batch,
            slope: reads.then(|| (activation, numbers.clone())),
            gradient: RefCell::new(None),
        };
        Self {
            numbers,
            features,
            batch,
            slot: Rc::new(slot),
        }
    }
}

impl<B: Backend> Node<B> {
    /// The input of a pass, (features, batch); `wanted` says whether its gradient is.
    ///
    /// # Errors
    /// Those of dfdx.
    pub fn leaf(
        numbers: Rc<B::Buffer>,
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

    /// With a tape of its own, for a backward pass.
    pub fn traced(self) -> Node<B, OwnedTape<f32, Cpu>> {
        Node {
            id: self.id.leaky_traced(),
            value: self.value,
        }
    }
}

impl<B: Backend, T: Tape<f32, Cpu>> Node<B, T> {
    /// The value and the tape.
    pub fn split(self) -> (Value<B>, T) {
        let (_, tape) = self.id.split_tape();
        (self.value, tape)
    }

    /// A value that an operation on this tape made.
    ///
    /// # Errors
    /// Those of dfdx.
    pub fn made(value: Value<B>, tape: T) -> Result<Self> {
        let Node { id, value } = Node::new(value)?;
        Ok(Self {
            id: id.put_tape(tape),
            value,
        })
    }

    /// The same value with an empty tape.
    pub fn beside(&self) -> Self {
        Self {
            id: self.id.retaped(),
            value: self.value.clone(),
        }
    }

    pub fn value(&self) -> &Value<B> {
        &self.value
    }
}

/// Puts the backward part of an operation on a tape: it runs unless one before it has failed.
pub fn record<B: Backend, T: Tape<f32, Cpu>>(
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

/// Runs the tape of y backwards from `upstream`, the gradient of y. The tape is that of one network alone.
///
/// # Errors
/// The first failure of an operation.
pub fn backward<B: Backend>(
    backend: &B,
    memory: &Shared<B>,
    y: Node<B, OwnedTape<f32, Cpu>>,
    upstream: B::Buffer,
) -> Result<()> {
    let (y, mut tape) = y.split();
    let backend = backend.clone();
    record(&mut tape, memory, move |_| {
        y.slot.add_last(&backend, upstream)
    });
    // A backward pass starts at a scalar: one of its own, which no operation knows.
    let end: Tensor<(), f32, Cpu> = Cpu::default().try_zeros_like(&()).map_err(of_dfdx)?;
    end.put_tape(tape).try_backward().map_err(of_dfdx)?;
    memory.borrow_mut().failure.take().map_or(Ok(()), Err)
}

fn of_dfdx(error: CpuError) -> Failure {
    Failure(format!("dfdx: {error:?}"))
}
