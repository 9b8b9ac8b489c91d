//! Scores of generated images against real images.

use std::ops::Range;

use super::{
    classes::{class_entropy, classifier_score},
    classifier::{self, Classify, FEATURES, SIDE, Set},
    diversity::{diversity, mean_distance},
    frechet::{Gaussian, Reference},
    instruments::{Instruments, Project},
    wasserstein::{PATCH, PATCHES, PROJECTIONS, Projected, Slices, distance},
};
use crate::{
    engine::{
        data::Images,
        random::{Stream, generator},
    },
    model::ImageScores,
};

/// Most images of the fixed latents that diversity is measured on.
pub(crate) const PICTURES: usize = 64;
/// Images that are processed together.
pub(crate) const CHUNK: usize = 125;
/// Index of the draw of real images in [`Stream::Scoring`]; the latents have index 0.
const REAL: u64 = 1;

/// Scores generated images against real images of one set, whose statistics are computed once.
pub struct ImageScorer {
    seed: u64,
    count: usize,
    pictures: usize,
    slices: Slices,
    projector: Option<Box<dyn Project>>,
    real: Projected,
    real_distance: f64,
    features: Option<FeatureScorer>,
}

/// A classifier, and the Gaussian of its features for real images.
struct FeatureScorer {
    classifier: Box<dyn Classify>,
    real: Option<Reference>,
}

/// The statistics of a set of images that scores are computed from.
struct Statistics {
    patches: Vec<f32>,
    probabilities: Vec<[f64; classifier::CLASSES]>,
    features: Vec<f64>,
}

impl ImageScorer {
    /// Computes the statistics of `count` real images of `shape`, (channels, height, width), and the diversity of
    /// `pictures` of them. The classifier of `set` is used if the images have the shape that it needs. `on` says where
    /// the instruments run. `go_on` is called between parts of the work; its error ends the work.
    ///
    /// # Errors
    /// If images cannot be read, the classifier fails, or `go_on` returns an error.
    pub fn new<E: From<classifier::Error>>(
        images: &Images,
        shape: (usize, usize, usize),
        set: Option<Set>,
        on: &dyn Instruments,
        seed: u64,
        (count, pictures): (usize, usize),
        go_on: &dyn Fn() -> Result<(), E>,
    ) -> Result<Self, E> {
        let pictures = pictures.min(PICTURES);
        let chosen = images.draw(
            count.max(pictures),
            &mut generator(seed, Stream::Scoring, REAL),
        );
        let classifier = set
            .filter(|_| shape == (1, SIDE, SIDE))
            .map(|set| on.classifier(set))
            .transpose()?;
        go_on()?;
        let slices = Slices::new(seed, shape, count);
        let projector = slices.projector(on)?;
        let mut real = |range: Range<usize>| {
            go_on()?;
            let real = images.gather(&chosen[range]);
            real.map_err(|error| E::from(error.into()))
        };
        let seen = statistics(&slices, classifier.as_deref(), count, &mut real)?;
        let pairs = images.gather(&chosen[..pictures]);
        let pairs = pairs.map_err(|error| E::from(error.into()))?;
        let features = classifier.map(|classifier| FeatureScorer {
            real: Gaussian::fit(&seen.features, FEATURES).and_then(Reference::new),
            classifier,
        });
        Ok(Self {
            seed,
            count,
            pictures,
            real: slices.project(&seen.patches, projector.as_deref())?,
            projector,
            real_distance: mean_distance(&pairs, pictures),
            slices,
            features,
        })
    }

    /// Number of generated images that diversity is measured on.
    pub fn pictures(&self) -> usize {
        self.pictures
    }

    /// Scores generated images, all (features, …) batch-last. Diversity is that of `pictures`, whose number is
    /// [`ImageScorer::pictures`]. The other scores are of the samples that `generated` gives for a range of indices.
    ///
    /// # Errors
    /// If `generated` or the classifier fails.
    pub fn scores<E: From<classifier::Error>>(
        &self,
        pictures: &[f32],
        generated: &mut dyn FnMut(Range<usize>) -> Result<Vec<f32>, E>,
    ) -> Result<ImageScores, E> {
        let classifier = self.features.as_ref().map(|scorer| &*scorer.classifier);
        let seen = statistics(&self.slices, classifier, self.count, generated)?;
        let projector = self.projector.as_deref();
        let projected = self.slices.project(&seen.patches, projector)?;
        let classified = |score: &dyn Fn(&FeatureScorer) -> f32| self.features.as_ref().map(score);
        Ok(ImageScores {
            diversity: diversity(mean_distance(pictures, self.pictures), self.real_distance),
            swd: distance(&projected, &self.real),
            classifier_score: classified(&|_| classifier_score(&seen.probabilities)),
            frechet: classified(&|scorer| {
                let generated = Gaussian::fit(&seen.features, FEATURES);
                let distance = scorer.real.as_ref().zip(generated);
                let distance = distance.and_then(|(real, generated)| real.distance(&generated));
                distance.map_or(f32::NAN, |distance| distance as f32)
            }),
            class_entropy: classified(&|_| class_entropy(&seen.probabilities)),
        })
    }

    /// The definition of the scores, printed with them.
    pub fn protocol(&self) -> String {
        let mut text = format!(
            "{} samples of the averaged generator in evaluation mode against as many real images, seed {}; diversity: mean pairwise L2 distance of {} images of the fixed latents over that of as many real ones; swd: {PATCHES} patches of {PATCH}×{PATCH} pixels an image, {PROJECTIONS} random projections, mean Wasserstein-1 distance",
            self.count, self.seed, self.pictures
        );
        if let Some(FeatureScorer { classifier, .. }) = &self.features {
            let about = classifier.about();
            text.push_str(&format!(
                "; classifier score (exp of the mean KL), Fréchet distance in {FEATURES} features and entropy of the classes (nats) by a small classifier of our own, right on {:.1} % of {} held-out images",
                about.accuracy * 100.0,
                about.held_out
            ));
        }
        text
    }
}

