//! What an audit finds, as plain data.

use serde::Serialize;

use crate::spectral::operator::{self, Place};

/// One estimate of one layer's σ. Numbers that are undefined or not finite are none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The module's path.
    pub layer: String,
    /// The tensor's own.
    pub shape: Vec<usize>,
    pub iterations: usize,
    /// uᵀWv, in single precision; of a weight beyond its range, after an exact division by a power of two.
    pub sigma_power: Option<f64>,
    /// The largest singular value, in double precision.
    pub sigma_svd: Option<f64>,
    /// |power − svd| / svd.
    pub relative_error: Option<f64>,
    /// 1 − |cos| of u against the first left singular vector.
    pub cosine_error_u: Option<f64>,
    /// 1 − |cos| of v against the first right singular vector.
    pub cosine_error_v: Option<f64>,
    /// The norm of W/|power|, 1 where power iteration is right.
    pub sigma_normalized: Option<f64>,
    /// ‖W‖F.
    pub frobenius: Option<f64>,
    /// ‖W‖F² / σ².
    pub stable_rank: Option<f64>,
    /// The norm of the convolution as a linear map; none for other layers.
    pub operator_norm: Option<f64>,
    pub note: Option<Note>,
}

/// Why numbers are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// Every number of the weight is 0, or it holds none.
    Zero,
    /// The weight or its stored vectors hold a NaN or an infinity.
    NonFinite,
    /// The stored vectors do not have the matrix's lengths.
    ShapeMismatch,
    /// It may be a grouped convolution, whose number of groups is not known.
    #[serde(rename = "groups?")]
    Groups,
}

/// Where the start vectors come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Fresh,
    /// u from the file; v is Wᵀu/‖Wᵀu‖.
    StoredU,
    Stored,
}

/// Why a convolution has no operator norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoNorm {
    #[error("it may have groups: say --groups LAYER=N, 1 for a plain one")]
    Groups,
    #[error(transparent)]
    Unknown(#[from] operator::Unknown),
}

/// The audit of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// Never empty; layer, shape, note and what does not depend on the iterations are the same in all of them.
    pub rows: Vec<Row>,
    /// (rows, columns) of the matrix.
    pub matrix: (usize, usize),
    pub start: Start,
    /// Which layout was nearer to stored vectors that fit both; none where there was no question.
    pub nearer: Option<Nearer>,
    /// Where a convolution was taken to stand, and its groups.
    pub place: Option<(Place, usize)>,
    /// Why a convolution has no operator norm.
    pub unknown: Option<NoNorm>,
}

/// The layout of a convolution with as many inputs as outputs that its stored vectors decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearer {
    Plain,
    Transposed,
}
