//! Scores of what a classifier takes images for.

use super::classifier::CLASSES;

/// exp of the mean KL divergence, in nats, of p(y|x) from its mean p(y) over all images: 1 where all images look alike
/// to the classifier, at most the number of classes. The formula of Salimans et al. 2016; with a classifier of our own
/// it is no Inception Score. NaN without images or where a probability is not finite.
pub fn classifier_score(probabilities: &[[f64; CLASSES]]) -> f32 {
    let count = probabilities.len() as f64;
    let mut marginal = [0.0; CLASSES];
    for row in probabilities {
        marginal
            .iter_mut()
            .zip(row)
            .for_each(|(sum, p)| *sum += p / count);
    }
    let divergence = |row: &[f64; CLASSES]| -> f64 {
        let terms = row.iter().zip(&marginal);
        terms
            .map(|(&p, &all)| if p == 0.0 { 0.0 } else { p * (p / all).ln() })
            .sum()
    };
    let mean = probabilities.iter().map(divergence).sum::<f64>() / count;
    mean.exp() as f32
}

/// The entropy, in nats, of the histogram of the most probable classes: ln 10 = 2.303 where all are equally many, 0
/// where there is one. NaN without images or where a probability is not finite.
pub fn class_entropy(probabilities: &[[f64; CLASSES]]) -> f32 {
    let mut members = [0_usize; CLASSES];
    for row in probabilities {
        if !row.iter().all(|p| p.is_finite()) {
            return f32::NAN;
        }
        let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        if let Some((class, _)) = best {
            members[class] += 1;
        }
    }
    if probabilities.is_empty() {
        return f32::NAN;
    }
    let entropy: f64 = members
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = count as f64 / probabilities.len() as f64;
            -share * share.ln()
        })
        .sum();
    entropy.abs() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(class: usize) -> [f64; CLASSES] {
        std::array::from_fn(|other| f64::from(u8::from(other == class)))
    }

    #[test]
    fn certainty_over_all_classes_is_the_most() {
        let all: Vec<_> = (0..CLASSES).map(sure).collect();
        assert!((classifier_score(&all) - 10.0).abs() < 1e-5);
        assert!((class_entropy(&all) - 10_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn one_class_or_no_idea_is_the_least() {
        for row in [sure(3), [0.1; CLASSES]] {
            let all = [row; 7];
            assert!((classifier_score(&all) - 1.0).abs() < 1e-6);
            assert_eq!(class_entropy(&all), 0.0);
        }
    }

    #[test]
    fn a_known_mixture_in_any_order() {
        // Two classes in halves, certain: KL is ln 2 for each, the entropy as well.
        let mut all = [sure(0), sure(0), sure(9), sure(9)];
        for _ in 0..4 {
            all.rotate_left(1);
            assert!((classifier_score(&all) - 2.0).abs() < 1e-6);
            assert!((class_entropy(&all) - 2_f32.ln()).abs() < 1e-6);
        }
    }

    #[test]
    fn nothing_scores_nothing() {
        for none in [vec![], vec![[f64::NAN; CLASSES]]] {
            assert!(classifier_score(&none).is_nan() && class_entropy(&none).is_nan());
        }
    }
}
