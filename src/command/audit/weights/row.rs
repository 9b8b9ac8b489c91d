//! The result of an audit, as plain data.

use serde::Serialize;

use crate::engine::spectral::operator::{self, Place};

/// One estimate of σ of one layer. Undefined and non-finite numbers are `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Path of the module.
    pub layer: String,
    /// Shape of the tensor.
    pub shape: Vec<usize>,
    /// Number of power iterations.
    pub iterations: usize,
    /// uᵀWv in single precision. A weight beyond its range is divided by a power of two, which is exact.
    pub sigma_power: Option<f64>,
    /// The largest singular value, in double precision.
    pub sigma_svd: Option<f64>,
    /// |power − svd| / svd.
    pub relative_error: Option<f64>,
    /// 1 − |cos| of u against the first left singular vector.
    pub cosine_error_u: Option<f64>,
    /// 1 − |cos| of v against the first right singular vector.
    pub cosine_error_v: Option<f64>,
    /// Norm of W/|power|, which is 1 if power iteration is exact.
    pub sigma_normalized: Option<f64>,
    /// ‖W‖F.
    pub frobenius: Option<f64>,
    /// ‖W‖F² / σ².
    pub stable_rank: Option<f64>,
    /// Norm of a convolution as a linear map; `None` for other layers.
    pub operator_norm: Option<f64>,
    /// Why numbers are missing; `None` if none are.
    pub note: Option<Note>,
}

/// Why numbers of a row are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// All values of the weight are 0, or it has none.
    Zero,
    /// The weight or its stored vectors have a NaN or an infinity.
    NonFinite,
    /// The stored vectors do not fit the matrix.
    ShapeMismatch,
    /// The layer may be a grouped convolution, with an unknown number of groups.
    #[serde(rename = "groups?")]
    Groups,
}

/// The origin of the start vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Drawn from the seed.
    Fresh,
    /// u is from the file, v is Wᵀu/‖Wᵀu‖.
    StoredU,
    /// u and v are from the file.
    Stored,
}

/// Why a convolution has no operator norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum NoNorm {
    #[error("it may have groups: give --groups LAYER=N, 1 if it has none")]
    Groups,
    #[error(transparent)]
    Unknown(#[from] operator::Unknown),
}

/// The audit of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// At least one row. Values that do not depend on the iterations are equal in all rows.
    pub rows: Vec<Row>,
    /// (rows, columns) of the matrix.
    pub matrix: (usize, usize),
    /// Where the vectors of power iteration began.
    pub start: Start,
    /// The layout chosen for stored vectors that fit both layouts.
    pub chosen: Option<ChosenLayout>,
    /// Assumed stride, padding and input of a convolution, and its groups.
    pub place: Option<(Place, usize)>,
    /// Why a convolution has no operator norm.
    pub no_norm: Option<NoNorm>,
}

/// The layout of a convolution with as many inputs as outputs, as its stored vectors decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenLayout {
    /// Rows are output channels, as in a plain convolution.
    Plain,
    /// Stored as (in, out, kh, kw), with output channels as rows.
    Transposed,
}
