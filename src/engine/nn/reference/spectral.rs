//! Power iteration and spectral normalization (Miyato et al. 2018, algorithm 1).

use dfdx::prelude::*;

use super::{
    DfdxDevice, Reference,
    reduce::{self, finite_nonzero},
    tensors::{Matrix, Scalar, failed, number},
};
use crate::{
    engine::{
        nn::{
            backend,
            spectral::{FIGURES, NORM, PowerIteration, SIGMA},
        },
        spectral::EPSILON,
    },
    preset::Layout,
};

/// The weight as the matrix (out, columns) whose largest singular value is σ.
fn matrix<D: DfdxDevice, T: Tape<f32, D>>(
    weight: &Matrix<D>,
    layout: &Layout,
) -> Result<Matrix<D, T>, D::Err> {
    let weight = weight.retaped::<T>();
    if layout.blocks == 1 {
        return weight.try_reshape_like(&(layout.rows, layout.columns));
    }
    let device = weight.device().clone();
    let index = (0..layout.rows)
        .flat_map(|row| (0..layout.blocks).map(move |block| block * layout.rows + row))
        .collect::<Vec<_>>();
    let rows = index.len();
    let index = device.try_tensor_from_vec(index, (rows,))?;
    let gathered: Matrix<D, T> = weight
        .try_reshape_like(&(rows, layout.columns))?
        .try_gather(index)?;
    gathered.try_reshape_like(&(layout.rows, layout.blocks * layout.columns))
}

/// x / max(‖x‖, ε), or `old` if ‖x‖ is zero or not finite.
fn unit<D: DfdxDevice>(x: Matrix<D>, old: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let shape = *x.shape();
    let norm = x.clone().try_square()?.try_sum::<(), _>()?.try_sqrt()?;
    let usable = finite_nonzero(&norm)?;
    let one = norm.clone().try_mul(0.0)?.try_nans_to(0.0)?.try_add(1.0)?;
    let divisor = usable
        .clone()
        .try_choose(norm.try_clamp(EPSILON, f32::MAX)?, one.clone())?;
    let spread = |scalar: Scalar<D>| scalar.try_broadcast_like::<(usize, usize), _>(&shape);
    let mask = usable.try_choose(one.clone(), one.try_mul(0.0)?)?;
    let mask = spread(mask)?.try_ge(0.5)?;
    mask.try_choose(x.try_div(spread(divisor)?)?, old.clone())
}

/// `iterations` steps v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖, then σ = uᵀWv.
fn power_iteration<D: DfdxDevice>(
    weight: &Matrix<D>,
    layout: &Layout,
    [u, v]: &mut [Matrix<D>; 2],
    iterations: usize,
) -> Result<Scalar<D>, D::Err> {
    let w: Matrix<D> = matrix(weight, layout)?;
    for _ in 0..iterations {
        let transposed = w.clone().try_permute::<(usize, usize), Axes2<1, 0>>()?;
        *v = unit(transposed.try_matmul(u.clone())?, v)?;
        *u = unit(w.clone().try_matmul(v.clone())?, u)?;
    }
    sigma(w, [u, v])
}

fn sigma<D: DfdxDevice, T: Tape<f32, D>>(
    w: Matrix<D, T>,
    [u, v]: [&Matrix<D>; 2],
) -> Result<Tensor<(), f32, D, T>, D::Err> {
    w.try_matmul(v.clone())?.try_mul(u.clone())?.try_sum()
}

/// gain·W/σ with σ = uᵀWv on the tape and u, v constant. W if σ is zero or not finite.
pub(super) fn normalize<D: DfdxDevice, T: Tape<f32, D>>(
    weight: &Matrix<D>,
    layout: &Layout,
    vectors: &[Matrix<D>; 2],
    gain: f32,
) -> Result<Matrix<D, T>, D::Err> {
    let w: Matrix<D, T> = matrix(weight, layout)?;
    let sigma = sigma(w, vectors.each_ref())?;
    let usable = finite_nonzero(&sigma.retaped::<NoneTape>())?;
    let device = weight.device();
    let one: Scalar<D> = device.try_tensor_from_vec(vec![1.0], ())?;
    let gain = usable
        .clone()
        .try_choose(one.clone().try_mul(gain)?, one.clone())?;
    let divisor = usable.try_choose(sigma, one)?;
    let shape = *weight.shape();
    let scale = divisor
        .try_recip()?
        .try_mul(gain)?
        .try_broadcast_like::<(usize, usize), _>(&shape)?;
    scale.try_mul(weight.retaped::<T>())
}

impl<D: DfdxDevice> Reference<D> {
    /// Power iteration of one layer, see [`PowerIteration`]. `moves` says whether u and v may change.
    pub fn iterate(
        &self,
        layer: &PowerIteration,
        numbers: &mut [f32],
        figures: &mut [f32],
        moves: bool,
    ) -> backend::Result<()> {
        let layout = &layer.layout;
        let (u, v) = (
            layer.u..layer.u + layout.rows,
            layer.v..layer.v + layout.width(),
        );
        let length = layout.rows * layout.width();
        let stored = (layout.blocks, layout.rows * layout.columns);
        let weight = self.matrix(&numbers[layer.weight..][..length], stored)?;
        let mut vectors = [
            self.column(&numbers[u.clone()])?,
            self.column(&numbers[v.clone()])?,
        ];
        let count = if moves { layer.iterations } else { 0 };
        let sigma = power_iteration(&weight, layout, &mut vectors, count);
        let own = &mut figures[layer.figures..][..FIGURES];
        own[SIGMA] = number(&sigma.map_err(failed)?);
        let norm = reduce::norm(&self.device, std::slice::from_ref(&weight));
        own[NORM] = number(&norm.map_err(failed)?);
        for (place, vector) in [u, v].into_iter().zip(vectors) {
            numbers[place].copy_from_slice(&vector.as_vec());
        }
        Ok(())
    }
}
