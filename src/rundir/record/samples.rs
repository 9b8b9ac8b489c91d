//! Reading samples.safetensors, the latest samples of a run.

use std::{
    fs::File,
    io::{self, Cursor, ErrorKind, Read},
    path::Path,
};

use crate::{
    files::{open, tensors::TensorFile},
    model::Samples,
    rundir::{FileError, SamplesError, layout},
};

/// Maximum size of the file in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// Maximum size of its header in bytes.
const MAX_HEADER: u64 = 64 << 10;
/// Maximum height and width of an image in pixels.
const MAX_SIDE: usize = 4096;
/// The types of points and of pixels.
const POINTS: &str = "F32";
const PIXELS: &str = "U8";

/// Reads the latest samples. `None` if the file does not exist.
///
/// # Errors
/// If the file cannot be read or is not valid.
pub(crate) fn latest(directory: &Path) -> Result<Option<Samples>, FileError> {
    let name = layout::LATEST_SAMPLES;
    let bytes = read(open::no_follow(&directory.join(name)));
    let bytes = bytes.map_err(|source| FileError::Read { name, source })?;
    Ok(bytes.map(|bytes| parse(&bytes)).transpose()?)
}

fn read(file: io::Result<File>) -> io::Result<Option<Vec<u8>>> {
    let file = match file {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Parses the bytes of the file.
///
/// # Errors
/// If they are not valid samples.
pub(super) fn parse(bytes: &[u8]) -> Result<Samples, SamplesError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(SamplesError::TooLong);
    }
    let header = bytes.first_chunk().map(|&head| u64::from_le_bytes(head));
    if header.is_none_or(|length| length > MAX_HEADER) {
        return Err(SamplesError::Header);
    }
    let mut file = TensorFile::from_reader(Cursor::new(bytes), Path::new(layout::LATEST_SAMPLES))?;
    let step = file.metadata("step").and_then(|step| step.parse().ok());
    let step = step.ok_or(SamplesError::NoStep)?;
    let [generated, real] = ["generated", "real"].map(|key| Tensor::read(&mut file, key));
    let (generated, real) = (generated?, real?);
    match (&*generated.dtype, &*generated.shape) {
        (POINTS, &[_, 2]) => Ok(Samples::Points {
            step,
            generated: points(&generated)?,
            real: points(&real)?,
        }),
        (PIXELS, &[_, height, width, channels]) => {
            let form = [height, width, channels];
            Ok(Samples::Images {
                step,
                channels,
                height,
                width,
                pixels: images(&generated, form)?,
                real: images(&real, form)?,
            })
        }
        _ => Err(SamplesError::Form {
            dtype: generated.dtype,
            shape: generated.shape,
        }),
    }
}

/// A tensor of the file.
struct Tensor {
    shape: Vec<usize>,
    dtype: String,
    bytes: Vec<u8>,
}

impl Tensor {
    fn read(file: &mut TensorFile<Cursor<&[u8]>>, key: &'static str) -> Result<Self, SamplesError> {
        let missing = SamplesError::NoTensor(key);
        let Some((shape, dtype)) = file.info(key) else {
            return Err(missing);
        };
        let shape = shape.to_vec();
        Ok(Self {
            shape,
            dtype,
            bytes: file.bytes(key)?.ok_or(missing)?,
        })
    }
}

/// The points in a tensor of shape (N, 2).
fn points(tensor: &Tensor) -> Result<Vec<[f32; 2]>, SamplesError> {
    if tensor.dtype != POINTS || !matches!(*tensor.shape, [_, 2]) {
        return Err(SamplesError::Unequal("points"));
    }
    let (numbers, _) = tensor.bytes.as_chunks::<4>();
    let (pairs, _) = numbers.as_chunks::<2>();
    Ok(pairs
        .iter()
        .map(|pair| pair.map(f32::from_le_bytes))
        .collect())
}

/// The images in a tensor of shape (N, height, width, channels), where `form` is the shape of one image.
fn images(tensor: &Tensor, form: [usize; 3]) -> Result<Vec<Vec<u8>>, SamplesError> {
    let [height, width, channels] = form;
    let sides = 1..=MAX_SIDE;
    if !sides.contains(&height) || !sides.contains(&width) || !matches!(channels, 1 | 3) {
        return Err(SamplesError::ImageSize {
            height,
            width,
            channels,
        });
    }
    if tensor.dtype != PIXELS || tensor.shape.get(1..) != Some(&form[..]) {
        return Err(SamplesError::Unequal("images"));
    }
    let size = height * width * channels;
    Ok(tensor
        .bytes
        .chunks_exact(size)
        .map(<[u8]>::to_vec)
        .collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use safetensors::{Dtype, tensor::TensorView};

    use super::*;

    fn file(kind: Dtype, shape: &[usize], step: &str) -> Vec<u8> {
        let bytes =
            vec![7; shape.iter().product::<usize>() * if kind == Dtype::F32 { 4 } else { 1 }];
        let view = || TensorView::new(kind, shape.to_vec(), &bytes).unwrap();
        let metadata = HashMap::from([("step".to_owned(), step.to_owned())]);
        safetensors::serialize([("generated", view()), ("real", view())], Some(metadata)).unwrap()
    }

    #[test]
    fn both_kinds_of_samples_are_read() {
        let made = parse(&file(Dtype::F32, &[5, 2], "40")).unwrap();
        let Samples::Points {
            step,
            generated,
            real,
        } = made
        else {
            panic!("not points")
        };
        assert_eq!((step, generated.len(), real.len()), (40, 5, 5));
        let made = parse(&file(Dtype::U8, &[3, 4, 5, 1], "40")).unwrap();
        let Samples::Images {
            pixels,
            height,
            width,
            channels,
            ..
        } = made
        else {
            panic!("not images")
        };
        assert_eq!((height, width, channels), (4, 5, 1));
        assert_eq!(pixels, vec![vec![7; 20]; 3]);
        for wrong in [
            file(Dtype::F32, &[5, 3], "40"),
            file(Dtype::U8, &[3, 4, 5, 2], "40"),
            file(Dtype::U8, &[3, 0, 5, 1], "40"),
            file(Dtype::F32, &[5, 2], "x"),
            vec![255; 100],
            Vec::new(),
        ] {
            assert!(parse(&wrong).is_err());
        }
    }

    #[test]
    fn missing_samples_are_not_an_error() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(latest(home.path()).unwrap(), None);
        std::fs::create_dir_all(home.path().join("samples.safetensors")).unwrap();
        assert!(
            latest(home.path())
                .unwrap_err()
                .to_string()
                .contains("samples.safetensors")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn flipped_bits_never_panic(at in prop::collection::vec((0usize..400, 0u8..=255), 1..6), cut in 0usize..400) {
            let mut bytes = file(Dtype::U8, &[3, 4, 5, 1], "40");
            for (at, value) in at {
                let length = bytes.len();
                bytes[at % length] = value;
            }
            let _ = parse(&bytes);
            bytes.truncate(cut);
            let _ = parse(&bytes);
        }
    }
}
