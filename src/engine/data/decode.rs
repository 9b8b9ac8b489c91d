//! Decoding image files that are not trusted.

use std::{
    io::{self, BufRead, Cursor, Seek},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, metadata::Orientation,
};

use super::{broken::Reason, jpeg, tiff};
use crate::files::open;

/// Longest side of an image, in pixels.
const MAX_SIDE: u32 = 1 << 14;
/// Most bytes of an image file, and most memory for decoding one (256 MiB).
const MAX_BYTES: u64 = 256 << 20;
/// Memory that decoding may always take (16 MiB). More memory is limited to [`MAX_RATIO`] for each byte of the file, so
/// that a large size in the header alone allocates no more.
const FREE_BYTES: u64 = 16 << 20;
/// Decoded bytes for each byte of a file; deflate packs at most 1032.
const MAX_RATIO: u64 = 2048;

/// Reads an image file and decodes it with [`decode`].
///
/// # Errors
/// If the file cannot be read or is not a complete image.
pub(super) fn decode_file(path: &Path) -> Result<DynamicImage, Reason> {
    let bytes = open::bounded(open::plain(path)?, MAX_BYTES)?;
    decode(&bytes, path)
}

/// Decodes the bytes of an image file; of an animation the first frame. The format is detected from the content, or if
/// that fails from the name. The EXIF orientation is applied; transparent pixels are blended with white.
///
/// # Errors
/// If the file is not a complete image.
pub(super) fn decode(bytes: &[u8], name: &Path) -> Result<DynamicImage, Reason> {
    // A panic of a decoder counts as a broken file.
    catch_unwind(AssertUnwindSafe(|| read(bytes, name))).unwrap_or_else(|_| Err(Reason::Panic))
}

fn read(bytes: &[u8], name: &Path) -> Result<DynamicImage, Reason> {
    if !tiff::fits(bytes) {
        return Err(Reason::Tiff);
    }
    let most = (FREE_BYTES + (bytes.len() as u64).saturating_mul(MAX_RATIO)).min(MAX_BYTES);
    let mut reader = reader(bytes, name)?;
    let format = reader.format();
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(most);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Reason::Empty);
    }
    if width > MAX_SIDE || height > MAX_SIDE || decoder.total_bytes() > most {
        return Err(Reason::Pixels { width, height });
    }
    if format == Some(ImageFormat::Jpeg) {
        jpeg::check(bytes, (width, height))?;
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(if image.color().has_alpha() {
        over_white(&image)
    } else {
        image
    })
}

fn reader<'a>(
    bytes: &'a [u8],
    name: &Path,
) -> io::Result<ImageReader<impl BufRead + Seek + use<'a>>> {
    let mut reader = ImageReader::new(Cursor::new(bytes));
    if let Ok(format) = ImageFormat::from_path(name) {
        reader.set_format(format);
    }
    reader.with_guessed_format()
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
