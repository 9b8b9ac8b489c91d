//! Training of a classifier: softmax cross entropy and Adam on the bundled images, of which some are held out.

use std::sync::Arc;

use rand::Rng;

use super::{
    ABOUT, About, CLASSES, Classifier, Classify, Error, NAME, SIDE, Set, softmax, untrained,
};
use crate::{
    engine::{
        data::{Images, bundled, idx::ImageSet, labels, sampler::permutation},
        nn::{Adam, AdamSettings, Backend, Knobs, Mode, Network, Node, guard},
        random::{Stream, generator},
    },
    files::tensors::{
        StateTensor,
        encode::{Entry, file_without_format},
    },
};

const BATCH: usize = 50;
const LEARNING_RATE: f32 = 2e-3;
const BETAS: (f32, f32) = (0.9, 0.999);
/// Most pixels by which a training image is shifted in each direction.
const SHIFT: i64 = 2;

const PROTOCOL: &str = "of every hundred images the last ten are held out; softmax cross entropy; Adam 2e-3, 0.9, 0.999, learning rate falling linearly to 0; batch 50; each image shifted by up to 2 pixels";

/// A newly trained classifier.
pub struct Trained {
    /// How it was trained, with its accuracy.
    pub about: About,
    /// The bytes of its safetensors file, [`About`] included.
    pub file: Vec<u8>,
}

/// Trains the classifier of `set` on a device. On one device the result depends only on `seed`, not on the number of
/// threads. After each epoch `progress` gets the epoch, counted from 1, and the mean cross entropy in nats.
///
/// # Errors
/// If the data cannot be read or the device fails.
pub fn train<B: Backend>(
    backend: &B,
    set: Set,
    seed: u64,
    epochs: usize,
    mut progress: impl FnMut(usize, f32),
) -> Result<Trained, Error> {
    let (images, labels) = match set {
        Set::Digits => (bundled::digits()?, labels::digits()?),
        Set::Fashion => (bundled::fashion()?, labels::fashion()?),
    };
    let (held_out, mut training): (Vec<u32>, Vec<u32>) =
        (0..labels.len() as u32).partition(|&index| is_held_out(index as usize));
    training.truncate(training.len() / BATCH * BATCH);

    let network = untrained(backend, seed)?;
    let mut adam = Adam::new(&network)?;
    let batches = training.len() / BATCH;
    for epoch in 0..epochs {
        let order = permutation(
            training.len(),
            &mut generator(seed, Stream::Data, epoch as u64),
        );
        let mut shifts = generator(seed, Stream::Augmentation, epoch as u64);
        let mut total = 0.0;
        for (number, chosen) in order.chunks_exact(BATCH).enumerate() {
            let indices: Vec<usize> = chosen
                .iter()
                .map(|&place| training[place as usize] as usize)
                .collect();
            let x = batch(&images, &indices, &mut shifts);
            let classes: Vec<usize> = indices.iter().map(|&i| labels[i].into()).collect();
            let done = (epoch * batches + number) as f32 / (epochs * batches) as f32;
            let settings = AdamSettings {
                learning_rate: LEARNING_RATE * (1.0 - done),
                betas: BETAS,
            };
            total += update(backend, &network, &mut adam, (&x, &classes), settings)?;
        }
        progress(epoch + 1, total / batches.max(1) as f32);
    }

    let mut classifier = Classifier {
        network,
        about: About {
            set,
            accuracy: 0.0,
            trained_on: training.len(),
            held_out: held_out.len(),
            seed,
            epochs,
            protocol: PROTOCOL.to_owned(),
        },
    };
    let unseen = Images::new(images, (1, SIDE, SIDE))?.gather(&held_out)?;
    let classified = classifier.classify(&unseen)?;
    let truth = held_out.iter().map(|&index| labels[index as usize]);
    classifier.about.accuracy = accuracy(&classified.probabilities, truth);
    let file = encode(classifier.network.state(NAME)?, &classifier.about)?;
    Ok(Trained {
        about: classifier.about,
        file,
    })
}

/// Whether the image at this index is held out: the last ten of every hundred. The bundled sets repeat their ten classes
/// in order, so that these are one image of each class.
pub(super) fn is_held_out(index: usize) -> bool {
    index % 100 >= 90
}

