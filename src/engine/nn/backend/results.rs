//! The results of operations, their errors, and the epilogue of gradients.

use super::Backend;
use crate::engine::nn::Activation;

/// An error of a device, as a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// The result of an operation of a device.
pub type Result<T> = std::result::Result<T, Failure>;

/// The result of [`Backend::forward`].
pub struct ForwardOutput<B: Backend> {
    /// Activations of the last layer, (features, batch) batch-last.
    pub output: B::Buffer,
    /// Data of several layers that the backward pass needs, in a layout private to the backend.
    pub saved: Option<B::Buffer>,
}

/// The epilogue of the operation that computes g = ∂loss/∂x of activations x = f(z). The result is g·f′(z) +
/// `accumulated`.
pub struct GradientEpilogue<'a, B: Backend> {
    /// Length of x.
    pub length: usize,
    /// f and x, from which f′(z) is computed; none if f is the identity.
    pub activation: Option<(Activation, &'a B::Buffer)>,
    /// The gradient of x that was computed before, from its other uses.
    pub accumulated: Option<B::Buffer>,
}
