//! Dense layers: consecutive ones, on small blocks of samples that stay in the L1 cache from layer to layer, and single
//! ones.
//!
//! In consecutive layers each sample is a row of its features. The product with a weight, with its transpose, and the
//! weight's gradient then all read rows of the right factor as vectors and entries of the left factor as scalars. Only
//! the weight has to be transposed.

mod bias_gradient;
mod dot_products;
mod packed;
mod product;
mod rows;
mod single;
mod weight_gradient;

pub(super) use bias_gradient::{bias_gradient, column_sums};
pub(super) use packed::PackedMatrix;
pub(super) use rows::Rows;
pub(super) use single::Dense;
pub(super) use weight_gradient::{halves, weight_gradients};

/// Rows are padded to a multiple of this length. The padding is unspecified.
const ALIGNMENT: usize = 16;

/// The padded length of a row of `features` features.
pub(super) fn row_length(features: usize) -> usize {
    features.next_multiple_of(ALIGNMENT)
}
