//! A small classifier for the bundled image sets of ten classes. Scores use its class probabilities and its features.
//!
//! It is not an Inception network: scores from it are neither an Inception Score nor an FID, and compare only with scores
//! from the same classifier.

mod about;
mod train;

use std::{collections::BTreeMap, io::Cursor, path::Path};

use crate::{
    engine::{
        data,
        nn::{Backend, Failure, Network, build::Fresh},
    },
    files::tensors::{self, TensorFile, encode::Entry},
    preset::{LayerSpec, Shape, WeightInit},
};

pub use about::{About, Set};
pub use train::{Trained, train};

/// Number of classes.
pub const CLASSES: usize = 10;
/// Number of features of an image: the outputs of the second to last layer.
pub const FEATURES: usize = 64;
/// Height and width of the gray images, in pixels.
pub const SIDE: usize = 28;

/// Name of the network, the prefix of its tensor keys.
const NAME: &str = "c";
/// The key of [`About`] in a file's metadata.
const ABOUT: &str = "classifier";
/// Images in one forward pass. The size is fixed, so that results do not depend on the number of images.
const BATCH: usize = 125;

/// An error of the classifier or of the images it classifies.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Error {
    #[error("{0}")]
    Data(#[from] data::Error),
    #[error("the classifier cannot be computed: {0}")]
    Engine(String),
    #[error("the classifier cannot be computed: {0}")]
    Device(#[from] Failure),
    #[error(transparent)]
    File(#[from] tensors::Error),
    #[error("the classifier's file: {0}")]
    Encode(#[from] safetensors::SafeTensorError),
    #[error("the classifier's file lacks {0}")]
    Missing(String),
}

/// A trained classifier of gray 28×28 images.
pub struct Classifier<B: Backend> {
    network: Network<B>,
    /// How it was trained.
    pub about: About,
}

/// Classifies images.
pub trait Classify: Send + Sync {
    /// Classifies `images` in [−1, 1], (784, count) batch-last. A trailing part of an image is ignored.
    ///
    /// # Errors
    /// If the device fails.
    fn classify(&self, images: &[f32]) -> Result<Classified, Error>;

    /// How the classifier was trained.
    fn about(&self) -> &About;
}

/// A classifier's outputs for a set of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// p(class | image) of each image.
    pub probabilities: Vec<[f64; CLASSES]>,
    /// The outputs of the second to last layer after its ReLU, (images, [`FEATURES`]) row-major.
    pub features: Vec<f64>,
}

impl<B: Backend> Classifier<B> {
    /// The bundled classifier of `set`.
    ///
    /// # Errors
    /// If the device fails. The file is compiled in and valid.
    pub fn bundled(backend: &B, set: Set) -> Result<Self, Error> {
        let bytes: &[u8] = match set {
            Set::Digits => include_bytes!("../../../assets/classifier-digits.safetensors"),
            Set::Fashion => include_bytes!("../../../assets/classifier-fashion.safetensors"),
        };
        Self::parse(backend, bytes)
    }

    /// Reads a classifier from the bytes of its file, see [`Trained::file`].
    ///
    /// # Errors
    /// If the bytes are not such a file, a tensor is missing or has another size, or the device fails.
    pub fn parse(backend: &B, bytes: &[u8]) -> Result<Self, Error> {
        let mut file = TensorFile::from_reader(Cursor::new(bytes), Path::new("the classifier"))?;
        let about = file
            .metadata(ABOUT)
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| Error::Missing("its metadata".to_owned()))?;
        let tensors = file.entries()?.into_iter().filter_map(Entry::tensor);
        let tensors = tensors.map(|tensor| (tensor.key, tensor.data));
        let tensors: BTreeMap<String, Vec<f32>> = tensors.collect();
        let find = |key: &str| tensors.get(key).map(Vec::as_slice);
        let mut network = untrained(backend, 0)?;
        match network.load(NAME, find)?.into_iter().next() {
            Some(key) => Err(Error::Missing(key)),
            None => Ok(Self { network, about }),
        }
    }

    fn classify_batch(
        &self,
        images: &[f32],
        count: usize,
        classified: &mut Classified,
    ) -> Result<(), Error> {
        let network = &self.network;
        let Some((last, body)) = network.modules().split_last() else {
            return Ok(());
        };
        let features = network.evaluate_part(body, images, count)?;
        let of_image = |image: usize| features.iter().skip(image).step_by(count);
        let features_by_image = (0..count).flat_map(of_image);
        classified
            .features
            .extend(features_by_image.map(|&feature| f64::from(feature)));
        let logits = network.evaluate_part(std::slice::from_ref(last), &features, count)?;
        classified
            .probabilities
            .extend((0..count).map(|image| softmax(&logits, image, count)));
        Ok(())
    }
}

impl<B: Backend> Classify for Classifier<B> {
    fn about(&self) -> &About {
        &self.about
    }

    fn classify(&self, images: &[f32]) -> Result<Classified, Error> {
        let count = images.len() / (SIDE * SIDE);
        let mut classified = Classified {
            probabilities: Vec::with_capacity(count),
            features: Vec::with_capacity(count * FEATURES),
        };
        for first in (0..count).step_by(BATCH) {
            let size = BATCH.min(count - first);
            let columns = images
                .chunks_exact(count)
                .flat_map(|row| &row[first..][..size]);
            let columns = columns.copied().collect::<Vec<_>>();
            self.classify_batch(&columns, size, &mut classified)?;
        }
        Ok(classified)
    }
}

/// The classifier's network with fresh weights.
fn untrained<B: Backend>(backend: &B, seed: u64) -> Result<Network<B>, Error> {
    let conv = |out| LayerSpec::Conv2d {
        out,
        kernel: 4,
        stride: 2,
        padding: 1,
        bias: true,
    };
    let linear = |out| LayerSpec::Linear { out, bias: true };
    let layers = [
        conv(16),
        LayerSpec::ReLU,
        conv(32),
        LayerSpec::ReLU,
        LayerSpec::Flatten,
        linear(FEATURES),
        LayerSpec::ReLU,
        linear(CLASSES),
    ];
    let image = Shape::Image {
        channels: 1,
        height: SIDE,
        width: SIDE,
    };
    let fresh = Fresh {
        init: WeightInit::Torch,
        seed,
    };
    Network::new(backend, NAME, &layers, image, fresh, 0)
        .map_err(|error| Error::Engine(error.to_string()))
}

/// The probabilities of one column of logits (classes, batch).
fn softmax(logits: &[f32], column: usize, batch: usize) -> [f64; CLASSES] {
    let logit = |class: usize| f64::from(logits[class * batch + column]);
    let top = (0..CLASSES).map(logit).fold(f64::NEG_INFINITY, f64::max);
    let mut row: [f64; CLASSES] = std::array::from_fn(|class| (logit(class) - top).exp());
    let total: f64 = row.iter().sum();
    row.iter_mut().for_each(|p| *p /= total);
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        data::{Images, bundled, labels},
        nn::Host,
    };

    #[test]
    fn bundled_classifiers_have_their_recorded_accuracy_on_held_out_images() {
        for (set, images, labels, least) in [
            (Set::Digits, bundled::digits(), labels::digits(), 0.97),
            (Set::Fashion, bundled::fashion(), labels::fashion(), 0.80),
        ] {
            let (images, labels) = (images.unwrap(), labels.unwrap());
            let held_out: Vec<u32> = (0..labels.len() as u32)
                .filter(|&index| train::is_held_out(index as usize))
                .collect();
            let images = Images::new(images, (1, SIDE, SIDE)).unwrap();
            let classifier = Classifier::bundled(&Host, set).unwrap();
            let held_out_images = images.gather(&held_out).unwrap();
            let classified = classifier.classify(&held_out_images).unwrap();
            let accuracy = train::accuracy(
                &classified.probabilities,
                held_out.iter().map(|&index| labels[index as usize]),
            );
            assert_eq!(classifier.about.set, set);
            assert_eq!(classifier.about.held_out, held_out.len());
            assert!(
                (accuracy - classifier.about.accuracy).abs() < 0.005,
                "{accuracy}"
            );
            assert!(accuracy >= least, "{set:?}: {accuracy}");
        }
    }

    #[test]
    fn the_outputs_for_an_image_do_not_depend_on_the_others() {
        let images = Images::new(bundled::digits().unwrap(), (1, SIDE, SIDE)).unwrap();
        let classifier = Classifier::bundled(&Host, Set::Digits).unwrap();
        let classify = |indices: &[u32]| {
            let images = images.gather(indices).unwrap();
            classifier.classify(&images).unwrap()
        };
        let many = classify(&(0..130).collect::<Vec<u32>>());
        let one = classify(&[127]);
        assert_eq!(
            (many.probabilities.len(), many.features.len()),
            (130, 130 * FEATURES)
        );
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
        assert!(close(&one.probabilities[0], &many.probabilities[127]));
        assert!(close(
            &one.features,
            &many.features[127 * FEATURES..][..FEATURES]
        ));
    }

    #[test]
    fn bytes_that_are_not_a_classifier_are_an_error() {
        let file = include_bytes!("../../../assets/classifier-digits.safetensors");
        assert!(matches!(
            Classifier::parse(&Host, &file[..1000]),
            Err(Error::File(_))
        ));
        assert!(Classifier::parse(&Host, b"").is_err());
        let other = safetensors::serialize(
            Vec::<(String, safetensors::tensor::TensorView)>::new(),
            None,
        );
        assert!(matches!(
            Classifier::parse(&Host, &other.unwrap()),
            Err(Error::Missing(_))
        ));
    }
}