/// Share of images whose most probable class is the true one.
pub(super) fn accuracy(probabilities: &[[f64; CLASSES]], truth: impl Iterator<Item = u8>) -> f32 {
    let right =
        |(row, class): (&[f64; CLASSES], u8)| row.iter().all(|p| *p <= row[usize::from(class)]);
    let count = probabilities
        .iter()
        .zip(truth)
        .filter(|&pair| right(pair))
        .count();
    count as f32 / probabilities.len().max(1) as f32
}

/// Makes one update. Returns the mean cross entropy before it, in nats.
fn update<B: Backend>(
    backend: &B,
    network: &Network<B>,
    adam: &mut Adam<B>,
    (x, classes): (&[f32], &[usize]),
    settings: AdamSettings,
) -> Result<f32, Error> {
    let count = classes.len();
    let x = Node::leaf(
        Arc::new(backend.upload(x, count, None)?),
        (SIDE * SIDE, count),
        false,
    )?;
    let y = network.forward(x.traced(), Mode::Train, true)?;
    let logits = backend.download(&y.value().numbers, count)?;
    // The derivative of the cross entropy with respect to the logits is p − 1 at the true class and p elsewhere.
    let mut upstream = vec![0.0; CLASSES * count];
    let mut loss = 0.0;
    for (image, &class) in classes.iter().enumerate() {
        let p = softmax(&logits, image, count);
        loss -= p[class].max(f64::MIN_POSITIVE).ln() / count as f64;
        for (other, p) in p.into_iter().enumerate() {
            let truth = f64::from(u8::from(other == class));
            upstream[other * count + image] = ((p - truth) / count as f64) as f32;
        }
    }
    network.backward(y, backend.upload(&upstream, count, None)?)?;
    let numbers = adam.knobs(Knobs::default(), settings);
    let mut knobs = backend.zeros(numbers.numbers().len())?;
    backend.write(&mut knobs, 0, numbers.numbers())?;
    adam.update(network, &knobs, &guard::new(backend)?)?;
    Ok(loss as f32)
}

/// The images at `indices`, each shifted at random and filled with black, in [−1, 1], (784, indices) batch-last.
fn batch(images: &ImageSet, indices: &[usize], rng: &mut impl Rng) -> Vec<f32> {
    let mut out = vec![-1.0; SIDE * SIDE * indices.len()];
    for (sample, &index) in indices.iter().enumerate() {
        let image = &images.pixels[index * SIDE * SIDE..][..SIDE * SIDE];
        let down = rng.random_range(-SHIFT..=SHIFT);
        let right = rng.random_range(-SHIFT..=SHIFT);
        let from = |to: usize, shift: i64| {
            let from = usize::try_from(to as i64 - shift).ok()?;
            (from < SIDE).then_some(from)
        };
        for row in 0..SIDE {
            for column in 0..SIDE {
                if let (Some(y), Some(x)) = (from(row, down), from(column, right)) {
                    let value = f32::from(image[y * SIDE + x]) / 127.5 - 1.0;
                    out[(row * SIDE + column) * indices.len() + sample] = value;
                }
            }
        }
    }
    out
}

fn encode(tensors: Vec<StateTensor>, about: &About) -> Result<Vec<u8>, Error> {
    let about = serde_json::to_string(about).map_err(|error| Error::Engine(error.to_string()))?;
    let entries = tensors.into_iter().map(Entry::floats);
    Ok(file_without_format(entries.collect(), [(ABOUT, about)])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::nn::Host;

    #[test]
    fn one_epoch_learns_and_is_reproducible() {
        let run = || {
            train(&Host, Set::Fashion, 5, 1, |epoch, loss| {
                assert!(epoch == 1 && loss > 0.0);
            })
        };
        let first = run().unwrap();
        let about = &first.about;
        assert_eq!((about.trained_on, about.held_out), (2700, 300));
        assert!(about.accuracy > 0.5, "{}", about.accuracy);
        assert_eq!(first.file, run().unwrap().file);
        assert_eq!(&Classifier::parse(&Host, &first.file).unwrap().about, about);
    }
}
