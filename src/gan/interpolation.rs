//! Latents on the way from one to another.

/// Samples on the way that is shown live, both ends included.
pub const STEPS: usize = 16;

/// How one gets from latent to latent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Spherical interpolation (White 2016): direction on the great circle, length on the straight line; straight where
    /// the two lie on one line.
    Slerp,
    Linear,
}

/// The way between columns `ends` of `latents` (latent, count), batch-last: (latent, [`STEPS`]), batch-last.
pub fn between(latents: &[f32], count: usize, ends: (usize, usize)) -> Vec<f32> {
    let column = |at: usize| -> Vec<f32> {
        let entries = latents.iter().skip(at).step_by(count.max(1));
        entries.copied().collect()
    };
    let way = along(&column(ends.0), &column(ends.1), STEPS, Way::Slerp);
    let mut out = vec![0.0; latents.len() / count.max(1) * STEPS];
    for (feature, row) in out.chunks_exact_mut(STEPS).enumerate() {
        for (entry, step) in row.iter_mut().zip(&way) {
            *entry = step[feature];
        }
    }
    out
}

/// So many latents from one to another, both ends included.
pub fn along(from: &[f32], to: &[f32], steps: usize, way: Way) -> Vec<Vec<f32>> {
    let exact = |latent: &[f32]| -> Vec<f64> { latent.iter().map(|&x| f64::from(x)).collect() };
    let (from, to) = (exact(from), exact(to));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (short, long) = (dot(&from, &from).sqrt(), dot(&to, &to).sqrt());
    let angle = (dot(&from, &to) / (short * long)).clamp(-1.0, 1.0).acos();
    let round = way == Way::Slerp && angle.is_finite() && angle.sin() > 1e-6;
    let at = |step: usize| -> Vec<f32> {
        let t = step as f64 / (steps.max(2) - 1) as f64;
        let (a, b) = if round {
            let length = (1.0 - t) * short + t * long;
            let on = |part: f64| (part * angle).sin() / angle.sin();
            (on(1.0 - t) * length / short, on(t) * length / long)
        } else {
            (1.0 - t, t)
        };
        let pairs = from.iter().zip(&to);
        pairs.map(|(from, to)| (a * from + b * to) as f32).collect()
    };
    (0..steps).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_along_the_circle() {
        // Columns (1, 0), (9, 9), (0, 3).
        let latents = [1.0, 9.0, 0.0, 0.0, 9.0, 3.0];
        let way = between(&latents, 3, (0, 2));
        let at = |step: usize| [way[step], way[STEPS + step]];
        assert_eq!(at(0), [1.0, 0.0]);
        assert!(at(STEPS - 1)[0].abs() < 1e-6 && (at(STEPS - 1)[1] - 3.0).abs() < 1e-6);
        for step in 0..STEPS {
            let [x, y] = at(step);
            let length = 1.0 + 2.0 * step as f32 / (STEPS - 1) as f32;
            assert!(((x * x + y * y).sqrt() - length).abs() < 1e-5);
        }
    }

    #[test]
    fn on_one_line_and_from_nothing_it_is_straight() {
        let way = between(&[0.0, 2.0], 2, (0, 1));
        assert_eq!((way[0], way[STEPS - 1]), (0.0, 2.0));
        assert!(way.iter().all(|x| x.is_finite()));
        let back = between(&[-1.0, 1.0], 2, (0, 1));
        assert!(back.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn a_straight_way_has_even_steps() {
        let way = along(&[1.0, 0.0], &[0.0, 3.0], 4, Way::Linear);
        assert_eq!(
            way,
            [[1.0, 0.0], [2.0 / 3.0, 1.0], [1.0 / 3.0, 2.0], [0.0, 3.0]]
        );
        assert_eq!(along(&[1.0], &[2.0], 1, Way::Slerp), [[1.0]]);
    }
}
