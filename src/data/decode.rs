//! One image file to pixels, whatever it holds.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use image::{
    DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage, imageops::FilterType,
    metadata::Orientation,
};

use super::{records::append_planes, tiff};

/// Longest side of an image.
const MAX_SIDE: u32 = 1 << 14;
/// Most bytes that an image may take while it is decoded, 256 MiB.
const MAX_BYTES: u64 = 256 << 20;
/// Bytes that every image may take, 16 MiB; beyond them it may take `MAX_RATIO` for each byte of its file, so that a
/// header alone gets no more.
const FREE_BYTES: u64 = 16 << 20;
/// Beyond what deflate packs into a byte.
const MAX_RATIO: u64 = 2048;

/// Decodes a file; of an animation, its first picture. The format is that of the content, or, where it shows none, that
/// of the name. The orientation that a camera noted is applied, transparent parts are laid over white.
///
/// # Errors
/// Why there is no image, for a person.
pub fn decode(path: &Path) -> Result<DynamicImage, String> {
    // Decoders are fuzzed by their makers; should one panic all the same, it is this file that is broken.
    catch_unwind(AssertUnwindSafe(|| read(path)))
        .unwrap_or_else(|_| Err("its decoder gave up".to_owned()))
}

fn read(path: &Path) -> Result<DynamicImage, String> {
    let text = |error: io::Error| error.to_string();
    let about = path.metadata().map_err(text)?;
    if !about.is_file() {
        return Err("not a file".to_owned());
    }
    if !tiff::fits(path).map_err(text)? {
        return Err("its directory promises more than the file holds".to_owned());
    }
    let most = (FREE_BYTES + about.len().saturating_mul(MAX_RATIO)).min(MAX_BYTES);
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(text)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(most);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err("it has no pixels".to_owned());
    }
    if width > MAX_SIDE || height > MAX_SIDE || decoder.total_bytes() > most {
        return Err(format!(
            "{width}×{height} pixels are too many for its length"
        ));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    image.apply_orientation(orientation);
    Ok(if image.color().has_alpha() {
        over_white(&image)
    } else {
        image
    })
}

fn over_white(image: &DynamicImage) -> DynamicImage {
    let image = image.to_rgba8();
    let mut out = RgbImage::new(image.width(), image.height());
    for (pixel, out) in image.pixels().zip(out.pixels_mut()) {
        let [r, g, b, alpha] = pixel.0.map(u16::from);
        out.0 = [r, g, b].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8);
    }
    DynamicImage::ImageRgb8(out)
}

/// The image in the shape (channels, height, width), appended to `out`: resized with a linear filter, gray repeated
/// over three channels, colour turned gray by luminance (Rec. 709).
pub fn fit(image: DynamicImage, (channels, height, width): (usize, u32, u32), out: &mut Vec<u8>) {
    let image = if (image.height(), image.width()) == (height, width) {
        image
    } else {
        image.resize_exact(width, height, FilterType::Triangle)
    };
    let bytes = match channels {
        1 => image.into_luma8().into_raw(),
        _ => image.into_rgb8().into_raw(),
    };
    append_planes(&bytes, channels, out);
}
