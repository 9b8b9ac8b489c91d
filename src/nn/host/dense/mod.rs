//! Dense layers: one after the other, on small blocks of samples that stay in the first-level cache from layer to layer;
//! and one by itself.
//!
//! Where several follow each other a sample is a row, its features side by side: then the product with a weight, the one with its transpose and
//! the weight's gradient all read rows of their right factor as vectors and entries of their left one as scalars, and
//! only the weight itself has to be turned over.

mod columns;
mod few;
mod gradient;
mod map;
mod product;
mod rows;
mod single;

pub use columns::{bias_gradient, column_sums};
pub use gradient::weight_gradients;
pub use map::Map;
pub use rows::Rows;
pub use single::Dense;

/// Rows are as long as a multiple of this; what stands behind their features is unspecified.
const ALIGNMENT: usize = 16;

/// The length of rows of so many features.
pub fn row_length(features: usize) -> usize {
    features.next_multiple_of(ALIGNMENT)
}
