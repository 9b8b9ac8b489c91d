//! Scores from a classifier's class probabilities.

use super::classifier::CLASSES;

/// exp of the mean KL divergence, in nats, of p(y|x) from the marginal p(y) over all images (the formula of Salimans et
/// al. 2016; it is not an Inception Score, because the classifier is another one). It is 1 if all images have the same
/// probabilities, and at most the number of classes. NaN without images or if a probability is not finite.
pub(crate) fn classifier_score(probabilities: &[[f64; CLASSES]]) -> f32 {
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

/// The entropy, in nats, of the histogram of predicted classes: ln 10 = 2.303 if all classes are equally frequent, 0 if
/// only one occurs. NaN without images or if a probability is not finite.
pub(crate) fn class_entropy(probabilities: &[[f64; CLASSES]]) -> f32 {
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

    fn certain(class: usize) -> [f64; CLASSES] {
        std::array::from_fn(|other| f64::from(u8::from(other == class)))
    }

    #[test]
    fn certain_predictions_of_all_classes_have_the_maximum_scores() {
        let all: Vec<_> = (0..CLASSES).map(certain).collect();
        assert!((classifier_score(&all) - 10.0).abs() < 1e-5);
        assert!((class_entropy(&all) - 10_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn one_class_or_uniform_predictions_have_the_minimum_scores() {
        for row in [certain(3), [0.1; CLASSES]] {
            let all = [row; 7];
            assert!((classifier_score(&all) - 1.0).abs() < 1e-6);
            assert_eq!(class_entropy(&all), 0.0);
        }
    }

    #[test]
    fn the_order_of_images_does_not_change_the_scores() {
        // Two certain classes with half of the images each: every KL divergence and the entropy are ln 2.
        let mut all = [certain(0), certain(0), certain(9), certain(9)];
        for _ in 0..4 {
            all.rotate_left(1);
            assert!((classifier_score(&all) - 2.0).abs() < 1e-6);
            assert!((class_entropy(&all) - 2_f32.ln()).abs() < 1e-6);
        }
    }

    #[test]
    fn without_finite_probabilities_the_scores_are_nan() {
        for none in [vec![], vec![[f64::NAN; CLASSES]]] {
            assert!(classifier_score(&none).is_nan() && class_entropy(&none).is_nan());
        }
    }
}
