//! Evaluates D and G on the plane of two-dimensional data.

use super::engine::{Engine, Failure};
use crate::{
    engine::{data::Mixture, metric::mixture},
    model::Plane,
};

/// Number of grid cells per side.
const SIDE: usize = 48;
/// Margin around the centres, as a share of their larger extent.
const MARGIN: f32 = 0.3;
/// Minimum margin, in standard deviations of a mode.
const DEVIATIONS: f32 = 6.0;
/// Maximum number of generated points with an arrow.
const ARROWS: usize = 128;
/// Number of lines of the grid of latents in each direction.
const LINES: usize = 9;
/// Number of points per line.
const POINTS: usize = 33;
/// Extent of the grid of latents in each direction from 0, in standard deviations.
const REACH: f32 = 2.0;

/// Evaluates the networks of `engine` after `step`. `generated` are the samples of the fixed latents, in data units.
///
/// # Errors
/// If the device fails.
pub(super) fn plane(
    engine: &dyn Engine,
    step: u64,
    mixture: &Mixture,
    latent: usize,
    generated: &[[f32; 2]],
) -> Result<Plane, Failure> {
    let corners = corners(mixture);
    let lattice = lattice(corners);
    let (scores, _) = engine.discriminate(&mixture.batch(&lattice), lattice.len())?;
    let pointed = &generated[..generated.len().min(ARROWS)];
    let (_, slopes) = engine.discriminate(&mixture.batch(pointed), pointed.len())?;
    // The gradient in data units: the chain rule divides by the scale.
    let (x, y) = slopes.split_at(slopes.len() / 2);
    let arrows = pointed.iter().zip(x.iter().zip(y));
    let arrows = arrows.map(|(&point, (x, y))| (point, [x / mixture.scale(), y / mixture.scale()]));
    Ok(Plane {
        step,
        corners,
        size: (SIDE, SIDE),
        scores,
        arrows: arrows.collect(),
        lines: lines(engine, mixture, latent)?,
        modes: mixture::members(generated, mixture.centres(), mixture.sigma()),
        samples: generated.len(),
    })
}

/// Lower left and upper right corner of a square around all centres. It does not depend on G, so the view is stable.
fn corners(mixture: &Mixture) -> [[f32; 2]; 2] {
    let range = |axis: usize| {
        let along = mixture.centres().iter().map(|centre| centre[axis]);
        let low = along.clone().fold(f32::INFINITY, f32::min);
        (low, along.fold(f32::NEG_INFINITY, f32::max))
    };
    let (x, y) = (range(0), range(1));
    let extent = (x.1 - x.0).max(y.1 - y.0);
    let half = extent / 2.0 + (MARGIN * extent).max(DEVIATIONS * mixture.sigma());
    let middle = [(x.0 + x.1) / 2.0, (y.0 + y.1) / 2.0];
    [middle.map(|m| m - half), middle.map(|m| m + half)]
}

/// Centres of the grid cells, row by row from the top.
fn lattice([low, high]: [[f32; 2]; 2]) -> Vec<[f32; 2]> {
    let at = |axis: usize, cell: usize| {
        low[axis] + (high[axis] - low[axis]) * (cell as f32 + 0.5) / SIDE as f32
    };
    let row = |row: usize| (0..SIDE).map(move |column| [at(0, column), at(1, SIDE - 1 - row)]);
    (0..SIDE).flat_map(row).collect()
}

/// Images under G of the lines of a grid of latents, in data units.
fn lines(
    engine: &dyn Engine,
    mixture: &Mixture,
    latent: usize,
) -> Result<Vec<Vec<[f32; 2]>>, Failure> {
    let along = |i: usize, count: usize| REACH * (2.0 * i as f32 / (count - 1) as f32 - 1.0);
    // Lines along the first latent entry, then along the second if there is one.
    let ways = latent.min(2);
    let lines = if latent > 1 { LINES } else { 1 };
    let count = ways * lines * POINTS;
    let mut latents = vec![0.0; latent * count];
    for way in 0..ways {
        for line in 0..lines {
            for point in 0..POINTS {
                let sample = (way * lines + line) * POINTS + point;
                latents[way * count + sample] = along(point, POINTS);
                if latent > 1 {
                    latents[(1 - way) * count + sample] = along(line, lines);
                }
            }
        }
    }
    let made = mixture.points(&engine.sample(&latents)?);
    Ok(made.chunks(POINTS).map(<[_]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lattice_starts_at_the_top_left_within_its_square() {
        let mixture = Mixture::new(vec![[-1.0, 0.0], [1.0, 0.5]], 0.01, 1.0);
        let [low, high] = corners(&mixture);
        assert!((low[0] + 1.6).abs() < 1e-6 && (high[1] - (0.25 + 1.6)).abs() < 1e-6);
        let points = lattice([low, high]);
        assert_eq!(points.len(), SIDE * SIDE);
        assert!(points[0][0] < 0.0 && points[0][1] > 0.25);
        assert!(points[SIDE - 1][0] > 0.0 && points[SIDE * SIDE - 1][1] < 0.25);
        assert!(
            points
                .iter()
                .all(|p| (0..2).all(|i| (low[i]..=high[i]).contains(&p[i])))
        );
        // A single centre also has a square.
        let [low, high] = corners(&Mixture::new(vec![[3.0, 3.0]], 0.1, 1.0));
        assert!((high[0] - low[0] - 1.2).abs() < 1e-5);
    }
}
