//! A network: its layers as plain data, its values on a device.

use std::sync::Arc;

use atomic_refcell::AtomicRefCell;

use dfdx::prelude::{Cpu, OwnedTape, Tape};

use super::{
    backend::{Backend, Result},
    knobs,
    memory::{Memory, Sections, Shared},
    module::Module,
    node::{self, Node},
    pass::Pass,
    spectral::{self, PowerIteration},
};
use crate::preset::Spectral;

/// Which statistics batch normalization uses in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statistics of the batch. They are stored for [`Network::update_running_statistics`].
    Train,
    /// Running statistics.
    Evaluate,
}

/// G or D: a list of modules and the buffers with their values.
pub struct Network<B: Backend> {
    /// The name of the network, `g` or `d`, with which the keys of its tensors begin.
    pub name: &'static str,
    pub(super) backend: B,
    pub(super) modules: Vec<Module>,
    pub(super) sections: Sections,
    pub(super) memory: Shared<B>,
}

impl<B: Backend> Network<B> {
    /// Allocates a network of `modules` on a device. `numbers` are its values, laid out as `sections` says.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn from_values(
        backend: B,
        name: &'static str,
        modules: Vec<Module>,
        sections: Sections,
        numbers: &[f32],
    ) -> Result<Self> {
        let mut memory = Memory::new(&backend, &sections)?;
        backend.write(&mut memory.numbers, 0, numbers)?;
        Ok(Self {
            name,
            backend,
            modules,
            sections,
            memory: Arc::new(AtomicRefCell::new(memory)),
        })
    }

    /// The modules in the order of the forward pass.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The lengths of the sections of the network's values.
    pub fn sections(&self) -> &Sections {
        &self.sections
    }

    /// The buffers of the network, shared with the tapes of its passes.
    pub fn memory(&self) -> &Shared<B> {
        &self.memory
    }

    /// Applies the settings of spectral normalization to every layer with a weight matrix.
    ///
    /// A layer that is to be normalized, or whose σ is to be measured (`measure`), gets u and v if it has none. A layer
    /// whose normalization is switched off is folded if the settings say so.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn reconfigure(&mut self, spectral: &Spectral, measure: bool, seed: u64) -> Result<()> {
        let Self {
            name,
            backend,
            modules,
            memory,
            ..
        } = self;
        let memory = &mut *memory.borrow_mut();
        memory.stale = true;
        for layer in modules.iter_mut().flat_map(Module::affine_mut) {
            let settings = spectral.layer(&format!("{name}.{}", layer.name));
            match layer.spectral {
                Some(_) => {
                    spectral::reconfigure(backend, memory, layer, settings, spectral.on_disable)?;
                }
                None if settings.enabled || measure => {
                    spectral::initialize(backend, memory, layer, settings, seed)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Runs one update's power iterations on every layer that has u and v, and measures σ and ‖W‖F. If the guard has
    /// fallen, u and v do not change.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn power_iteration(&self, guard: &B::Buffer) -> Result<()> {
        let iterations = self.affine().filter_map(|layer| {
            let settings = layer.spectral?;
            Some(PowerIteration::of(layer, settings.iterations))
        });
        self.run(&iterations.collect::<Vec<_>>(), Some(guard))
    }

    /// Recomputes σ and ‖W‖F of the normalized layers if the weights have changed since they were computed.
    fn refresh(&self) -> Result<()> {
        if !self.memory.borrow().stale {
            return Ok(());
        }
        let normalized = self.affine().filter(|layer| layer.is_normalized());
        let iterations = normalized.map(|layer| PowerIteration::of(layer, 0));
        self.run(&iterations.collect::<Vec<_>>(), None)
    }

    /// Marks σ and ‖W‖F as up to date. Call it after a replayed recording has done what [`Network::power_iteration`] or
    /// a forward pass does.
    pub fn mark_fresh(&self) {
        self.memory.borrow_mut().stale = false;
    }

    /// Marks the weights as changed, or as about to change in a replayed recording.
    pub fn weights_changed(&self) {
        self.memory.borrow_mut().weights_changed();
    }

    /// Whether the weights have changed since σ and ‖W‖F were computed, so that the next pass recomputes them.
    pub fn is_stale(&self) -> bool {
        self.memory.borrow().stale
    }

    fn run(&self, iterations: &[PowerIteration], guard: Option<&B::Buffer>) -> Result<()> {
        self.mark_fresh();
        let Memory {
            numbers, figures, ..
        } = &mut *self.memory.borrow_mut();
        match iterations {
            [] => Ok(()),
            some => self.backend.power_iteration(some, numbers, figures, guard),
        }
    }

    /// Maps x (features in, batch) to y (features out, batch). `learns` says whether the backward pass computes gradients of
    /// the parameters.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn forward<T: Tape<f32, Cpu>>(
        &self,
        x: Node<B, T>,
        mode: Mode,
        learns: bool,
    ) -> Result<Node<B, T>> {
        self.refresh()?;
        if learns && self.memory.borrow().gradients.is_none() {
            let gradients = self.backend.zeros(self.sections.learned)?;
            self.memory.borrow_mut().gradients = Some(gradients);
        }
        let (x, mut tape) = x.split();
        if learns && T::OWNS_TAPE {
            self.end_backward(&mut tape);
        }
        let x = Node::on_tape(x, tape)?;
        let pass = Pass {
            network: self,
            mode,
            learns,
        };
        pass.sequence(&self.modules, x)
    }

    /// Records the last operation of the backward pass: the gradient through σ, once all weights have their gradients.
    /// The tape runs backwards, so this is recorded first.
    fn end_backward<T: Tape<f32, Cpu>>(&self, tape: &mut T) {
        let normalized = self.affine().filter(|layer| layer.is_normalized());
        let layers: Vec<_> = normalized
            .map(|layer| PowerIteration::of(layer, 0))
            .collect();
        let backend = self.backend.clone();
        node::record(tape, &self.memory, move |memory| {
            let (weights, gradients) = memory.split();
            match gradients {
                Some(gradients) if !layers.is_empty() => {
                    backend.spectral_gradient(&layers, weights, gradients)
                }
                _ => Ok(()),
            }
        });
    }

    /// Runs the backward pass from the output y (features out, batch). `upstream` is ∂loss/∂y, of the shape of y.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn backward(&self, y: Node<B, OwnedTape<f32, Cpu>>, upstream: B::Buffer) -> Result<()> {
        node::backward(&self.backend, &self.memory, y, upstream)
    }

    /// Returns the output (features out, batch) for the input x (features in, batch), with running statistics and without
    /// gradients. Both are row-major and on the host.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn evaluate(&self, x: &[f32], batch: usize) -> Result<Vec<f32>> {
        self.evaluate_part(&self.modules, x, batch)
    }

    /// Returns the output (features out, batch) of `part`, consecutive modules of this network, for their input x
    /// (features in, batch). Statistics and layout are those of [`Network::evaluate`].
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn evaluate_part(&self, part: &[Module], x: &[f32], batch: usize) -> Result<Vec<f32>> {
        self.refresh()?;
        let pass = Pass {
            network: self,
            mode: Mode::Evaluate,
            learns: false,
        };
        let features = x.len() / batch.max(1);
        let x = Arc::new(self.backend.upload(x, batch, None)?);
        let y = pass.sequence(part, Node::leaf(x, (features, batch), false)?)?;
        self.backend.download(&y.value().numbers, batch)
    }

    /// Moves the running statistics towards the batch statistics of the last training pass. Does nothing if the guard
    /// has fallen.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn update_running_statistics(&self, knobs: &B::Buffer, guard: &B::Buffer) -> Result<()> {
        if self.sections.statistics == 0 {
            return Ok(());
        }
        let Memory {
            numbers,
            statistics,
            ..
        } = &mut *self.memory.borrow_mut();
        let to = (numbers, self.sections.statistics());
        let decay = (knobs, knobs::STATISTICS);
        self.backend.blend(to, (statistics, 0), decay, guard)
    }

    /// Moves this network, a moving average, towards `other`, whose layers have equal shapes: own ← decay·own +
    /// (1 − decay)·other, for parameters and running statistics. u and v are copied. Does nothing if the guard has fallen.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn update_average(&self, other: &Self, knobs: &B::Buffer, guard: &B::Buffer) -> Result<()> {
        self.weights_changed();
        let numbers = &mut self.memory.borrow_mut().numbers;
        let from = &other.memory.borrow().numbers;
        let vectors = self.sections.vectors();
        for (range, decay) in [(0..vectors.start, knobs::AVERAGE), (vectors, knobs::COPY)] {
            let start = range.start;
            self.backend
                .blend((numbers, range), (from, start), (knobs, decay), guard)?;
        }
        Ok(())
    }
}
