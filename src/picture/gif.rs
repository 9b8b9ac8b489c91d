//! GIF films, frame by frame: nothing but the frame at hand is held in memory.

use std::io::Write;

use image::{
    Delay, Frame, ImageResult, RgbaImage,
    codecs::gif::{GifEncoder, Repeat},
};

use super::Picture;

/// How long a frame stands, in milliseconds.
const DELAY: u32 = 100;
/// How closely colours are looked at where a frame has more than 256 (1 to 30, the closest first).
const SPEED: i32 = 10;

/// A film that is being written, and shown for ever.
pub struct Film<W: Write> {
    encoder: GifEncoder<W>,
    /// Width and height of the first frame, which all others must have.
    size: Option<(usize, usize)>,
}

impl<W: Write> Film<W> {
    /// # Errors
    /// Those of `to`.
    pub fn new(to: W) -> ImageResult<Self> {
        let mut encoder = GifEncoder::new_with_speed(to, SPEED);
        encoder.set_repeat(Repeat::Infinite)?;
        Ok(Self {
            encoder,
            size: None,
        })
    }

    /// Whether the picture has the size of the frames so far.
    pub fn takes(&self, picture: &Picture) -> bool {
        self.size
            .is_none_or(|size| size == (picture.width, picture.height))
    }

    /// Adds a frame. Up to 256 colours come out as they are.
    ///
    /// # Errors
    /// Those of where it is written; a picture that is too large for a GIF (65,535 pixels a side), or of another size
    /// than the first.
    pub fn frame(&mut self, picture: &Picture) -> ImageResult<()> {
        let (width, height) = (picture.width as u32, picture.height as u32);
        let pixels = picture.bytes.chunks_exact(picture.channels);
        let rgba = pixels.flat_map(|pixel| match *pixel {
            [red, green, blue] => [red, green, blue, 255],
            _ => [pixel[0], pixel[0], pixel[0], 255],
        });
        let image = RgbaImage::from_raw(width, height, rgba.collect());
        let image = image.filter(|_| self.takes(picture)).ok_or_else(|| {
            let kind = image::error::ParameterErrorKind::DimensionMismatch;
            image::ImageError::Parameter(image::error::ParameterError::from_kind(kind))
        })?;
        let delay = Delay::from_numer_denom_ms(DELAY, 1);
        self.encoder
            .encode_frame(Frame::from_parts(image, 0, 0, delay))?;
        self.size = Some((picture.width, picture.height));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use image::{AnimationDecoder, codecs::gif::GifDecoder};

    use super::*;

    #[test]
    fn frames_come_back_with_their_pixels() {
        let gray = |value| Picture::filled(5, 3, 1, value);
        let mut colour = Picture::filled(5, 3, 3, 200);
        colour.bytes[4] = 17;
        let mut bytes = Vec::new();
        let mut film = Film::new(&mut bytes).unwrap();
        for picture in [&gray(0), &gray(90), &colour] {
            assert!(film.takes(picture));
            film.frame(picture).unwrap();
        }
        let other = Picture::filled(4, 3, 1, 0);
        assert!(!film.takes(&other) && film.frame(&other).is_err());
        drop(film);
        let decoder = GifDecoder::new(std::io::Cursor::new(bytes)).unwrap();
        let frames = decoder.into_frames().collect_frames().unwrap();
        assert_eq!(frames.len(), 3);
        assert_eq!(frames[1].buffer().get_pixel(4, 2).0, [90, 90, 90, 255]);
        assert_eq!(frames[2].buffer().get_pixel(1, 0).0, [200, 17, 200, 255]);
    }
}
