//! Latents: drawn, read from a file, interpolated.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use rand::Rng;
use rand_distr::StandardNormal;

use crate::{
    engine::{
        gan::interpolation::{self, Way},
        random::{Stream, generator},
    },
    files::tensors::{
        self, StateTensor, TensorFile,
        encode::{self, Entry},
    },
};

/// Number of samples of one command, at most.
pub const MAX_COUNT: usize = 1 << 16;
/// The name of the tensor in a file of latents.
const KEY: &str = "latents";

/// Why latents cannot be read, written or interpolated.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Error {
    #[error(transparent)]
    File(#[from] tensors::Error),
    #[error("{} has no tensor `latents`: a file of latents holds one of shape (n, {latent}), as --save-latents writes it", path.display())]
    NoLatents { path: PathBuf, latent: usize },
    #[error("{}: `latents` has the shape {held:?}, but (n, {latent}) is needed, n from 1 to {MAX_COUNT}", path.display())]
    Shape {
        path: PathBuf,
        held: Vec<usize>,
        latent: usize,
    },
    #[error("{}: `latents` has the type {held}, but F32, F16, BF16 or F64 is needed", path.display())]
    Type { path: PathBuf, held: String },
    #[error("{}: latent {at} holds a number that is not finite", path.display())]
    NotFinite { path: PathBuf, at: usize },
    #[error("there is no latent {at}: there are {count}, from 0 to {}", count.saturating_sub(1))]
    NoSuch { at: usize, count: usize },
    #[error("{0}")]
    Encode(String),
}

/// Latent vectors, (count, latent), row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Latents {
    latent: usize,
    data: Vec<f32>,
}

impl Latents {
    /// Draws `count` standard normal vectors of length `latent`. Without truncation they are those of a run's pictures with
    /// the same seed. With a `truncation` of t every value beyond ±t is drawn again (the truncation trick, Brock et al.
    /// 2019). The first vectors do not depend on `count`.
    pub fn draw(seed: u64, count: usize, latent: usize, truncation: Option<f32>) -> Self {
        let mut rng = generator(seed, Stream::FixedSamples, 0);
        let limit = truncation.unwrap_or(f32::INFINITY);
        let mut normal = || loop {
            let z: f32 = rng.sample(StandardNormal);
            if z.abs() <= limit {
                return z;
            }
        };
        let data = (0..count * latent).map(|_| normal()).collect();
        Self { latent, data }
    }

    /// Reads the tensor `latents`, (n, latent), of a safetensors file.
    ///
    /// # Errors
    /// The file cannot be read, has no such tensor of this shape and type, or holds values that are not finite.
    pub fn read(path: &Path, latent: usize) -> Result<Self, Error> {
        let mut file = TensorFile::open(path)?;
        let of = || path.to_owned();
        let Some((held, dtype)) = file.info(KEY) else {
            return Err(Error::NoLatents { path: of(), latent });
        };
        match *held {
            [count, length] if length == latent && (1..=MAX_COUNT).contains(&count) => {}
            _ => {
                let (path, held) = (of(), held.to_vec());
                return Err(Error::Shape { path, held, latent });
            }
        }
        let Some(numbers) = file.read(KEY)? else {
            let (path, held) = (of(), dtype);
            return Err(Error::Type { path, held });
        };
        let data: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
        if let Some(at) = data.iter().position(|x| !x.is_finite()) {
            let (path, at) = (of(), at / latent);
            return Err(Error::NotFinite { path, at });
        }
        Ok(Self { latent, data })
    }

    /// Interpolates between the latents with the indices `ends`, in `frames` latents with both ends included.
    ///
    /// # Errors
    /// [`Error::NoSuch`] if there is no latent with such an index.
    pub fn interpolate(
        &self,
        ends: (usize, usize),
        frames: usize,
        way: Way,
    ) -> Result<Self, Error> {
        let count = self.count();
        let one = |at: usize| {
            if at < count {
                Ok(&self.data[at * self.latent..][..self.latent])
            } else {
                Err(Error::NoSuch { at, count })
            }
        };
        let (from, to) = (one(ends.0)?, one(ends.1)?);
        Ok(Self {
            latent: self.latent,
            data: interpolation::along(from, to, frames, way).concat(),
        })
    }

    /// Returns the first `count` latents, or `None` if there are fewer.
    pub fn first(&self, count: usize) -> Option<Self> {
        let data = self.data.get(..count.checked_mul(self.latent)?)?.to_vec();
        let latent = self.latent;
        Some(Self { latent, data })
    }

