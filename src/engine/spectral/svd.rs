//! The largest singular value and its vectors by an SVD in double precision, as the reference for power iteration.

use faer::Mat;

use crate::preset::Layout;

/// Largest relative difference of singular values that count as equal to the first. Their vectors span one subspace.
const DEGENERATE: f64 = 1e-6;

/// The largest singular value and the subspaces of its singular vectors.
pub(crate) struct Leading {
    pub sigma: f64,
    /// All singular values in descending order.
    pub values: Vec<f64>,
    /// Left singular vectors (rows, multiplicity), orthonormal.
    u: Mat<f64>,
    /// Right singular vectors (width, multiplicity), orthonormal.
    v: Mat<f64>,
}

impl Leading {
    /// Decomposes a weight in this layout, which must be finite and not empty. `None` if the algorithm does not converge.
    pub(crate) fn of(weight: &[f64], layout: &Layout) -> Option<Self> {
        let matrix = Mat::from_fn(layout.rows, layout.width(), |row, column| {
            let (block, column) = (column / layout.columns, column % layout.columns);
            weight[(block * layout.rows + row) * layout.columns + column]
        });
        let svd = matrix.thin_svd().ok()?;
        let values = svd.S().column_vector();
        let sigma = *values.iter().next()?;
        let agree = |value: &&f64| **value >= sigma * (1.0 - DEGENERATE);
        let multiplicity = values.iter().take_while(agree).count();
        Some(Self {
            sigma,
            values: values.iter().copied().collect(),
            u: svd.U().subcols(0, multiplicity).to_owned(),
            v: svd.V().subcols(0, multiplicity).to_owned(),
        })
    }

    /// 1 − |cos| of the angle between u and the subspace of left singular vectors. `None` if u is zero, not finite, or has
    /// another length.
    pub(crate) fn cosine_error_u(&self, u: &[f32]) -> Option<f64> {
        cosine_error(&self.u, u)
    }

    /// 1 − |cos| of the angle between v and the subspace of right singular vectors. `None` if v is zero, not finite, or has
    /// another length.
    pub(crate) fn cosine_error_v(&self, v: &[f32]) -> Option<f64> {
        cosine_error(&self.v, v)
    }
}

fn cosine_error(basis: &Mat<f64>, vector: &[f32]) -> Option<f64> {
    if vector.len() != basis.nrows() {
        return None;
    }
    let square = |sum: f64, x: f64| sum + x * x;
    let norm = vector
        .iter()
        .map(|&x| f64::from(x))
        .fold(0.0, square)
        .sqrt();
    let component = |i: usize| -> f64 {
        let products = vector.iter().zip(basis.col(i).iter());
        products.map(|(&x, &b)| f64::from(x) * b).sum()
    };
    let projected = (0..basis.ncols()).map(component).fold(0.0, square).sqrt();
    let error = 1.0 - projected / norm;
    error.is_finite().then_some(error.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_transposed_layout_are_joined_as_columns() {
        // Two input channels, one output channel, three taps: the matrix is (1, 6).
        let layout = Layout {
            blocks: 2,
            rows: 1,
            columns: 3,
        };
        let leading = Leading::of(&[1.0, 1.0, 1.0, 1.0, 1.0, 2.0], &layout).unwrap();
        assert!((leading.sigma - 3.0).abs() < 1e-12);
        let exact = leading.cosine_error_v(&[1.0, 1.0, 1.0, 1.0, 1.0, 2.0]);
        assert!(exact.unwrap() < 1e-12);
        assert_eq!(leading.cosine_error_v(&[0.0; 6]), None);
    }

    #[test]
    fn equal_singular_values_share_a_subspace() {
        let weight = [2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0];
        let leading = Leading::of(&weight, &Layout::plain(3, 3)).unwrap();
        assert!(leading.cosine_error_u(&[0.6, -0.8, 0.0]).unwrap() < 1e-7);
        assert!((leading.cosine_error_u(&[0.0, 0.0, 1.0]).unwrap() - 1.0).abs() < 1e-12);
    }
}
