//! Interpolation between latents.

/// Latents in an interpolation that is shown live, both ends included.
pub(crate) const STEPS: usize = 16;

/// The path of an interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Spherical interpolation (White 2016): the direction follows the great circle, the length changes linearly. Linear
    /// if the two latents are collinear.
    Slerp,
    Linear,
}

/// The spherical interpolation between two columns of `latents` (latent, count) batch-last: (latent, [`STEPS`])
/// batch-last.
pub(crate) fn between(latents: &[f32], count: usize, ends: (usize, usize)) -> Vec<f32> {
    let column = |at: usize| -> Vec<f32> {
        let entries = latents.iter().skip(at).step_by(count.max(1));
        entries.copied().collect()
    };
    let path = along(&column(ends.0), &column(ends.1), STEPS, Way::Slerp);
    let mut out = vec![0.0; latents.len() / count.max(1) * STEPS];
    for (feature, row) in out.chunks_exact_mut(STEPS).enumerate() {
        for (entry, step) in row.iter_mut().zip(&path) {
            *entry = step[feature];
        }
    }
    out
}

/// `steps` latents from `from` to `to`, both included.
pub(crate) fn along(from: &[f32], to: &[f32], steps: usize, way: Way) -> Vec<Vec<f32>> {
    let wide = |latent: &[f32]| -> Vec<f64> { latent.iter().map(|&x| f64::from(x)).collect() };
    let (from, to) = (wide(from), wide(to));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (from_length, to_length) = (dot(&from, &from).sqrt(), dot(&to, &to).sqrt());
    let cosine = dot(&from, &to) / (from_length * to_length);
    let angle = cosine.clamp(-1.0, 1.0).acos();
    let spherical = way == Way::Slerp && angle.is_finite() && angle.sin() > 1e-6;
    let at = |step: usize| -> Vec<f32> {
        let t = step as f64 / (steps.max(2) - 1) as f64;
        let (a, b) = if spherical {
            let length = (1.0 - t) * from_length + t * to_length;
            let factor = |part: f64| (part * angle).sin() / angle.sin();
            (
                factor(1.0 - t) * length / from_length,
                factor(t) * length / to_length,
            )
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
    fn slerp_follows_the_great_circle() {
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
    fn slerp_between_collinear_or_zero_latents_is_linear() {
        let way = between(&[0.0, 2.0], 2, (0, 1));
        assert_eq!((way[0], way[STEPS - 1]), (0.0, 2.0));
        assert!(way.iter().all(|x| x.is_finite()));
        let back = between(&[-1.0, 1.0], 2, (0, 1));
        assert!(back.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn linear_interpolation_has_equal_steps() {
        let way = along(&[1.0, 0.0], &[0.0, 3.0], 4, Way::Linear);
        assert_eq!(
            way,
            [[1.0, 0.0], [2.0 / 3.0, 1.0], [1.0 / 3.0, 2.0], [0.0, 3.0]]
        );
        assert_eq!(along(&[1.0], &[2.0], 1, Way::Slerp), [[1.0]]);
    }
}
