//! The numbers of a network: one buffer, so that an update is one pass over it.
//!
//! First what is learned, in the order of the layers: weight and bias, γ and β. Then running statistics: mean and
//! variance of each batch normalization. Then u and v of every layer with a weight. Every tensor begins at a multiple of
//! [`ALIGNMENT`] numbers; what lies between two is zero.

use std::{cell::RefCell, ops::Range, rc::Rc};

use super::backend::{Backend, Failure, Result};

/// Numbers to a multiple of which every tensor begins: 256 bytes.
pub const ALIGNMENT: usize = 64;

/// How long each part of a network's numbers is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sections {
    /// What is learned.
    pub learned: usize,
    /// Running statistics.
    pub statistics: usize,
    /// u and v.
    pub vectors: usize,
    /// Figures, in a buffer of their own; see [`super::spectral`].
    pub figures: usize,
}

impl Sections {
    /// Where running statistics stand.
    pub fn statistics(&self) -> Range<usize> {
        self.learned..self.learned + self.statistics
    }

    /// Where u and v stand.
    pub fn vectors(&self) -> Range<usize> {
        let start = self.statistics().end;
        start..start + self.vectors
    }

    /// Length of the whole.
    pub fn length(&self) -> usize {
        self.vectors().end
    }
}

/// Takes `count` numbers at the end of a section.
pub fn take(section: &mut usize, count: usize) -> Range<usize> {
    let start = *section;
    *section = (start + count).next_multiple_of(ALIGNMENT);
    start..start + count
}

/// A network's numbers and what passes leave in them.
pub struct Memory<B: Backend> {
    /// As [`Sections`] has them. Whoever moves weights calls [`Memory::moved`].
    pub numbers: B::Buffer,
    /// σ, ‖W‖F and gain of each layer with a weight.
    pub figures: B::Buffer,
    /// Whether σ and ‖W‖F among the figures are those of other weights.
    pub stale: bool,
    /// What passes keep of the weights.
    pub prepared: RefCell<B::Prepared>,
    /// The gradient of what is learned, after a backward pass; none before the first pass that is to have one.
    pub gradients: Option<B::Buffer>,
    /// Mean and unbiased variance of the batch, after a pass in training; they stand as the running ones do.
    pub statistics: B::Buffer,
    /// The first failure of a backward pass.
    pub failure: Option<Failure>,
}

/// A network's memory as its passes share it.
pub type Shared<B> = Rc<RefCell<Memory<B>>>;

impl<B: Backend> Memory<B> {
    /// All zeros.
    ///
    /// # Errors
    /// Those of the device.
    pub fn new(backend: &B, sections: &Sections) -> Result<Self> {
        Ok(Self {
            numbers: backend.zeros(sections.length())?,
            figures: backend.zeros(sections.figures)?,
            stale: true,
            prepared: RefCell::default(),
            gradients: None,
            statistics: backend.zeros(sections.statistics)?,
            failure: None,
        })
    }

    /// Says that weights move: what was computed from them is worth nothing.
    pub fn moved(&mut self) {
        self.stale = true;
        self.prepared = RefCell::default();
    }

    /// What layers compute with, and the gradients.
    pub fn parts(&mut self) -> (Weights<'_, B>, Option<&mut B::Buffer>) {
        let weights = Weights {
            numbers: &self.numbers,
            figures: &self.figures,
            prepared: &self.prepared,
        };
        (weights, self.gradients.as_mut())
    }

    /// What layers compute with.
    pub fn weights(&self) -> Weights<'_, B> {
        Weights {
            numbers: &self.numbers,
            figures: &self.figures,
            prepared: &self.prepared,
        }
    }
}

/// What layers compute with: a network's numbers, the figures of its layers, and what passes keep of the weights.
pub struct Weights<'a, B: Backend> {
    pub numbers: &'a B::Buffer,
    pub figures: &'a B::Buffer,
    pub prepared: &'a RefCell<B::Prepared>,
}

impl<B: Backend> Clone for Weights<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: Backend> Copy for Weights<'_, B> {}
