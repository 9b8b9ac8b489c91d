//! Writing samples and screenshots to the directory of a run.

use std::io;

use safetensors::Dtype;

use super::{WriteError, directory::RunDirectory};
use crate::{
    engine::picture::{Picture, grid, png, scatter},
    files::{
        folder::Place,
        tensors::encode::{self, Entry},
    },
    model::Samples,
    preset::{self, Preset},
};

/// The run that a picture is from, for the text chunks of the PNG.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    /// Name of the preset.
    pub name: &'a str,
    pub seed: u64,
    /// The settings in force.
    pub settings: &'a Preset,
}

/// Writes samples as a picture, see [`encode_picture`].
///
/// # Errors
/// If the picture cannot be encoded or written.
pub(crate) fn write_picture(
    place: &Place,
    samples: &Samples,
    origin: Origin,
) -> Result<(), WriteError> {
    encode_picture(samples, origin)
        .map_err(io::Error::other)
        .and_then(|bytes| place.write(&bytes))
        .map_err(WriteError::saving(place))
}

/// Samples as a PNG: a grid of images or a scatter plot of points, with their origin in its text chunks.
///
/// # Errors
/// If a text has characters that a PNG cannot contain.
pub(crate) fn encode_picture(
    samples: &Samples,
    origin: Origin,
) -> Result<Vec<u8>, ::png::EncodingError> {
    let (step, picture) = draw(samples);
    let texts = [
        (
            "Software",
            concat!("sn-tui ", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("preset", origin.name.to_owned()),
        ("seed", origin.seed.to_string()),
        ("step", step.to_string()),
        ("settings", preset::print(origin.settings, origin.name)),
    ];
    png::encode(&picture, &texts)
}

/// Writes samples as tensors `generated` and `real`, for viewers in other processes. Points have the shape (N, 2) in
/// F32, images (N, height, width, channels) in U8. The file is not synced: it is soon replaced.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write_samples(place: &Place, samples: &Samples) -> Result<(), WriteError> {
    let flat = |points: &[[f32; 2]]| -> Vec<u8> {
        let numbers = points.iter().flatten();
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    };
    let (kind, sets, sizes) = match samples {
        Samples::Points {
            generated, real, ..
        } => (
            Dtype::F32,
            [generated, real].map(|p| (p.len(), flat(p))),
            vec![2],
        ),
        Samples::Images {
            channels,
            height,
            width,
            pixels,
            real,
            ..
        } => (
            Dtype::U8,
            [pixels, real].map(|images| (images.len(), images.concat())),
            vec![*height, *width, *channels],
        ),
    };
    let named = ["generated", "real"].into_iter().zip(sets);
    let entries = named.map(|(name, (count, bytes))| Entry {
        key: name.to_owned(),
        dtype: kind,
        shape: [&[count], &sizes[..]].concat(),
        bytes,
    });
    encode::file(entries.collect(), [("step", samples.step().to_string())])
        .map_err(io::Error::other)
        .and_then(|bytes| place.replace(&bytes))
        .map_err(WriteError::saving(place))
}

/// Writes a screenshot and creates its folder.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn write_screen(place: &Place, svg: &str) -> Result<(), WriteError> {
    place
        .write(svg.as_bytes())
        .map_err(WriteError::saving(place))
}

/// Writes a picture of a pane and its numbers, as files of one name, and creates their folder. Returns the files in words.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn write_pane(
    directory: &RunDirectory,
    step: u64,
    svg: &str,
    csv: Option<&str>,
) -> Result<String, WriteError> {
    let [picture, table] = directory.pane(step);
    write_screen(&picture, svg)?;
    let Some(csv) = csv else {
        return Ok(picture.to_string());
    };
    write_screen(&table, csv)?;
    Ok(format!("{picture} and {table}"))
}

/// The step of samples, and their picture.
pub(crate) fn draw(samples: &Samples) -> (u64, Picture) {
    match samples {
        Samples::Images {
            step,
            channels,
            height,
            width,
            pixels,
            ..
        } => (*step, grid::grid(pixels, *channels, *height, *width)),
        Samples::Points {
            step,
            generated,
            real,
        } => (*step, scatter::scatter(real, generated)),
    }
}
