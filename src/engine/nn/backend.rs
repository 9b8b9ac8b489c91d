//! The operations of a device.

mod results;

use std::{ops::Range, sync::Arc};

use super::{
    Activation, Counts, Pooling,
    layer::{Affine, BatchNorm},
    memory::Weights,
    record::{Objective, RecordLayout},
    spectral::PowerIteration,
};
pub use results::{Failure, ForwardOutput, GradientEpilogue, Result};

/// The operations of a training step on one device.
///
/// A [`Backend::Buffer`] is an array of float32 values on the device. A layer has the ranges of its values in its
/// network's buffer (see [`super::memory`]). Activations are matrices (features, batch); the features of an image are
/// ordered channels, rows, columns. The memory layout of activations is private to the backend: only
/// [`Backend::upload`], [`Backend::pack_activations`] and [`Backend::download`] convert. An operation returns a new
/// buffer, which may reuse the memory of a dropped one. Operations take effect in the order of the calls. They may
/// panic if sizes do not match.
///
/// A layer has two operations: [`Backend::forward`] and [`Backend::backward`].
/// The gradient of activations a = f(z) is always ∂loss/∂z. The operation that computes it multiplies by f′ in its
/// epilogue, see [`GradientEpilogue`].
///
/// Scalars that change during a run (rates, gain, decays) are read from `knobs` (see [`super::knobs`]), so that
/// recorded work can be replayed, see [`Backend::replay`]. The order of every sum depends on shapes only.
///
/// # Errors
/// All methods return [`Failure`] if the device fails. The contents of all its buffers are then unspecified.
#[allow(clippy::too_many_arguments)]
pub trait Backend: Clone + Send + Sync + 'static {
    /// An array of float32 values on the device. Dropping it makes its memory reusable.
    type Buffer: Send + Sync + 'static;

    /// Data derived from a network's weights and kept between passes, such as packed copies. Discarded when weights
    /// change, see [`super::memory::Memory::weights_changed`].
    type Prepared: Default + Send + Sync + 'static;

    /// Recorded work; see [`Backend::replay`].
    type Recording: Default + Send + Sync + 'static;

    /// Updates between two checks of the guard by the host; 1 if reading from the device is free.
    const CHECK_INTERVAL: usize;

    /// Counters of calls; none if the device does not count.
    fn counts(&self) -> Option<Counts> {
        None
    }

    /// A copy of this device that computes nothing: allocations are counted but not made, and reads return zeros. It
    /// measures how much memory a run needs. None if buffers are in the process's own memory.
    fn dry_run(&self) -> Option<Self> {
        None
    }

    /// Whether matrix products round their operands (TF32).
    fn rounds_operands(&self) -> bool {
        false
    }

    /// Bytes of device memory that this process can use, including what it has allocated; none if buffers are in the
    /// process's own memory.
    fn capacity(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Runs `work`, or replays its recording.
    ///
    /// `work` must issue the same operations on the same buffers every time it is called with this recording. A backend
    /// that has recorded it replays the operations and does not call `work`. Therefore `work` must not copy between
    /// host and device, and the caller must update state on the host. Buffers that `work` allocates have unspecified
    /// contents afterwards, except those of [`Backend::zeros`].
    fn replay(&self, _: &mut Self::Recording, work: impl FnOnce() -> Result<()>) -> Result<()> {
        work()
    }

    /// Frees memory that is not in use. Call it before sizes change. Recordings are made again at their next use.
    fn release_idle(&self) {}

    /// Allocates a buffer of zeros. It stays valid across recordings.
    fn zeros(&self, length: usize) -> Result<Self::Buffer>;

    /// Copies `numbers` from the host to `to[at..]`. The slice may be reused as soon as the call returns.
    fn write(&self, to: &mut Self::Buffer, at: usize, numbers: &[f32]) -> Result<()>;

    /// Copies `parts` from the host to the start of `to`, one after the other, in one transfer.
    fn write_parts(&self, to: &mut Self::Buffer, parts: &[&[f32]]) -> Result<()> {
        let mut at = 0;
        for part in parts {
            self.write(to, at, part)?;
            at += part.len();
        }
        Ok(())
    }

    /// Downloads a range of a buffer. Only this and [`Backend::download`] copy to the host; both wait.
    fn read(&self, from: &Self::Buffer, range: Range<usize>) -> Result<Vec<f32>>;

    /// Uploads a row-major matrix (features, batch) as activations. `beside` is a buffer of activations with as many
    /// features and its number of samples; it is appended to the batch.
    fn upload(
        &self,
        x: &[f32],
        batch: usize,
        beside: Option<(&Self::Buffer, usize)>,
    ) -> Result<Self::Buffer>;

    /// Converts a row-major matrix (features, batch) on the device, at `from[range]`, to activations; `beside` is as in
    /// [`Backend::upload`]. The matrix must not change while the activations are in use.
    fn pack_activations(
        &self,
        from: &Self::Buffer,
        range: Range<usize>,
        batch: usize,
        beside: Option<(&Self::Buffer, usize)>,
    ) -> Result<Self::Buffer>;

    /// Activations (1, batch) with the same value for each sample.
    fn constant(&self, value: f32, batch: usize) -> Result<Self::Buffer> {
        self.upload(&vec![value; batch], batch, None)
    }

    /// Downloads activations as a row-major matrix (features, batch).
    fn download(&self, x: &Self::Buffer, batch: usize) -> Result<Vec<f32>>;

    /// Computes y = f(W̄x + b) for one layer, or for several consecutive dense layers.
    ///
    /// W̄ is gain·W/σ for a normalized layer, with gain and σ from [`Weights::figures`]. W̄ is W for other layers, and
    /// if σ is zero or if σ or gain/σ is not finite. `keep` says whether a backward pass follows.
    fn forward(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        x: &Self::Buffer,
        batch: usize,
        keep: bool,
    ) -> Result<ForwardOutput<Self>>;

    /// The backward pass of [`Backend::forward`], from `upstream`, the gradient of the last layer's output, and from
    /// [`ForwardOutput::saved`]. Returns the gradient of x, W̄ᵀ·upstream through all layers, if there is an `epilogue`.
    ///
    /// `learned` are x and a buffer in which the gradients of weights and biases are overwritten, if they are wanted.
    /// The gradient of a bias is the sum of upstream over positions and samples. The gradient of a weight is G =
    /// upstream·xᵀ. For a normalized layer it is gain/σ · (G − ⟨G, W⟩/σ · uvᵀ), because σ = uᵀWv depends on W (Miyato
    /// et al. 2018, equation 12). A backend may leave that step to [`Backend::spectral_gradient`].
    fn backward(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        saved: Option<&Self::Buffer>,
        upstream: &Self::Buffer,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        learned: Option<(&Self::Buffer, &mut Self::Buffer)>,
    ) -> Result<Option<Self::Buffer>>;

    /// Turns the gradients of normalized weights W̄ into gradients of W for all `layers`, if
    /// [`Backend::backward`] has not done so.
    fn spectral_gradient(
        &self,
        _: &[PowerIteration],
        _: Weights<Self>,
        _: &mut Self::Buffer,
    ) -> Result<()> {
        Ok(())
    }

    /// Batch normalization: y = f(γ·(x − mean)/√(variance + ε) + β) for each channel. Returns y, and the moments as all
    /// means, then all variances. With `statistics` (training) the moments are mean and biased variance of the batch;
    /// its mean and unbiased variance (0 for a single value) are written to `statistics` at [`BatchNorm::batch`].
    /// Without `statistics` the moments are the running statistics.
    fn batch_norm(
        &self,
        norm: &BatchNorm,
        numbers: &Self::Buffer,
        x: &Self::Buffer,
        batch: usize,
        statistics: Option<&mut Self::Buffer>,
    ) -> Result<(Self::Buffer, Self::Buffer)>;

    /// Gradients of batch normalization. Returns the gradient of x if there is an `epilogue`, and writes those of γ and
    /// β to `gradients` if given. `passed` is x, the moments, and whether the moments are constants.
    fn batch_norm_gradient(
        &self,
        norm: &BatchNorm,
        numbers: &Self::Buffer,
        passed: (&Self::Buffer, &Self::Buffer, bool),
        upstream: &Self::Buffer,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        gradients: Option<&mut Self::Buffer>,
    ) -> Result<Option<Self::Buffer>>;

    /// Upsampling or pooling. The backward pass calls it with the adjoint pooling, the gradient and an `epilogue`.
    fn pool(
        &self,
        pooling: &Pooling,
        x: &Self::Buffer,
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
    ) -> Result<Self::Buffer>;

    /// y = f(a + b), or f(a) without b.
    fn add_activate(
        &self,
        a: &Self::Buffer,
        b: Option<&Self::Buffer>,
        activation: Activation,
    ) -> Result<Self::Buffer>;

    /// The backward pass of [`Backend::add_activate`] for one operand: applies `epilogue` to a copy of `upstream`.
    fn accumulate_gradient(
        &self,
        upstream: &Self::Buffer,
        epilogue: GradientEpilogue<Self>,
    ) -> Result<Self::Buffer>;

    /// Power iteration of several layers, see [`PowerIteration`]: updates their u, v, σ and ‖W‖F. If the guard has
    /// fallen, u and v do not change, as with 0 iterations.
    fn power_iteration(
        &self,
        layers: &[PowerIteration],
        numbers: &mut Self::Buffer,
        figures: &mut Self::Buffer,
        guard: Option<&Self::Buffer>,
    ) -> Result<()>;

    /// Writes the scores gain·raw and the loss (see [`Objective`]) to the record. Returns ∂loss/∂raw. `raw` and the
    /// result are (1, samples); the record has as many scores.
    fn loss(
        &self,
        raw: &Self::Buffer,
        objective: &Objective,
        knobs: &Self::Buffer,
        record: &mut Self::Buffer,
        layout: &RecordLayout,
    ) -> Result<Self::Buffer>;

    /// Writes |gain|·‖g‖ of each sample's gradient g to the record, then multiplies g by the sample's entry in `slopes`
    /// (1, batch). `gradients` is (features, batch), the derivative of D's raw outputs by their samples.
    fn scale_samples(
        &self,
        gradients: &mut Self::Buffer,
        slopes: &Self::Buffer,
        batch: usize,
        knobs: &Self::Buffer,
        record: &mut Self::Buffer,
        layout: &RecordLayout,
    ) -> Result<()>;

    /// Completes the record of an update: writes the 2-norms of the gradient and of its parts, and copies of `figures`.
    ///
    /// The guard falls if the loss or the norm is not finite. If it has not fallen, the update is counted, see
    /// [`super::guard`]. The record is then copied to row [`super::knobs::HISTORY_ROW`] (a knob) of the history.
    fn measure(
        &self,
        gradients: &Self::Buffer,
        figures: &[&Self::Buffer],
        record: &mut Self::Buffer,
        layout: &RecordLayout,
        history: (&mut Self::Buffer, &Self::Buffer),
        guard: &mut Self::Buffer,
    ) -> Result<()>;

    /// One step of Adam (Kingma & Ba 2015) in PyTorch's form: m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g², w ← w −
    /// step size·m / (√v/root correction + ε). Then w is clipped to ±clip; NaN stays NaN. w are the first values of
    /// `numbers`, as many as each of `moments` = [m, v]. Does nothing if the guard has fallen.
    fn adam(
        &self,
        numbers: &mut Self::Buffer,
        gradients: &Self::Buffer,
        moments: [&mut Self::Buffer; 2],
        knobs: &Self::Buffer,
        guard: &Self::Buffer,
    ) -> Result<()>;

    /// to ← decay·to + (1 − decay)·from. `to` is a range of its buffer, `from` a buffer and an offset, `decay` the
    /// index of a knob. Does nothing if the guard has fallen.
    fn blend(
        &self,
        to: (&mut Self::Buffer, Range<usize>),
        from: (&Self::Buffer, usize),
        knobs: (&Self::Buffer, usize),
        guard: &Self::Buffer,
    ) -> Result<()>;
}
