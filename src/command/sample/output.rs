//! Samples as files: pictures, films, numbers.

use super::latents::Latents;
use crate::{
    data::Dataset,
    files::Output,
    model::Samples,
    picture::{Picture, gif, grid, pixels},
    preset::{Data, Shape},
    run::Failure,
    rundir::samples,
    tensors::StateTensor,
    tensors::encode::{self, Entry},
    weights::Origin,
};

/// Most numbers of a picture of many images.
const MAX_PICTURE: usize = 1 << 28;
/// Length that the longer side of a film's images is brought to at least, by whole factors.
const FILM_SIDE: usize = 224;
/// Where a NumPy header ends.
const NUMPY_ALIGNMENT: usize = 64;

/// What a file of samples is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A grid of images, a scatter of points.
    Png,
    /// A film, a sample a frame.
    Gif,
    /// Numbers, with their latents.
    Safetensors,
    /// Numbers alone.
    Npy,
}

impl Form {
    /// By the end of the name that was given; numbers on standard output.
    pub fn of(output: &Output) -> Option<Self> {
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

/// Samples with what they were made of.
pub struct Made<'a> {
    pub origin: &'a Origin,
    pub latents: &'a Latents,
    /// (count, features), as G gives them.
    pub samples: Vec<f32>,
}

impl Made<'_> {
    /// The samples as the bytes of a file.
    ///
    /// # Errors
    /// Samples that are too many for a picture.
    pub fn encode(&self, form: Form) -> Result<Vec<u8>, Failure> {
        match form {
            Form::Png => self.picture(),
            Form::Gif => self.film(),
            Form::Safetensors => self.tensors(),
            Form::Npy => Ok(self.numpy()),
        }
    }

    fn count(&self) -> usize {
        self.latents.count()
    }

    fn shape(&self) -> Shape {
        self.origin.preset.data.sample_shape()
    }

    /// PyTorch's shape of all samples: (n, C, H, W), or (n, 2).
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

    /// The samples from `start` to `end` as people see them.
    fn shown(&self, start: usize, end: usize) -> Result<Samples, Failure> {
        let (count, features) = (end - start, self.shape().features());
        let own = &self.samples[start * features..end * features];
        let batch: Vec<f32> = (0..features)
            .flat_map(|feature| own.iter().skip(feature).step_by(features))
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
                    return Err("samples of images have no image's shape".into());
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

    fn picture(&self) -> Result<Vec<u8>, Failure> {
        if self.samples.len() > MAX_PICTURE {
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
            &self.shown(0, self.count())?,
            origin,
        )?)
    }

    /// A frame for each image, enlarged; of points, those so far.
    fn film(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut film = gif::Film::new(&mut bytes);
        for frame in 0..self.count() {
            let picture = match self.shape() {
                Shape::Flat(_) => samples::draw(&self.shown(0, frame + 1)?).1,
                Shape::Image { .. } => image(self.shown(frame, frame + 1)?),
            };
            film.frame(&picture)?;
        }
        drop(film);
        Ok(bytes)
    }

    fn tensors(&self) -> Result<Vec<u8>, Failure> {
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

    /// NumPy's format, version 1.0.
    fn numpy(&self) -> Vec<u8> {
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

/// One image alone, its pixels enlarged to squares.
fn image(samples: Samples) -> Picture {
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
    picture.enlarged(FILM_SIDE.div_ceil(width.max(height).max(1)))
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
    fn a_name_says_what_a_file_is() {
        let of = |name: &str| Form::of(&Output::from(PathBuf::from(name)));
        assert_eq!(of("a/b.PNG"), Some(Form::Png));
        assert_eq!(of("b.tar.npy"), Some(Form::Npy));
        assert_eq!((of("png"), of("a.jpg"), of("")), (None, None, None));
        assert_eq!((of("-"), of("./-")), (Some(Form::Npy), None));
    }

    #[test]
    fn numbers_of_numpy() {
        let (origin, latents) = (origin("ring"), Latents::draw(0, 2, 2, None));
        let samples = vec![0.5, -1.0, 2.0, 3.0];
        let made = Made {
            origin: &origin,
            latents: &latents,
            samples,
        };
        let bytes = made.numpy();
        let header =
            b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }";
        assert_eq!(&bytes[..header.len()], header);
        assert_eq!((bytes.len(), bytes[127]), (128 + 16, b'\n'));
        assert_eq!(bytes[132..136], (-1.0f32).to_le_bytes());
    }

    #[test]
    fn films_of_images_and_of_points() {
        use image::{AnimationDecoder, codecs::gif::GifDecoder};
        let frames = |made: &Made| {
            let bytes = std::io::Cursor::new(made.film().unwrap());
            GifDecoder::new(bytes)
                .unwrap()
                .into_frames()
                .collect_frames()
                .unwrap()
        };
        let (ring, digits) = (origin("ring"), origin("digits"));
        let points = Made {
            origin: &ring,
            latents: &Latents::draw(0, 3, 2, None),
            samples: vec![0.0; 6],
        };
        assert_eq!(frames(&points).len(), 3);
        let images = Made {
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
