//! The layout of a weight as a matrix: plain or transposed convolution.

use super::{
    LayerInfo,
    row::ChosenLayout,
    scale::{self, Scaled},
};
use crate::{
    engine::spectral::{power, svd::Leading},
    preset::Layout,
};

/// Power iterations after which uᵀWv is a good lower bound of σ.
const BOUND_ITERATIONS: usize = 10;
/// Relative error of single precision, at most.
const MARGIN: f64 = 1e-4;

/// Returns whether a weight belongs to a transposed convolution, or `None` if its stored u fits both layouts. `rows` is the
/// length of the stored u.
pub(super) fn is_transposed(shape: &[usize], info: LayerInfo, rows: Option<usize>) -> Option<bool> {
    let square = shape.len() > 2 && shape[0] == shape[1] && rows == Some(shape[0]);
    let second = rows.is_some_and(|rows| rows == shape[1] && rows != shape[0]);
    info.transposed.or((!square).then_some(second))
}

/// Chooses the layout in which uᵀWv of the stored vectors is nearer to the largest singular value; if both are equally
/// near, the plain one. Returns it with its leading singular values and vectors if the SVD converged. The weight is finite.
pub(super) fn choose(
    weight: &Scaled,
    shape: &[usize],
    u: &[f64],
    v: Option<&[f64]>,
) -> (ChosenLayout, Option<Leading>) {
    let single = scale::single(&weight.numbers);
    let (u, v) = (scale::single(u), v.map(scale::single));
    let leading = |transposed| Leading::of(&weight.numbers, &Layout::of(shape, transposed));
    let power = |transposed| {
        let layout = Layout::of(shape, transposed);
        let mut u = u.clone();
        let mut v = v
            .clone()
            .unwrap_or_else(|| power::image(&single, &layout, &u));
        let power = power::sigma(&single, &layout, &u, &v);
        let bound = power::power_iteration(&single, &layout, &mut u, &mut v, BOUND_ITERATIONS);
        (f64::from(power), f64::from(bound))
    };
    let error = |power: f64, leading: &Option<Leading>| {
        let sigma = leading.as_ref().map_or(0.0, |leading| leading.sigma);
        (power - sigma).abs() / sigma
    };
    let (plain_power, _) = power(false);
    let plain = leading(false);
    let plain_error = error(plain_power, &plain);
    let (power, bound) = power(true);
    // σ is at least `bound`. If even that is too far from uᵀWv, a second SVD is not needed.
    if 1.0 - power / bound > plain_error + MARGIN {
        return (ChosenLayout::Plain, plain);
    }
    let transposed = leading(true);
    if error(power, &transposed) < plain_error {
        (ChosenLayout::Transposed, transposed)
    } else {
        (ChosenLayout::Plain, plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_u_decides_if_it_can() {
        let info = |transposed| LayerInfo {
            transposed,
            ..LayerInfo::default()
        };
        for (shape, transposed, rows, expected) in [
            (&[3, 5, 2, 2][..], None, Some(5), Some(true)),
            (&[3, 5, 2, 2], None, Some(3), Some(false)),
            (&[3, 5, 2, 2], None, None, Some(false)),
            (&[3, 5, 2, 2], Some(true), Some(3), Some(true)),
            (&[4, 4, 2, 2], None, Some(4), None),
            (&[4, 4, 2, 2], Some(false), Some(4), Some(false)),
            (&[4, 4, 2, 2], None, Some(3), Some(false)),
            (&[4, 4], None, Some(4), Some(false)),
        ] {
            let found = is_transposed(shape, info(transposed), rows);
            assert_eq!(found, expected, "{shape:?}");
        }
    }

    #[test]
    fn the_layout_of_the_vectors_is_chosen() {
        let shape = [5, 5, 3, 3];
        let weight: Vec<f64> = (0..225).map(|i| f64::from(i * i).sin()).collect();
        let weight = Scaled::of(&weight);
        let single = scale::single(&weight.numbers);
        for (transposed, expected) in [
            (false, ChosenLayout::Plain),
            (true, ChosenLayout::Transposed),
        ] {
            let layout = Layout::of(&shape, transposed);
            let (mut u, mut v) = (vec![0.4; 5], vec![0.0; 45]);
            power::power_iteration(&single, &layout, &mut u, &mut v, 20);
            let [u, v] = [u, v].map(|x| x.into_iter().map(f64::from).collect::<Vec<f64>>());
            for v in [Some(&*v), None] {
                assert_eq!(choose(&weight, &shape, &u, v).0, expected);
            }
        }
    }
}
