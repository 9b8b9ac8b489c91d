//! Samples as files: PNG, GIF, safetensors, NumPy.

use super::latents::Latents;
use crate::{
    engine::{
        data::Dataset,
        picture::{Picture, gif, grid, pixels},
    },
    files::{
        Output,
        tensors::StateTensor,
        tensors::encode::{self, Entry},
    },
    model::Samples,
    preset::{Data, Shape},
    run::Failure,
    rundir::samples,
    weights::Origin,
};

/// Number of values in a picture, at most.
const MAX_PICTURE_VALUES: usize = 1 << 28;
/// Images of a GIF are enlarged by a whole factor until their longer side has this many pixels.
const GIF_SIDE: usize = 224;
/// A NumPy header ends at a multiple of this many bytes.
const NUMPY_ALIGNMENT: usize = 64;

/// The format of a file of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileFormat {
    /// A grid of images, a scatter of points.
    Png,
    /// An animation with one frame for each sample.
    Gif,
    /// Samples and their latents.
    Safetensors,
    /// Samples only.
    Npy,
}

impl FileFormat {
    /// Returns the format by the extension of the name; `Npy` for standard output, `None` for unknown extensions.
    pub(crate) fn of(output: &Output) -> Option<Self> {
        let Some(path) = output.path() else {
            return Some(Self::Npy);
        };
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match &*extension {
            "png" => Some(Self::Png),
            "gif" => Some(Self::Gif),
            "safetensors" => Some(Self::Safetensors),
            "npy" => Some(Self::Npy),
            _ => None,
        }
    }
}

/// Samples with their latents and their run.
pub(crate) struct SampleSet<'a> {
    pub origin: &'a Origin,
    pub latents: &'a Latents,
    /// (count, features), in the units of G.
    pub samples: Vec<f32>,
}

impl SampleSet<'_> {
    /// Encodes the samples as the bytes of a file.
    ///
    /// # Errors
    /// There are too many samples for a picture, or the preset's data cannot be loaded.
    pub(crate) fn encode(&self, format: FileFormat) -> Result<Vec<u8>, Failure> {
        match format {
            FileFormat::Png => self.png(),
            FileFormat::Gif => self.gif(),
            FileFormat::Safetensors => self.safetensors(),
            FileFormat::Npy => Ok(self.npy()),
        }
    }

    fn count(&self) -> usize {
        self.latents.count()
    }

    fn shape(&self) -> Shape {
        self.origin.preset.data.sample_shape()
    }

    /// Returns the shape of all samples: (n, C, H, W) for images, (n, 2) for points.
    fn tensor_shape(&self) -> Vec<usize> {
        match self.shape() {
            Shape::Flat(features) => vec![self.count(), features],
            Shape::Image {
                channels,
                height,
                width,
            } => vec![self.count(), channels, height, width],
        }
    }

    /// Returns the samples from `start` to `end` as pixels, or as points in data units with real ones.
    fn displayed(&self, start: usize, end: usize) -> Result<Samples, Failure> {
        let (count, features) = (end - start, self.shape().features());
        let range = &self.samples[start * features..end * features];
        let batch: Vec<f32> = (0..features)
            .flat_map(|feature| range.iter().skip(feature).step_by(features))
            .copied()
            .collect();
        let step = self.origin.step.unwrap_or(0);
        match self.shape() {
            Shape::Image {
                channels,
                height,
                width,
            } => Ok(Samples::Images {
                step,
                channels,
                height,
                width,
                pixels: pixels::from_batch(&batch, channels, count),
                real: Vec::new(),
            }),
            Shape::Flat(_) => {
                let Dataset::Mixture(mixture) = Dataset::load(&self.origin.preset.data)? else {
                    return Err("the samples of this preset are not images".into());
                };
                let real = Dataset::Mixture(mixture.clone());
                let real = real.real_samples(self.origin.seed, self.origin.preset.samples.count)?;
                Ok(Samples::Points {
                    step,
                    generated: mixture.points(&batch),
                    real: mixture.points(&real),
                })
            }
        }
    }

    /// Encodes all samples as one PNG: a grid of images or a scatter of points.
    fn png(&self) -> Result<Vec<u8>, Failure> {
        if self.samples.len() > MAX_PICTURE_VALUES {
            return Err(format!(
                "{} samples are too many for a picture: take fewer, or a file of numbers \
                 (.npy, .safetensors)",
                self.count()
            )
            .into());
        }
        let origin = samples::Origin {
            name: &self.origin.name,
            seed: self.origin.seed,
            settings: &self.origin.preset,
        };
        Ok(samples::encode_picture(
            &self.displayed(0, self.count())?,
            origin,
        )?)
    }

    /// Encodes a GIF: one enlarged frame for each image, or one more point in each frame.
    fn gif(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut animation = gif::GifWriter::new(&mut bytes);
        for frame in 0..self.count() {
            let picture = match self.shape() {
                Shape::Flat(_) => samples::draw(&self.displayed(0, frame + 1)?).1,
                Shape::Image { .. } => enlarged(self.displayed(frame, frame + 1)?),
            };
            animation.frame(&picture)?;
        }
        drop(animation);
        Ok(bytes)
    }

    /// Encodes the tensors `samples` and `latents`, with `scale` in the metadata.
    fn safetensors(&self) -> Result<Vec<u8>, Failure> {
        let samples = StateTensor {
            key: "samples".to_owned(),
            shape: self.tensor_shape(),
            data: self.samples.clone(),
        };
        let entries = [samples, self.latents.tensor()].map(Entry::floats);
        let scale = match self.origin.preset.data {
            Data::Mixture { scale, .. } => scale,
            Data::Images { .. } => 1.0,
        };
        let about = Some(("scale", scale.to_string()));
        Ok(encode::file(entries.into(), about)?)
    }

    /// Encodes the samples in NumPy's format, version 1.0.
    fn npy(&self) -> Vec<u8> {
        let sides: Vec<String> = self.tensor_shape().iter().map(usize::to_string).collect();
        let mut header = format!(
            "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}",
            sides.join(", ")
        );
        let before = b"\x93NUMPY\x01\x00".len() + 2;
        let end = (before + header.len() + 1).next_multiple_of(NUMPY_ALIGNMENT);
        header += &" ".repeat(end - before - header.len() - 1);
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.into_bytes());
        bytes.extend(self.samples.iter().flat_map(|x| x.to_le_bytes()));
        bytes
    }
}

