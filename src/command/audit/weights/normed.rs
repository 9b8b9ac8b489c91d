//! The weight that weight normalization computes (Salimans & Kingma 2016): g·v/‖v‖, along one axis.

/// The values of a weight that share a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Values with one index on this axis (PyTorch's `dim`).
    Along(usize),
    /// All values (`dim=None`).
    All,
}

/// Returns the axis along which lengths of one shape scale directions of another, or `None` if the shapes do not fit.
pub(super) fn axis(lengths: &[usize], directions: &[usize]) -> Option<Axis> {
    if lengths.iter().all(|&side| side == 1) {
        return Some(Axis::All);
    }
    if lengths.len() != directions.len() {
        return None;
    }
    let axis = lengths.iter().position(|&side| side != 1)?;
    let others = lengths.iter().skip(axis + 1).all(|&side| side == 1);
    (others && lengths[axis] == directions[axis]).then_some(Axis::Along(axis))
}

/// Returns g·v/‖v‖, row-major in the shape of the directions.
pub(super) fn weight(lengths: &[f64], directions: &[f64], shape: &[usize], axis: Axis) -> Vec<f64> {
    let (places, inner) = match axis {
        Axis::All => (1, directions.len().max(1)),
        // A tensor without values may have sides of any length.
        Axis::Along(axis) => (
            shape[axis],
            directions.len() / size_up_to(shape, axis).max(1),
        ),
    };
    let place = |i: usize| i / inner.max(1) % places.max(1);
    // Divide by the largest value first, so that squares stay within double precision.
    let mut largest = vec![0.0f64; places];
    for (i, v) in directions.iter().enumerate() {
        largest[place(i)] = largest[place(i)].max(v.abs());
    }
    let mut squares = vec![0.0; places];
    for (i, v) in directions.iter().enumerate() {
        squares[place(i)] += (v / largest[place(i)]).powi(2);
    }
    let scaled = directions.iter().enumerate().map(|(i, v)| {
        let place = place(i);
        lengths[place] * (v / largest[place] / squares[place].sqrt())
    });
    scaled.collect()
}

/// Returns the product of the sides up to and including `axis`.
fn size_up_to(shape: &[usize], axis: usize) -> usize {
    let sides = shape[..=axis].iter();
    sides.fold(1, |product: usize, &side| product.saturating_mul(side))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_the_lengths_decides_the_axis() {
        for (lengths, directions, expected) in [
            (&[5, 1][..], &[5, 3][..], Some(Axis::Along(0))),
            (&[1, 3], &[5, 3], Some(Axis::Along(1))),
            (&[5, 1, 1, 1], &[5, 3, 2, 2], Some(Axis::Along(0))),
            (&[], &[5, 3], Some(Axis::All)),
            (&[1, 1], &[1, 3], Some(Axis::All)),
            (&[5], &[5, 3], None),
            (&[4, 1], &[5, 3], None),
            (&[5, 3], &[5, 3], None),
        ] {
            assert_eq!(axis(lengths, directions), expected, "{lengths:?}");
        }
    }

    #[test]
    fn every_row_has_its_length() {
        let made = weight(
            &[10.0, 1.0],
            &[3.0, 4.0, 0.0, -2e200],
            &[2, 2],
            Axis::Along(0),
        );
        assert_eq!(made, [6.0, 8.0, 0.0, -1.0]);
        let made = weight(&[2.0, 6.0], &[3.0, 0.0, 4.0, -5.0], &[2, 2], Axis::Along(1));
        let expected = [1.2, 0.0, 1.6, -6.0];
        assert!(
            made.iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-15)
        );
        let made = weight(&[5.0], &[3.0, 4.0], &[1, 2], Axis::All);
        assert_eq!(made, [3.0, 4.0]);
        assert!(weight(&[1.0], &[0.0, 0.0], &[1, 2], Axis::All)[0].is_nan());
    }
}