    /// Returns the number of latents.
    pub fn count(&self) -> usize {
        self.data.len() / self.latent.max(1)
    }

    /// Returns the tensor `latents`, (count, latent).
    pub fn tensor(&self) -> StateTensor {
        StateTensor {
            key: KEY.to_owned(),
            shape: vec![self.count(), self.latent],
            data: self.data.clone(),
        }
    }

    /// Returns the latents of a range, (latent, count), batch-last.
    pub fn batch(&self, range: Range<usize>) -> Vec<f32> {
        let vectors = &self.data[range.start * self.latent..range.end * self.latent];
        (0..self.latent)
            .flat_map(|feature| vectors.iter().skip(feature).step_by(self.latent))
            .copied()
            .collect()
    }

    /// Encodes a safetensors file that [`Latents::read`] reads.
    ///
    /// # Errors
    /// None is known: it writes to memory.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let file = encode::file(vec![Entry::floats(self.tensor())], None);
        file.map_err(|error| Error::Encode(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::latents;

    #[test]
    fn drawn_latents_are_those_of_the_pictures() {
        let drawn = Latents::draw(3, 5, 4, None);
        assert_eq!(drawn.batch(0..5), latents(3, Stream::FixedSamples, 0, 4, 5));
        assert_eq!(drawn.batch(0..2), Latents::draw(3, 2, 4, None).batch(0..2));
        assert_ne!(drawn, Latents::draw(4, 5, 4, None));
        // A limit beyond all values changes nothing.
        assert_eq!(drawn, Latents::draw(3, 5, 4, Some(100.0)));
    }

    #[test]
    fn truncation_cuts_the_normal_distribution_off() {
        let all = |t: f32| Latents::draw(0, 4000, 5, Some(t)).data;
        for t in [0.05, 0.7, 2.0] {
            let numbers = all(t);
            assert!(numbers.iter().all(|x| x.abs() <= t));
            assert!(numbers.iter().any(|x| x.abs() > 0.95 * t));
        }
        // Variance of the normal distribution cut off at ±0.7: 1 − 2·0.7·φ(0.7)/(2Φ(0.7) − 1) = 0.1528.
        let numbers = all(0.7);
        let variance: f32 = numbers.iter().map(|x| x * x).sum::<f32>() / numbers.len() as f32;
        assert!((variance - 0.1528).abs() < 0.006, "{variance}");
    }

    #[test]
    fn files_come_back_and_wrong_ones_are_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("z.safetensors");
        let drawn = Latents::draw(1, 3, 4, None);
        std::fs::write(&path, drawn.encode().unwrap()).unwrap();
        assert_eq!(Latents::read(&path, 4).unwrap(), drawn);
        let wrong = |latent| Latents::read(&path, latent).unwrap_err().to_string();
        assert!(
            wrong(5).contains("[3, 4], but (n, 5) is needed"),
            "{}",
            wrong(5)
        );

        let bad = Latents {
            latent: 4,
            data: vec![0.0, 0.0, 0.0, 0.0, f32::NAN, 0.0, 0.0, 0.0],
        };
        std::fs::write(&path, bad.encode().unwrap()).unwrap();
        assert!(wrong(4).contains("latent 1 holds"), "{}", wrong(4));
        let other = Entry::count("z".to_owned(), 1);
        std::fs::write(&path, encode::file(vec![other], None).unwrap()).unwrap();
        assert!(wrong(4).contains("--save-latents"), "{}", wrong(4));
        let whole = Entry {
            key: "latents".to_owned(),
            dtype: safetensors::Dtype::I64,
            shape: vec![1, 4],
            bytes: vec![0; 32],
        };
        std::fs::write(&path, encode::file(vec![whole], None).unwrap()).unwrap();
        assert!(wrong(4).contains("type I64"), "{}", wrong(4));
        std::fs::write(&path, b"no such thing").unwrap();
        assert!(
            wrong(4).contains("z.safetensors is not a safetensors file"),
            "{}",
            wrong(4)
        );
    }

    #[test]
    fn an_interpolation_has_its_ends() {
        let drawn = Latents::draw(1, 3, 4, None);
        let way = drawn.interpolate((2, 0), 5, Way::Linear).unwrap();
        assert_eq!(way.count(), 5);
        assert_eq!(way.batch(0..1), drawn.batch(2..3));
        assert_eq!(way.batch(4..5), drawn.batch(0..1));
        let message = drawn
            .interpolate((0, 3), 5, Way::Slerp)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("there is no latent 3: there are 3, from 0 to 2"),
            "{message}"
        );
    }
}
