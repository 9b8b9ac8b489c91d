//! A small classifier of our own for the bundled sets of ten classes: what images are taken for, and the features that
//! they are compared in.
//!
//! It is no Inception network, and what is computed from it is no Inception Score and no FID: figures hold against
//! figures of the same classifier only.

mod train;

use std::{collections::BTreeMap, io::Cursor, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    data,
    nn::{Backend, Failure, Network, build::Fresh},
    preset::{LayerSpec, Shape, Source, WeightInit},
    tensors::{self, TensorFile, encode::Entry},
};

pub use train::{Trained, train};

/// What is told apart.
pub const CLASSES: usize = 10;
/// Numbers that the last but one layer makes of an image.
pub const FEATURES: usize = 64;
/// Height and width of the images, which are gray.
pub const SIDE: usize = 28;

/// First part of the names of the tensors.
const NAME: &str = "c";
/// The key of [`About`] in a file's metadata.
const ABOUT: &str = "classifier";
/// Images that pass at once: results do not depend on how many are asked for.
const BATCH: usize = 125;

/// A set of images for which there is a classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    Digits,
    Fashion,
}

impl Set {
    /// The set that `source` names, where it is one.
    pub fn of(source: &Source) -> Option<Self> {
        match source {
            Source::Digits => Some(Self::Digits),
            Source::Fashion => Some(Self::Fashion),
            Source::Dolls | Source::Path(_) => None,
        }
    }
}

/// How a classifier came about; it stands in the metadata of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub set: Set,
    /// Share of the held-out images that it classifies correctly.
    pub accuracy: f32,
    /// Images that it was trained on.
    pub trained_on: usize,
    /// Images held out.
    pub held_out: usize,
    pub seed: u64,
    pub epochs: usize,
    /// The rest of the protocol, in words.
    pub protocol: String,
}

/// Why there is no classifier.
#[derive(Debug, thiserror::Error)]
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
    pub about: About,
}

/// What looks at images.
pub trait See {
    /// Classifies images in [−1, 1], (784, count) batch-last. Images beyond the last whole one are left out.
    ///
    /// # Errors
    /// If the device fails.
    fn see(&self, images: &[f32]) -> Result<Seen, Error>;

    fn about(&self) -> &About;
}

/// What a classifier makes of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// p(class | image), an image after another.
    pub probabilities: Vec<[f64; CLASSES]>,
    /// The [`FEATURES`] outputs of the last but one layer, after its ReLU; (images, features) row by row.
    pub features: Vec<f64>,
}

impl<B: Backend> Classifier<B> {
    /// The classifier of `set` that is part of the program.
    ///
    /// # Errors
    /// None in a sound build: the file is compiled in.
    pub fn bundled(backend: &B, set: Set) -> Result<Self, Error> {
        let bytes: &[u8] = match set {
            Set::Digits => include_bytes!("../../assets/classifier-digits.safetensors"),
            Set::Fashion => include_bytes!("../../assets/classifier-fashion.safetensors"),
        };
        Self::parse(backend, bytes)
    }

    /// Reads the bytes of a file of [`Trained::file`].
    ///
    /// # Errors
    /// Bytes that are no such file, or of other layers.
    pub fn parse(backend: &B, bytes: &[u8]) -> Result<Self, Error> {
        let mut file = TensorFile::of(Cursor::new(bytes), Path::new("the classifier"))?;
        let about = file
            .about(ABOUT)
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

    fn see_batch(&self, images: &[f32], count: usize, seen: &mut Seen) -> Result<(), Error> {
        let network = &self.network;
        let Some((last, body)) = network.modules().split_last() else {
            return Ok(());
        };
        let features = network.evaluate_part(body, images, count)?;
        let of = |image: usize| features.iter().skip(image).step_by(count);
        seen.features
            .extend((0..count).flat_map(of).map(|&feature| f64::from(feature)));
        let logits = network.evaluate_part(std::slice::from_ref(last), &features, count)?;
        seen.probabilities
            .extend((0..count).map(|image| softmax(&logits, image, count)));
        Ok(())
    }
}

impl<B: Backend> See for Classifier<B> {
    fn about(&self) -> &About {
        &self.about
    }

    fn see(&self, images: &[f32]) -> Result<Seen, Error> {
        let count = images.len() / (SIDE * SIDE);
        let mut seen = Seen {
            probabilities: Vec::with_capacity(count),
            features: Vec::with_capacity(count * FEATURES),
        };
        for first in (0..count).step_by(BATCH) {
            let size = BATCH.min(count - first);
            let columns = images
                .chunks_exact(count)
                .flat_map(|row| &row[first..][..size]);
            self.see_batch(&columns.copied().collect::<Vec<_>>(), size, &mut seen)?;
        }
        Ok(seen)
    }
}

/// A network with fresh weights.
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
    use crate::{
        data::{Images, bundled, labels},
        nn::Host,
    };

    #[test]
    fn the_bundled_classifiers_are_as_good_on_held_out_images_as_they_say() {
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
            let seen = classifier.see(&images.gather(&held_out).unwrap()).unwrap();
            let accuracy = train::accuracy(
                &seen.probabilities,
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
    fn what_is_seen_of_an_image_does_not_depend_on_the_others() {
        let images = Images::new(bundled::digits().unwrap(), (1, SIDE, SIDE)).unwrap();
        let classifier = Classifier::bundled(&Host, Set::Digits).unwrap();
        let many = classifier.see(&images.gather(&(0..130).collect::<Vec<u32>>()).unwrap());
        let one = classifier.see(&images.gather(&[127]).unwrap()).unwrap();
        let many = many.unwrap();
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
    fn what_is_no_classifier_is_an_error() {
        let file = include_bytes!("../../assets/classifier-digits.safetensors");
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
