//! Activations on dfdx's tape. The tape orders every backward pass; it carries nodes, not numbers: a node is a dfdx tensor
//! of no elements, with a buffer of the backend and the slot of its gradient beside it.

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
    value: Rc<Value<B>>,
}

/// Activations with their gradient.
pub struct Value<B: Backend> {
    /// (features, batch)
    pub numbers: Rc<B::Buffer>,
    pub batch: usize,
    /// The function that made them: their gradient is that before it.
    pub activation: Activation,
    /// Whether their gradient is wanted.
    pub wanted: bool,
    gradient: RefCell<Option<B::Buffer>>,
}

impl<B: Backend> Value<B> {
    pub fn new(
        numbers: Rc<B::Buffer>,
        batch: usize,
        activation: Activation,
        wanted: bool,
    ) -> Rc<Self> {
        Rc::new(Self {
            numbers,
            batch,
            activation,
            wanted,
            gradient: RefCell::new(None),
        })
    }

    /// The gradient, which is taken out.
    pub fn take_gradient(&self) -> Option<B::Buffer> {
        self.gradient.take()
    }

    /// What a gradient meets that is made for it, where it is wanted; what was there is taken out.
    pub fn below(&self) -> Option<Below<'_, B>> {
        self.wanted.then(|| Below {
            slope: (self.activation, &*self.numbers),
            present: self.gradient.take(),
        })
    }

    /// Takes over a gradient that was made for it.
    pub fn give(&self, gradient: Option<B::Buffer>) {
        self.gradient.replace(gradient);
    }

    /// Whether a gradient of the value itself can be given to it as it is.
    pub fn takes_over(&self) -> bool {
        self.activation == Activation::Identity && self.gradient.borrow().is_none()
    }
}

impl<B: Backend> Node<B> {
    /// The input of a pass; `wanted` says whether its gradient is.
    ///
    /// # Errors
    /// Those of dfdx.
    pub fn leaf(numbers: Rc<B::Buffer>, batch: usize, wanted: bool) -> Result<Self> {
        Self::new(Value::new(numbers, batch, Activation::Identity, wanted))
    }

    fn new(value: Rc<Value<B>>) -> Result<Self> {
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
    pub fn split(self) -> (Rc<Value<B>>, T) {
        let (_, tape) = self.id.split_tape();
        (self.value, tape)
    }

    /// A value that an operation on this tape made.
    ///
    /// # Errors
    /// Those of dfdx.
    pub fn made(value: Rc<Value<B>>, tape: T) -> Result<Self> {
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

    pub fn value(&self) -> &Rc<Value<B>> {
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

/// Runs the tape of y backwards from `upstream`, the gradient of y.
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
        let gradient = match y.below() {
            Some(_) if y.takes_over() => Some(upstream),
            Some(below) => Some(backend.through(&upstream, below)?),
            None => None,
        };
        y.give(gradient);
        Ok(())
    });
    // A backward pass starts at a scalar: one of its own, which no operation knows.
    let end: Tensor<(), f32, Cpu> = Cpu::default().try_zeros_like(&()).map_err(of_dfdx)?;
    end.put_tape(tape).try_backward().map_err(of_dfdx)?;
    memory.borrow_mut().failure.take().map_or(Ok(()), Err)
}

fn of_dfdx(error: CpuError) -> Failure {
    Failure(format!("dfdx: {error:?}"))
}
