//! A network: what it computes as plain data, its numbers on a device.

use std::{cell::RefCell, ops::Range, rc::Rc};

use dfdx::prelude::{Cpu, OwnedTape, Tape};

use super::{
    backend::{Backend, Result},
    knobs,
    layer::{Affine, BatchNorm},
    memory::{Memory, Sections, Shared},
    module::Module,
    node::{self, Node},
    pass::Pass,
    spectral::{self, Iteration},
};
use crate::preset::Spectral;

/// How batch normalization behaves in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statistics of the batch; those of the pass are kept for [`Network::move_statistics`].
    Train,
    /// Running statistics.
    Evaluate,
}

/// G or D: modules in order.
pub struct Network<B: Backend> {
    /// `g` or `d`, the first part of the names of its tensors.
    pub name: &'static str,
    pub(super) backend: B,
    pub(super) modules: Vec<Module>,
    pub(super) sections: Sections,
    pub(super) memory: Shared<B>,
}

/// Something that is learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Where it stands among the network's numbers.
    pub place: Range<usize>,
    /// (rows, columns)
    pub shape: (usize, usize),
}

impl<B: Backend> Network<B> {
    /// Modules with their numbers.
    ///
    /// # Errors
    /// Those of the device.
    pub fn of(
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
            memory: Rc::new(RefCell::new(memory)),
        })
    }

    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    pub fn sections(&self) -> &Sections {
        &self.sections
    }

    pub fn memory(&self) -> &Shared<B> {
        &self.memory
    }

    /// Gives every layer with a weight matrix the settings in force for it. A layer that is asked to be normalized, or
    /// of which σ is to be measured (`measure`), gets vectors first where it has none. A layer that is switched off is
    /// folded or not as the settings say.
    ///
    /// # Errors
    /// Those of the device.
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
                    spectral::begin(backend, memory, layer, settings, seed)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The power iterations of one update, of every layer that has vectors, where the guard lets them; measures σ and
    /// ‖W‖F.
    ///
    /// # Errors
    /// Those of the device.
    pub fn iterate(&self, guard: &B::Buffer) -> Result<()> {
        let iterations = self.affine().filter_map(|layer| {
            let settings = layer.spectral?;
            Some(Iteration::of(layer, settings.iterations))
        });
        self.run(&iterations.collect::<Vec<_>>(), Some(guard))
    }

    /// Brings σ and ‖W‖F up to date with weights that have moved since the last iterations.
    fn refresh(&self) -> Result<()> {
        if !self.memory.borrow().stale {
            return Ok(());
        }
        let normalized = self.affine().filter(|layer| layer.is_normalized());
        let iterations = normalized.map(|layer| Iteration::of(layer, 0));
        self.run(&iterations.collect::<Vec<_>>(), None)
    }

    /// Says that σ and ‖W‖F are those of the weights: a device did on its own what [`Network::iterate`] or a forward pass
    /// does.
    pub fn refreshed(&self) {
        self.memory.borrow_mut().stale = false;
    }

    /// Says that weights have moved, or that a device moves them on its own.
    pub fn moved(&self) {
        self.memory.borrow_mut().moved();
    }

    /// Whether the next pass has to bring σ and ‖W‖F up to date.
    pub fn is_stale(&self) -> bool {
        self.memory.borrow().stale
    }

    fn run(&self, iterations: &[Iteration], guard: Option<&B::Buffer>) -> Result<()> {
        self.refreshed();
        let Memory {
            numbers, figures, ..
        } = &mut *self.memory.borrow_mut();
        match iterations {
            [] => Ok(()),
            some => self.backend.iterate(some, numbers, figures, guard),
        }
    }

    /// x (features in, batch) → (features out, batch). `learns` says whether the gradients of what is learned are
    /// wanted.
    ///
    /// # Errors
    /// Those of the device.
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
        let x = Node::made(x, tape)?;
        let pass = Pass {
            network: self,
            mode,
            learns,
        };
        pass.sequence(&self.modules, x)
    }

    /// What is recorded first is done last: when all weights have their gradients.
    fn end_backward<T: Tape<f32, Cpu>>(&self, tape: &mut T) {
        let normalized = self.affine().filter(|layer| layer.is_normalized());
        let layers: Vec<_> = normalized.map(|layer| Iteration::of(layer, 0)).collect();
        let backend = self.backend.clone();
        node::record(tape, &self.memory, move |memory| {
            let (weights, gradients) = memory.parts();
            match gradients {
                Some(gradients) if !layers.is_empty() => {
                    backend.through_sigma(&layers, weights, gradients)
                }
                _ => Ok(()),
            }
        });
    }

    /// Runs the tape of an output backwards from `upstream`, the gradient of it.
    ///
    /// # Errors
    /// Those of the device.
    pub fn backward(&self, y: Node<B, OwnedTape<f32, Cpu>>, upstream: B::Buffer) -> Result<()> {
        node::backward(&self.backend, &self.memory, y, upstream)
    }

    /// The host's x (features in, batch) → (features out, batch) with running statistics, without gradients.
    ///
    /// # Errors
    /// Those of the device.
    pub fn evaluate(&self, x: &[f32], batch: usize) -> Result<Vec<f32>> {
        self.evaluate_part(&self.modules, x, batch)
    }

    /// The same of some modules that follow each other.
    ///
    /// # Errors
    /// Those of the device.
    pub fn evaluate_part(&self, part: &[Module], x: &[f32], batch: usize) -> Result<Vec<f32>> {
        self.refresh()?;
        let pass = Pass {
            network: self,
            mode: Mode::Evaluate,
            learns: false,
        };
        let features = x.len() / batch.max(1);
        let x = Rc::new(self.backend.upload(x, batch, None)?);
        let y = pass.sequence(part, Node::leaf(x, (features, batch), false)?)?;
        self.backend.download(&y.value().numbers, batch)
    }

    /// Moves running statistics towards those of the last pass in training, where the guard lets them.
    ///
    /// # Errors
    /// Those of the device.
    pub fn move_statistics(&self, knobs: &B::Buffer, guard: &B::Buffer) -> Result<()> {
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

    /// Moves everything, running statistics included, towards another network of these layers: decay·own +
    /// (1 − decay)·other. u and v are taken over as they are.
    ///
    /// # Errors
    /// Those of the device.
    pub fn follow(&self, other: &Self, knobs: &B::Buffer, guard: &B::Buffer) -> Result<()> {
        self.moved();
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

    /// All modules, blocks taken apart, in order.
    pub fn parts(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().flat_map(Module::parts)
    }

    /// Layers with a weight matrix, in order.
    pub fn affine(&self) -> impl Iterator<Item = &Affine> {
        self.parts().filter_map(|module| match module {
            Module::Affine(layer) => Some(&**layer),
            _ => None,
        })
    }

    fn norms(&self) -> impl Iterator<Item = &BatchNorm> {
        self.parts().filter_map(|module| match module {
            Module::BatchNorm(norm) => Some(&**norm),
            _ => None,
        })
    }

    /// Whether samples of a batch influence each other.
    pub fn has_batch_norm(&self) -> bool {
        self.norms().next().is_some()
    }

    /// Everything that is learned, in order: weight then bias, γ then β.
    pub fn parameters(&self) -> Vec<Parameter> {
        let column = |place: &Range<usize>| Parameter {
            place: place.clone(),
            shape: (place.len(), 1),
        };
        let mut parameters = Vec::new();
        for module in self.parts() {
            match module {
                Module::Affine(layer) => {
                    parameters.push(Parameter {
                        place: layer.weight.clone(),
                        shape: layer.product.stored(),
                    });
                    parameters.extend(layer.bias.as_ref().map(column));
                }
                Module::BatchNorm(norm) => {
                    parameters.extend([column(&norm.gamma), column(&norm.beta)]);
                }
                _ => {}
            }
        }
        parameters
    }

    /// Numbers that are learned.
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(|p| p.place.len()).sum()
    }
}
