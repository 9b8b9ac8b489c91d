//! How well samples cover a mixture of Gaussians.

use crate::model::MixtureScores;

/// Samples that scores are computed from, by convention (Srivastava et al. 2017, VEEGAN).
pub const SAMPLES: usize = 2500;

/// What the scores mean, to be printed beside them.
pub const PROTOCOL: &str = "2,500 samples of the averaged generator in evaluation mode, in data units; a sample is of high quality within 3σ (L2) of its nearest centre; a mode is covered by at least one such sample; reverse KL, in nats, of the histogram of all samples over nearest centres from uniform";

/// Scores `points` against a mixture with these `centres`, all in data units, and standard deviation `sigma`.
///
/// A sample belongs to its nearest centre (the first of equals) and is of high quality when its L2 distance is under
/// 3σ. Reverse KL is Σ p ln(p·modes) in nats, p the share of all samples that belong to a centre. Points that are not
/// finite belong to no centre and are of no quality. Without points or centres, nothing is covered and the divergence
/// is NaN.
pub fn scores(points: &[[f32; 2]], centres: &[[f32; 2]], sigma: f32) -> MixtureScores {
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

/// Each centre with the samples of high quality that belong to it; see [`scores`].
pub fn members(points: &[[f32; 2]], centres: &[[f32; 2]], sigma: f32) -> Vec<([f32; 2], usize)> {
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

/// The nearest centre, the first of equals, and its squared distance; none for a point that is not finite.
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
    fn a_perfect_cover_has_no_divergence() {
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
    fn samples_out_of_reach_count_for_the_histogram_but_cover_nothing() {
        // 3σ = 0.3: at 0.29 within, at 0.31 and at (0.25, 0.25), which is 0.354 away, without.
        let points = [[0.29, 0.0], [0.0, 4.31], [4.25, 0.25], [4.0, 4.0]];
        let found = scores(&points, &SQUARE, 0.1);
        assert_eq!((found.modes, found.high_quality), (2, 0.5));
        assert_eq!(found.reverse_kl, 0.0);
        let counts: Vec<usize> = members(&points, &SQUARE, 0.1).iter().map(|m| m.1).collect();
        assert_eq!(counts, [1, 0, 0, 1]);
    }

    #[test]
    fn points_that_are_no_numbers_are_of_no_quality() {
        let found = scores(&[[f32::NAN, 0.0], [f32::INFINITY, 0.0]], &SQUARE, 0.1);
        assert_eq!((found.modes, found.high_quality), (0, 0.0));
        assert!(found.reverse_kl.is_nan());
        let half = scores(&[[f32::NAN, 0.0], [0.0, 0.0]], &SQUARE, 0.1);
        assert_eq!(half.high_quality, 0.5);
        assert!((half.reverse_kl - 4_f32.ln()).abs() < 1e-6);
    }
}
