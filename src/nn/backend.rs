//! What a device must be able to do.

use std::{ops::Range, rc::Rc};

use super::{
    Activation, Counts, Pooling,
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
/// A buffer is a row of float32 numbers of the device, which knows its length. Where a layer's numbers stand among those
/// of its network (see [`super::memory`]) is said by the layer. Activations are matrices (features, batch), the features
/// of an image in the order channels, rows, columns; in which order they lie in their buffer is the backend's own affair:
/// [`Backend::upload`] and [`Backend::download`] are the only ways between it and the host. What an operation returns is
/// a new buffer, which it may take from those that were dropped. Operations take effect in the order of the calls.
///
/// A layer has three parts: [`Backend::forward`], [`Backend::input_gradient`] and [`Backend::weight_gradient`]. The
/// gradient of activations a = f(z) is always ∂loss/∂z: whoever makes it multiplies by f′, see [`Below`].
///
/// Numbers that change while a run goes on (rates, gain, decays) are read from `knobs` (see [`super::knobs`]), so that a
/// device may be asked for the same work again and again, see [`Backend::repeat`]. Every sum is made in an order that
/// depends on shapes alone.
///
/// # Errors
/// All methods fail where the device does; what it holds is then worth nothing. Sizes that do not fit each other are a
/// fault of the caller, and may panic.
pub trait Backend: Clone + 'static {
    /// Numbers of the device; dropped, their memory may be used again.
    type Buffer: 'static;

    /// What passes keep of a network's weights for the next ones, such as copies of them in another order. Emptied
    /// whenever weights change, see [`super::memory::Memory::moved`].
    type Prepared: Default + 'static;

    /// Work that was asked for before, as the device keeps it; see [`Backend::repeat`].
    type Recording: Default + 'static;

    /// Updates after which the host looks whether all were finite: 1 where it reads the device's numbers at no cost.
    const LOOK_EVERY: usize;

    /// What was asked of the device so far, where it counts.
    fn counts(&self) -> Option<Counts> {
        None
    }

    /// The same device without its memory, for rehearsals: memory that is asked for is counted and not had, nothing else is
    /// done, and what is read from it is zero. None where memory is the process's own.
    fn rehearsal(&self) -> Option<Self> {
        None
    }

    /// Whether products round their factors.
    fn rounds(&self) -> bool {
        false
    }

    /// Bytes that the device can hold in all for those who hold it here; none likewise.
    fn capacity(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Does `work`, which is the same each time that it is called with this recording: it asks for the same operations, on
    /// the same buffers. A device that has recorded what was asked of it does that again in place of calling `work`; so
    /// nothing in `work` may copy between host and device, and what it moves on the host must be moved by the caller.
    /// Buffers that it takes are worth nothing when it is done, but for those of [`Backend::zeros`].
    fn repeat(&self, _: &mut Self::Recording, work: impl FnOnce() -> Result<()>) -> Result<()> {
        work()
    }

    /// Gives back memory that lies idle: sizes are about to change. Recordings made so far are made anew when they are asked
    /// for again.
    fn forget(&self) {}

    /// So many zeros, in a buffer that may outlive all recordings.
    fn zeros(&self, length: usize) -> Result<Self::Buffer>;

    /// Overwrites numbers from place `at` on; `numbers` are the caller's again when it returns.
    fn write(&self, to: &mut Self::Buffer, at: usize, numbers: &[f32]) -> Result<()>;

    /// Overwrites the first numbers of a buffer with these parts, one right after the other, at once.
    fn hand_over(&self, to: &mut Self::Buffer, parts: &[&[f32]]) -> Result<()> {
        let mut at = 0;
        for part in parts {
            self.write(to, at, part)?;
            at += part.len();
        }
        Ok(())
    }

    /// Numbers on the host. This and [`Backend::download`] are the only ways from the device, and wait for it.
    fn read(&self, from: &Self::Buffer, range: Range<usize>) -> Result<Vec<f32>>;

    /// Activations of a batch from the host's matrix (features, batch), row-major. Where there are some `beside` them, of
    /// as many features and so many samples, the two are one batch, with these behind those from the host.
    fn upload(
        &self,
        x: &[f32],
        batch: usize,
        beside: Option<(&Self::Buffer, usize)>,
    ) -> Result<Self::Buffer>;

    /// The same from a matrix that was handed over, and which may not change while these activations are in use.
    fn arrange(
        &self,
        from: &Self::Buffer,
        range: Range<usize>,
        batch: usize,
        beside: Option<(&Self::Buffer, usize)>,
    ) -> Result<Self::Buffer>;

    /// Activations (1, batch) of one value.
    fn constant(&self, value: f32, batch: usize) -> Result<Self::Buffer> {
        self.upload(&vec![value; batch], batch, None)
    }

    /// The host's matrix of activations.
    fn download(&self, x: &Self::Buffer, batch: usize) -> Result<Vec<f32>>;

    /// y = f(W̄x + b) of one layer, or of several dense ones one after the other. Where the layer is normalized W̄ is
    /// gain·W/σ, with gain and σ as [`Weights::figures`] hold them; else, and where σ is zero, or σ or gain/σ is not finite, W̄ is W.
    /// `keep` says whether a backward pass follows.
    fn forward(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        x: &Self::Buffer,
        batch: usize,
        keep: bool,
    ) -> Result<Made<Self>>;

    /// The gradient of x from `upstream`, that of the last layer's output: W̄ᵀ·upstream, through all layers. Where it is
    /// not wanted there is no `below`; then only the gradients between several layers are made.
    fn input_gradient(
        &self,
        layers: &[Rc<Affine>],
        weights: Weights<Self>,
        kept: Option<&Self::Buffer>,
        upstream: &Self::Buffer,
        batch: usize,
        below: Option<Below<Self>>,
    ) -> Result<Returned<Self>>;

    /// Overwrites the places of weights and biases in `gradients`, from the layers' `inputs` (x and [`Made::kept`]) and
    /// the gradients of their `outputs` (upstream and [`Returned::between`]). The gradient of a bias is the sum of upstream
    /// over places and samples. That of a weight is G = upstream·xᵀ, or of a normalized one
    /// gain/σ · (G − ⟨G, W⟩/σ · uvᵀ), since σ = uᵀWv depends on W (Miyato et al. 2018, equation 12); a device may leave this
    /// way through σ to [`Backend::through_sigma`].
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

    /// Takes the gradients of all normalized layers of a network through σ, where [`Backend::weight_gradient`] has not.
    fn through_sigma(&self, _: &[Iteration], _: Weights<Self>, _: &mut Self::Buffer) -> Result<()> {
        Ok(())
    }

    /// Batch normalization: y = f(γ·(x − mean)/√(variance + ε) + β) for each channel, and the moments that it took. In
    /// training there is room for `statistics`: the moments are mean and biased variance of the batch, and its mean and
    /// unbiased variance (0 of a single value) are written to [`BatchNorm::batch`]. Else they are the running statistics.
    fn normalize(
        &self,
        norm: &BatchNorm,
        numbers: &Self::Buffer,
        x: &Self::Buffer,
        batch: usize,
        statistics: Option<&mut Self::Buffer>,
    ) -> Result<(Self::Buffer, Self::Buffer)>;

    /// The gradient of x, where it is wanted, and those of γ and β, where there is room for them. `passed` are x, the
    /// moments, and whether these are constants.
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

    /// Upsampling or pooling. The backward pass is the adjoint pooling of the gradient; then there is something `below`.
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

    /// Power iteration of several layers, see [`Iteration`]: writes their u, v, σ and ‖W‖F. Where there is a guard and it is
    /// down u and v stay, as with no iterations.
    fn iterate(
        &self,
        layers: &[Iteration],
        numbers: &mut Self::Buffer,
        figures: &mut Self::Buffer,
        guard: Option<&Self::Buffer>,
    ) -> Result<()>;

    /// From D's raw outputs (1, samples), as many as the record has scores: the scores, gain times these, and the loss
    /// (see [`Objective`]) into the record. Gives the derivative of the loss by each raw output (1, samples).
    fn loss(
        &self,
        raw: &Self::Buffer,
        objective: &Objective,
        knobs: &Self::Buffer,
        record: &mut Self::Buffer,
        places: &Record,
    ) -> Result<Self::Buffer>;

    /// From gradients (features, batch) of D's raw outputs by its samples, as many as the record has norms: |gain| times
    /// the norm of each into the record; then each sample's gradient is multiplied by its number in `slopes` (1, batch).
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

    /// The 2-norms of parts of the gradient and of all of them, and copies of figures, into the record. Then the guard
    /// falls unless loss and norm are finite, and counts the update if it stands, see [`super::guard`]. The record, now
    /// whole, is copied to its turn in the history: a row of records, whose turn is the number at [`super::knobs::TURN`].
    #[allow(clippy::too_many_arguments)]
    fn measure(
        &self,
        gradients: &Self::Buffer,
        figures: &[&Self::Buffer],
        record: &mut Self::Buffer,
        places: &Record,
        history: (&mut Self::Buffer, &Self::Buffer),
        guard: &mut Self::Buffer,
    ) -> Result<()>;

    /// One step of Adam (Kingma & Ba 2015) in PyTorch's form on the first numbers w of a network, as many as its moments m
    /// and v are long: m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g², w ← w − step size·m / (√v/root correction + ε); then
    /// w to within ±clip, where a NaN stays one. Nothing where the guard is down.
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
    /// What the backend wants to have of several layers in the backward pass, in an order of its own.
    pub kept: Option<B::Buffer>,
}

/// What [`Backend::input_gradient`] makes.
pub struct Returned<B: Backend> {
    /// The gradient of the input, where it is wanted.
    pub input: Option<B::Buffer>,
    /// What it wants to have of the gradients of several layers for those of their weights, likewise.
    pub between: Option<B::Buffer>,
}

/// What becomes of a gradient g = ∂loss/∂x of activations x = f(z) where it is made: g·f′(z) + `present`.
pub struct Below<'a, B: Backend> {
    /// Numbers of x.
    pub length: usize,
    /// f, and x, off which f′(z) is read; none where f is the identity.
    pub slope: Option<(Activation, &'a B::Buffer)>,
    /// The gradient that x has from elsewhere.
    pub present: Option<B::Buffer>,
}
