//! Scores of samples against a mixture of Gaussians: covered modes, high-quality samples, reverse KL divergence.

use crate::model::MixtureScores;

/// Number of samples that scores are computed from, by convention (Srivastava et al. 2017, VEEGAN).
pub(crate) const SAMPLES: usize = 2500;

/// The definition of the scores, printed with them.
pub(crate) const PROTOCOL: &str = "2,500 samples of the averaged generator in evaluation mode, in data units; a sample is of high quality within 3σ (L2) of its nearest centre; a mode is covered by at least one such sample; reverse KL, in nats, of the histogram of all samples over nearest centres from uniform";

/// Scores `points` against a mixture with the given `centres` and standard deviation `sigma`, all in data units.
///
/// A point belongs to its nearest centre (the first of equally near ones). It is of high quality if its L2 distance to
/// that centre is below 3σ. Reverse KL is Σ p ln(p·modes) in nats, where p is the share of points that belong to a
/// centre. A non-finite point belongs to no centre and is not of high quality. Without points or centres no mode is
/// covered and the divergence is NaN.
pub(crate) fn scores(points: &[[f32; 2]], centres: &[[f32; 2]], sigma: f32) -> MixtureScores {
    let reach = (3.0 * f64::from(sigma)).powi(2);
    let mut members = vec![0_usize; centres.len()];
    let mut good = vec![0_usize; centres.len()];
    for point in points {
        if let Some((mode, distance)) = nearest(point, centres) {
            members[mode] += 1;
            good[mode] += usize::from(distance < reach);
        }
    }
    let assigned: usize = members.iter().sum();
    let divergence: f64 = members
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f64 / assigned as f64;
            share * (share * centres.len() as f64).ln()
        })
        .sum();
    MixtureScores {
        modes: good.iter().filter(|&&count| count > 0).count(),
        modes_total: centres.len(),
        high_quality: good.iter().sum::<usize>() as f32 / points.len().max(1) as f32,
        reverse_kl: if assigned == 0 {
            f32::NAN
        } else {
            divergence as f32
        },
    }
}

/// Each centre with the number of its high-quality points; see [`scores`].
pub(crate) fn members(
    points: &[[f32; 2]],
    centres: &[[f32; 2]],
    sigma: f32,
) -> Vec<([f32; 2], usize)> {
    let reach = (3.0 * f64::from(sigma)).powi(2);
    let mut members: Vec<_> = centres.iter().map(|&centre| (centre, 0)).collect();
    for point in points {
        let nearest = nearest(point, centres).filter(|&(_, distance)| distance < reach);
        if let Some((mode, _)) = nearest {
            members[mode].1 += 1;
        }
    }
    members
}

/// The index of the nearest centre (the first of equally near ones) and its squared distance; `None` for a non-finite
/// point.
fn nearest(point: &[f32; 2], centres: &[[f32; 2]]) -> Option<(usize, f64)> {
    centres
        .iter()
        .map(|centre| squared_distance(point, centre))
        .enumerate()
        .filter(|(_, distance)| distance.is_finite())
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

fn squared_distance(a: &[f32; 2], b: &[f32; 2]) -> f64 {
    (f64::from(a[0]) - f64::from(b[0])).powi(2) + (f64::from(a[1]) - f64::from(b[1])).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f32; 2]; 4] = [[0.0, 0.0], [0.0, 4.0], [4.0, 0.0], [4.0, 4.0]];

    #[test]
    fn equal_coverage_of_all_modes_has_zero_divergence() {
        let found = scores(&SQUARE.repeat(10), &SQUARE, 0.1);
        assert_eq!((found.modes, found.modes_total), (4, 4));
        assert_eq!((found.high_quality, found.reverse_kl), (1.0, 0.0));
    }

    #[test]
    fn one_mode_of_four_diverges_by_ln_4() {
        let found = scores(&[[4.0, 0.0]; 8], &SQUARE, 0.1);
        assert_eq!(found.modes, 1);
        assert!((found.reverse_kl - 4_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn distant_samples_count_in_the_histogram_but_cover_no_mode() {
        // 3σ = 0.3: 0.29 is inside; 0.31 and (0.25, 0.25), at a distance of 0.354, are outside.
        let points = [[0.29, 0.0], [0.0, 4.31], [4.25, 0.25], [4.0, 4.0]];
        let found = scores(&points, &SQUARE, 0.1);
        assert_eq!((found.modes, found.high_quality), (2, 0.5));
        assert_eq!(found.reverse_kl, 0.0);
        let counts: Vec<usize> = members(&points, &SQUARE, 0.1).iter().map(|m| m.1).collect();
        assert_eq!(counts, [1, 0, 0, 1]);
    }

    #[test]
    fn non_finite_points_are_not_of_high_quality() {
        let found = scores(&[[f32::NAN, 0.0], [f32::INFINITY, 0.0]], &SQUARE, 0.1);
        assert_eq!((found.modes, found.high_quality), (0, 0.0));
        assert!(found.reverse_kl.is_nan());
        let half = scores(&[[f32::NAN, 0.0], [0.0, 0.0]], &SQUARE, 0.1);
        assert_eq!(half.high_quality, 0.5);
        assert!((half.reverse_kl - 4_f32.ln()).abs() < 1e-6);
    }
}