/// The statistics of `count` images, which `images` gives in chunks.
fn statistics<E: From<classifier::Error>>(
    slices: &Slices,
    classifier: Option<&dyn Classify>,
    count: usize,
    images: &mut dyn FnMut(Range<usize>) -> Result<Vec<f32>, E>,
) -> Result<Statistics, E> {
    let mut statistics = Statistics {
        patches: Vec::new(),
        probabilities: Vec::new(),
        features: Vec::new(),
    };
    for first in (0..count).step_by(CHUNK) {
        let size = CHUNK.min(count - first);
        let part = images(first..first + size)?;
        statistics.patches.extend(slices.cut(first, &part, size));
        if let Some(classifier) = classifier {
            let classified = classifier.classify(&part)?;
            statistics.probabilities.extend(classified.probabilities);
            statistics.features.extend(classified.features);
        }
    }
    Ok(statistics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{data::bundled, metric::instruments::OnHost};

    const SHAPE: (usize, usize, usize) = (1, SIDE, SIDE);

    fn digits() -> Images {
        Images::new(bundled::digits().unwrap(), SHAPE).unwrap()
    }

    fn scorer(
        images: &Images,
        shape: (usize, usize, usize),
        set: Option<Set>,
        seed: u64,
        counts: (usize, usize),
    ) -> ImageScorer {
        let go_on = || Ok::<_, classifier::Error>(());
        ImageScorer::new(images, shape, set, &OnHost, seed, counts, &go_on).unwrap()
    }

    fn scores(scorer: &ImageScorer, images: &Images, chosen: &[u32]) -> ImageScores {
        let pictures = images.gather(&chosen[..scorer.pictures()]).unwrap();
        let mut give =
            |range: Range<usize>| Ok::<_, classifier::Error>(images.gather(&chosen[range])?);
        scorer.scores(&pictures, &mut give).unwrap()
    }

    #[test]
    fn real_images_score_well_and_one_repeated_image_does_not() {
        let images = digits();
        let scorer = self::scorer(&images, SHAPE, Some(Set::Digits), 0, (1000, 64));
        let mut others = images.draw(2000, &mut generator(1, Stream::Data, 0));
        let real = scores(&scorer, &images, &others);
        eprintln!("real against real: {real:?}");
        assert!((real.diversity - 1.0).abs() < 0.05, "{real:?}");
        assert!(real.swd < 0.03, "{real:?}");
        assert!(
            real.classifier_score.is_some_and(|score| score > 8.0),
            "{real:?}"
        );
        assert!(
            real.class_entropy.is_some_and(|entropy| entropy > 2.29),
            "{real:?}"
        );

        others.fill(17);
        let one = scores(&scorer, &images, &others);
        assert_eq!((one.diversity, one.class_entropy), (0.0, Some(0.0)));
        assert!(one.swd > 2.0 * real.swd && one.frechet > real.frechet.map(|d| 20.0 * d));
        assert!(
            one.classifier_score
                .is_some_and(|score| (score - 1.0).abs() < 1e-4)
        );
    }

    #[test]
    fn the_order_of_samples_does_not_change_the_classifier_scores() {
        let images = digits();
        let scorer = self::scorer(&images, SHAPE, Some(Set::Digits), 3, (300, 8));
        let mut chosen = images.draw(300, &mut generator(1, Stream::Data, 0));
        let forth = scores(&scorer, &images, &chosen);
        chosen.reverse();
        let back = scores(&scorer, &images, &chosen);
        let close = |a: Option<f32>, b: Option<f32>| {
            let (a, b) = (a.unwrap(), b.unwrap());
            assert!((a - b).abs() <= 1e-4 * a, "{a} {b}");
        };
        close(forth.classifier_score, back.classifier_score);
        close(forth.frechet, back.frechet);
        assert_eq!(forth.class_entropy, back.class_entropy);
    }

    #[test]
    fn sets_without_a_classifier_have_two_scores() {
        let images = Images::new(bundled::dolls().unwrap(), (3, 32, 32)).unwrap();
        let scorer = self::scorer(&images, (3, 32, 32), None, 0, (200, 64));
        let found = scores(
            &scorer,
            &images,
            &images.draw(200, &mut generator(2, Stream::Data, 0)),
        );
        let json = serde_json::to_value(found).unwrap();
        assert_eq!(json.as_object().map(|keys| keys.len()), Some(2), "{json}");
        assert!(!scorer.protocol().contains("classifier"));
    }

    #[test]
    fn scores_of_nan_samples_are_null() {
        let images = digits();
        let scorer = self::scorer(&images, SHAPE, Some(Set::Digits), 0, (130, 4));
        let mut lost = |range: Range<usize>| {
            Ok::<_, classifier::Error>(vec![f32::NAN; range.len() * SIDE * SIDE])
        };
        let found = scorer
            .scores(&[f32::NAN; 4 * SIDE * SIDE], &mut lost)
            .unwrap();
        let json = serde_json::to_value(found).unwrap();
        let all_null = |object: &serde_json::Map<_, _>| {
            object.values().all(|x: &serde_json::Value| x.is_null())
        };
        assert!(
            json.as_object()
                .is_some_and(|object| object.len() == 5 && all_null(object))
        );
    }
}