/// Returns the only image of `samples`, enlarged.
fn enlarged(samples: Samples) -> Picture {
    let Samples::Images {
        channels,
        height,
        width,
        mut pixels,
        ..
    } = samples
    else {
        return grid::grid(&[], 1, 1, 1);
    };
    let picture = Picture {
        width,
        height,
        channels,
        bytes: pixels.pop().unwrap_or_default(),
    };
    picture.enlarged(GIF_SIDE.div_ceil(width.max(height).max(1)))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::preset::builtin::builtin;

    fn origin(name: &str) -> Origin {
        Origin {
            name: name.to_owned(),
            seed: 0,
            step: Some(3),
            preset: builtin(name).unwrap(),
        }
    }

    #[test]
    fn the_extension_decides_the_format() {
        let of = |name: &str| FileFormat::of(&Output::from(PathBuf::from(name)));
        assert_eq!(of("a/b.PNG"), Some(FileFormat::Png));
        assert_eq!(of("b.tar.npy"), Some(FileFormat::Npy));
        assert_eq!((of("png"), of("a.jpg"), of("")), (None, None, None));
        assert_eq!((of("-"), of("./-")), (Some(FileFormat::Npy), None));
    }

    #[test]
    fn npy_has_its_header_and_values() {
        let (origin, latents) = (origin("ring"), Latents::draw(0, 2, 2, None));
        let samples = vec![0.5, -1.0, 2.0, 3.0];
        let set = SampleSet {
            origin: &origin,
            latents: &latents,
            samples,
        };
        let bytes = set.npy();
        let header =
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
        assert_eq!(&bytes[..header.len()], header);
        assert_eq!((bytes.len(), bytes[127]), (128 + 16, b'\n'));
        assert_eq!(bytes[132..136], (-1.0f32).to_le_bytes());
    }

    #[test]
    fn gifs_of_images_and_of_points() {
        use image::{AnimationDecoder, codecs::gif::GifDecoder};
        let frames = |set: &SampleSet| {
            let bytes = std::io::Cursor::new(set.gif().unwrap());
            GifDecoder::new(bytes)
                .unwrap()
                .into_frames()
                .collect_frames()
                .unwrap()
        };
        let (ring, digits) = (origin("ring"), origin("digits"));
        let points = SampleSet {
            origin: &ring,
            latents: &Latents::draw(0, 3, 2, None),
            samples: vec![0.0; 6],
        };
        assert_eq!(frames(&points).len(), 3);
        let images = SampleSet {
            origin: &digits,
            latents: &Latents::draw(0, 2, 64, None),
            samples: [vec![-1.0; 784], vec![1.0; 784]].concat(),
        };
        let frames = frames(&images);
        assert_eq!(frames[0].buffer().dimensions(), (224, 224));
        assert_eq!(frames[0].buffer().get_pixel(223, 223).0, [0, 0, 0, 255]);
        assert_eq!(frames[1].buffer().get_pixel(0, 9).0, [255; 4]);
    }
}
