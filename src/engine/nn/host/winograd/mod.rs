//! Winograd's minimal filtering along one axis: m outputs of a filter of r taps for m + r − 1 multiplications instead
//! of m·r.
//!
//! For a filter g and the m + r − 1 inputs d that the outputs read, y = Aᵀ[(Gg) ⊙ (Bᵀd)]. For the gradient u of the
//! outputs, the filter's gradient is Gᵀ[(Au) ⊙ (Bᵀd)]. Sources: Winograd, *Arithmetic Complexity of Computations*
//! (1980); Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks* (CVPR 2016), section 4.1. The matrices are
//! those of Toom and Cook: polynomials are evaluated at points, multiplied there, and interpolated.
//!
//! Only one axis is transformed, to limit rounding. The error of sums over many channels stays below 2.5 times that of
//! direct sums for up to six points, and below 4 times for eight. A test checks this for 64 channels.

mod filter;
mod line;
mod matrix;
mod plan;
mod tile;

use filter::Filter;
pub(super) use line::{InputLines, OutputLine};
pub(super) use matrix::{MAX_POINTS, Matrix, Source, Target, WHOLE, Window};
pub(super) use plan::Plan;
pub(super) use tile::Tiles;
