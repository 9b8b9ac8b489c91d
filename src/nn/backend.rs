//! What a device must be able to do.

use std::{ops::Range, rc::Rc};

use super::{
    Activation, Pooling,
    layer::{Affine, BatchNorm},
    memory::Weights,
    record::{Objective, Record},
    spectral::Iteration,
};

/// Why a device cannot go on, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// What everything that touches a device gives.
pub type Result<T> = std::result::Result<T, Failure>;

/// The operations of a training step on one device.
///
/// A buffer is a row of float32 numbers of the device. Of a network's numbers (see [`super::memory`]) the backend knows
/// where each stands. Activations are matrices (features, batch) in whatever order the backend likes: what makes them
/// and what reads them is its own; [`Backend::upload`] and [`Backend::download`] turn them over where they come from the
/// host or go to it. What an operation returns is a new buffer, which it may take from those that were dropped.
///
/// A layer has three parts: [`Backend::forward`], [`Backend::input_gradient`] and [`Backend::weight_gradient`]. A
/// gradient of activations is always that before their activation function: whoever makes it multiplies it by the
/// function's derivative, see [`Below`].
///
/// Numbers that change while a run goes on (rates, gain, decays) are read from `knobs` (see [`super::knobs`]), so that a
/// device may be asked for the same work again and again. Every sum is made in an order that depends on shapes alone.
///
/// # Errors
/// All methods fail where the device does; what it holds is then worth nothing.
pub trait Backend: Clone + 'static {
    /// Numbers of the device; dropped, their memory may be used again.
    type Buffer: 'static;

    /// Updates between two looks at whether all were finite: 1 where the host reads the device's numbers at no cost.
    const LOOK_EVERY: usize;

    /// So many zeros.
    fn zeros(&self, length: usize) -> Result<Self::Buffer>;

    /// Overwrites numbers from place `at` on.
    fn write(&self, to: &mut Self::Buffer, at: usize, numbers: &[f32]) -> Result<()>;

    /// Numbers on the host: with [`Backend::download`] the one way from the device, and the one that waits for it.
    fn read(&self, from: &Self::Buffer, range: Range<usize>) -> Result<Vec<f32>>;

    /// Activations of a batch from the host's matrix (features, batch), row-major; those of a second batch behind them
    /// where there is one.
    fn upload(
        &self,
        x: &[f32],
        batch: usize,
        beside: Option<(&Self::Buffer, usize)>,
    ) -> Result<Self::Buffer>;

    /// The host's matrix of activations.
    fn download(&self, x: &Self::Buffer, batch: usize) -> Result<Vec<f32>>;

    /// y = f(W̄x + b) of one layer, or of dense ones one after the other; W̄ is the normalized weight where the layer is
    /// normalized, with the σ that [`Weights::figures`] hold. `keep` says whether a backward pass follows.
    fn forward(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        x: &Self::Buffer,
        batch: usize,
        keep: bool,
    ) -> Result<Made<Self>>;

    /// The gradient of x from `upstream`, that of the last layer's output: W̄ᵀ·upstream, through all layers. Where x is
    /// not wanted there is no `below`, and the gradients between several layers are all that is made.
    fn input_gradient(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        kept: Option<&Self::Buffer>,
        upstream: &Self::Buffer,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Returned<Self>>;

    /// The gradients of weights (the raw ones, through σ = uᵀWv) and biases, to their places in `gradients`: from the
    /// layers' `inputs`, x and [`Made::kept`], and the gradients of their `outputs`, upstream and [`Returned::between`].
    #[allow(clippy::too_many_arguments)]
    fn weight_gradient(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        inputs: (&Self::Buffer, Option<&Self::Buffer>),
        outputs: (&Self::Buffer, Option<&Self::Buffer>),
        batch: usize,
        gradients: &mut Self::Buffer,
    ) -> Result<()>;

    /// Batch normalization: y = f(γ·(x − mean)/√(variance + ε) + β), and the moments that it took, mean and biased
    /// variance of each channel. They are those of the batch where there is room for its statistics (mean and unbiased
    /// variance), else the running ones.
    fn normalize(
        &self,
        norm: &BatchNorm,
        numbers: &Self::Buffer,
        x: &Self::Buffer,
        batch: usize,
        statistics: Option<&mut Self::Buffer>,
    ) -> Result<(Self::Buffer, Self::Buffer)>;

    /// The gradient of x, where it is wanted, and those of γ and β, where there is room for them, from what was `passed`:
    /// x, its moments, and whether these are constants.
    #[allow(clippy::too_many_arguments)]
    fn normalize_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Self::Buffer,
        passed: (&Self::Buffer, &Self::Buffer, bool),
        upstream: &Self::Buffer,
        batch: usize,
        below: Option<Below<Self>>,
        gradients: Option<&mut Self::Buffer>,
    ) -> Result<Option<Self::Buffer>>;

    /// Upsampling or pooling; its own adjoint with the sampling turned over, which is the backward pass (then with what
    /// is `below`).
    fn pool(
        &self,
        pooling: &Pooling,
        x: &Self::Buffer,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Self::Buffer>;

    /// y = f(a + b), or f(a).
    fn join(
        &self,
        a: &Self::Buffer,
        b: Option<&Self::Buffer>,
        activation: Activation,
    ) -> Result<Self::Buffer>;

    /// The backward pass of [`Backend::join`] to one of its inputs.
    fn through(&self, upstream: &Self::Buffer, below: Below<Self>) -> Result<Self::Buffer>;

    /// Power iteration of several layers (see [`Iteration`]): their u, v and figures.
    fn iterate(
        &self,
        layers: &[Iteration],
        numbers: &mut Self::Buffer,
        figures: &mut Self::Buffer,
    ) -> Result<()>;

    /// From D's raw outputs (1, samples): the loss and the scores into the record, and the derivative of the loss by each
    /// raw output (1, samples).
    fn loss(
        &self,
        raw: &Self::Buffer,
        objective: &Objective,
        knobs: &Self::Buffer,
        record: &mut Self::Buffer,
        places: &Record,
    ) -> Result<Self::Buffer>;

    /// From gradients (features, batch) of D's raw outputs by its samples: gain·‖∇x D‖ of each into the record, then each
    /// sample's gradient times its number in `slopes` (1, batch).
    #[allow(clippy::too_many_arguments)]
    fn scale_samples(
        &self,
        gradients: &mut Self::Buffer,
        slopes: &Self::Buffer,
        batch: usize,
        knobs: &Self::Buffer,
        record: &mut Self::Buffer,
        places: &Record,
    ) -> Result<()>;

    /// The 2-norms of parts of the gradient and of all of it, and copies of figures, into the record; then `guard` is
    /// brought up to date with whether loss and norm are finite, see [`super::guard`].
    fn measure(
        &self,
        gradients: &Self::Buffer,
        figures: &[&Self::Buffer],
        record: &mut Self::Buffer,
        places: &Record,
        guard: &mut Self::Buffer,
    ) -> Result<()>;

    /// One step of Adam (Kingma & Ba 2015) in PyTorch's form on the first numbers of a network, as many as `moments` are
    /// long, then to within ±bound where they are clipped; nothing where the guard is down.
    fn adam(
        &self,
        numbers: &mut Self::Buffer,
        gradients: &Self::Buffer,
        moments: [&mut Self::Buffer; 2],
        knobs: &Self::Buffer,
        guard: &Self::Buffer,
    ) -> Result<()>;

    /// to ← decay·to + (1 − decay)·from for a range of `to`, whose numbers begin at place `from.1`; `decay` is a place in
    /// `knobs`. Nothing where the guard is down.
    fn blend(
        &self,
        to: (&mut Self::Buffer, Range<usize>),
        from: (&Self::Buffer, usize),
        knobs: (&Self::Buffer, usize),
        guard: &Self::Buffer,
    ) -> Result<()>;
}

/// What [`Backend::forward`] makes.
pub struct Made<B: Backend> {
    pub output: B::Buffer,
    /// What lies between several layers, in an order of the backend's own; none of a single layer, and where no backward
    /// pass follows.
    pub kept: Option<B::Buffer>,
}

/// What [`Backend::input_gradient`] makes.
pub struct Returned<B: Backend> {
    /// The gradient of the input, where it is wanted.
    pub input: Option<B::Buffer>,
    /// Those of the outputs of several layers, as [`Made::kept`].
    pub between: Option<B::Buffer>,
}

/// What a gradient g of activations x = f(·) meets where it is made: it becomes g·f′ + the one that is there already.
pub struct Below<'a, B: Backend> {
    /// f and x, off which f′ is read.
    pub slope: (Activation, &'a B::Buffer),
    /// What x got from elsewhere.
    pub present: Option<B::Buffer>,
}
