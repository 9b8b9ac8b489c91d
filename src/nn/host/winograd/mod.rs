//! Winograd's minimal filtering along one axis: m outputs of a filter of r taps for m + r − 1 multiplications in place
//! of m·r.
//!
//! With filter g and the m + r − 1 inputs d that the outputs read, y = Aᵀ[(Gg) ⊙ (Bᵀd)]; and the filter's gradient for
//! the outputs' gradient u is Gᵀ[(Au) ⊙ (Bᵀd)]. Sources: Winograd, *Arithmetic Complexity of Computations* (1980);
//! Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks* (CVPR 2016), section 4.1. The matrices are those of
//! Toom and Cook: polynomials are evaluated at some points, multiplied there, and interpolated.
//!
//! One axis, not both: the rounding error of sums stays below 2.5 times that of direct ones up to six points, and below four
//! times with eight, for sums over many channels (a test holds it for 64).

mod filter;
mod filtering;
mod line;
mod matrix;
mod tile;

use filter::Filter;
pub use filtering::Filtering;
pub use line::{Lines, OutputLine};
pub use matrix::{MOST_POINTS, Matrix, Source, Target, WHOLE, Window};
pub use tile::Tiles;
