//! Which matrix a weight becomes, where a file does not say it.

use super::{
    Known,
    row::Nearer,
    scale::{self, Scaled},
};
use crate::{
    preset::Layout,
    spectral::{power, svd::Leading},
};

/// Power iterations after which uᵀWv bounds σ from below well enough.
const BOUND: usize = 10;
/// What single precision may be wrong by.
const MARGIN: f64 = 1e-4;

/// Whether a weight is that of a transposed convolution, `rows` being the length of a stored u; none where a stored u fits
/// both.
pub fn told(shape: &[usize], known: Known, rows: Option<usize>) -> Option<bool> {
    let square = shape.len() > 2 && shape[0] == shape[1] && rows == Some(shape[0]);
    let second = rows.is_some_and(|rows| rows == shape[1] && rows != shape[0]);
    known.transposed.or((!square).then_some(second))
}

/// The layout in which uᵀWv is nearer to the largest singular value, of a finite weight that fits both: the plain one
/// where they are alike. With its singular values, where the algorithm converged.
pub fn nearer(
    weight: &Scaled,
    shape: &[usize],
    u: &[f64],
    v: Option<&[f64]>,
) -> (Nearer, Option<Leading>) {
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
        let bound = power::power_iteration(&single, &layout, &mut u, &mut v, BOUND);
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
    // σ is at least `bound`: where that is too far from uᵀWv, no second decomposition is needed to know it.
    if 1.0 - power / bound > plain_error + MARGIN {
        return (Nearer::Plain, plain);
    }
    let transposed = leading(true);
    match error(power, &transposed) < plain_error {
        true => (Nearer::Transposed, transposed),
        false => (Nearer::Plain, plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_vectors_tell_where_lengths_do() {
        let known = |transposed| Known {
            transposed,
            ..Known::default()
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
            assert_eq!(told(shape, known(transposed), rows), expected, "{shape:?}");
        }
    }

    #[test]
    fn the_layout_whose_vectors_they_are_is_nearer() {
        let shape = [5, 5, 3, 3];
        let weight: Vec<f64> = (0..225).map(|i| f64::from(i * i).sin()).collect();
        let weight = Scaled::of(&weight);
        let single = scale::single(&weight.numbers);
        for (transposed, expected) in [(false, Nearer::Plain), (true, Nearer::Transposed)] {
            let layout = Layout::of(&shape, transposed);
            let (mut u, mut v) = (vec![0.4; 5], vec![0.0; 45]);
            power::power_iteration(&single, &layout, &mut u, &mut v, 20);
            let [u, v] = [u, v].map(|x| x.into_iter().map(f64::from).collect::<Vec<f64>>());
            for v in [Some(&*v), None] {
                assert_eq!(nearer(&weight, &shape, &u, v).0, expected);
            }
        }
    }
}
