//! GIF animations, encoded frame by frame: only the current frame is in memory.

use std::{
    borrow::Cow,
    io::{self, ErrorKind, Write},
};

use gif::{Encoder, EncodingError, Frame, Repeat};

use super::Picture;

/// Duration of a frame, in hundredths of a second.
const DELAY: u16 = 10;
/// Speed of colour quantization for frames with more than 256 colours, from 1 (best quality) to 30 (fastest).
const SPEED: i32 = 10;

/// An animation that is being written. It repeats for ever.
///
/// If the first frame is gray, the global colour table is the ramp from black to white, and gray frames use it: Pillow
/// recognizes gray animations by the global table only. Frames in colour have their own table.
pub(crate) struct GifWriter<W: Write> {
    /// The writer, until the first frame creates the encoder.
    to: Option<W>,
    encoder: Option<Encoder<W>>,
    /// Width, height and channels of the first frame. All frames must have its width and height.
    first: Option<[usize; 3]>,
}

impl<W: Write> GifWriter<W> {
    pub(crate) fn new(to: W) -> Self {
        Self {
            to: Some(to),
            encoder: None,
            first: None,
        }
    }

    /// Whether the picture has the size of the first frame; true before the first frame.
    pub(crate) fn takes(&self, picture: &Picture) -> bool {
        self.first
            .is_none_or(|[width, height, _]| (width, height) == (picture.width, picture.height))
    }

    /// Adds a frame. Up to 256 colours are exact.
    ///
    /// # Errors
    /// If writing fails, the picture has a side over 65,535 pixels (the limit of GIF), or its size is not that of the
    /// first frame.
    pub(crate) fn frame(&mut self, picture: &Picture) -> io::Result<()> {
        let side = |length: usize| u16::try_from(length).map_err(|_| ErrorKind::InvalidInput);
        let (width, height) = (side(picture.width)?, side(picture.height)?);
        let whole = picture.bytes.len() == picture.width * picture.height * picture.channels;
        if !whole || !self.takes(picture) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let [_, _, first] =
            *self
                .first
                .get_or_insert([picture.width, picture.height, picture.channels]);
        if let Some(to) = self.to.take() {
            let table = if first == 1 { ramp() } else { Vec::new() };
            let mut encoder = Encoder::new(to, width, height, &table).map_err(failed)?;
            encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
            self.encoder = Some(encoder);
        }
        let mut frame = match picture.channels {
            1 => Frame {
                width,
                height,
                buffer: Cow::Borrowed(&picture.bytes),
                palette: (first != 1).then(ramp),
                ..Frame::default()
            },
            _ => Frame::from_rgb_speed(width, height, &picture.bytes, SPEED),
        };
        frame.delay = DELAY;
        match &mut self.encoder {
            Some(encoder) => encoder.write_frame(&frame).map_err(failed),
            // Creating the encoder failed for an earlier frame and consumed the writer.
            None => Err(ErrorKind::BrokenPipe.into()),
        }
    }
}

fn failed(error: EncodingError) -> io::Error {
    match error {
        EncodingError::Io(error) => error,
        other => io::Error::other(other),
    }
}

/// The colour table of 256 grays, from black to white.
fn ramp() -> Vec<u8> {
    (0..=255).flat_map(|gray| [gray; 3]).collect()
}

#[cfg(test)]
mod tests {
    use image::{AnimationDecoder, codecs::gif::GifDecoder};

    use super::*;

    fn writer(pictures: &[&Picture]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = GifWriter::new(&mut bytes);
        for picture in pictures {
            assert!(writer.takes(picture));
            writer.frame(picture).unwrap();
        }
        let other = Picture::filled(4, 3, 1, 0);
        assert!(!writer.takes(&other) && writer.frame(&other).is_err());
        drop(writer);
        bytes
    }

    fn frames(bytes: Vec<u8>) -> Vec<image::Frame> {
        let decoder = GifDecoder::new(io::Cursor::new(bytes)).unwrap();
        decoder.into_frames().collect_frames().unwrap()
    }

    fn gray(value: u8) -> Picture {
        Picture::filled(5, 3, 1, value)
    }

    fn colour() -> Picture {
        let mut colour = Picture::filled(5, 3, 3, 200);
        colour.bytes[4] = 17;
        colour
    }

    #[test]
    fn frames_survive_a_round_trip() {
        let (black, middle, colour) = (gray(0), gray(90), colour());
        for order in [[&black, &middle, &colour], [&colour, &middle, &black]] {
            let frames = frames(writer(&order));
            assert_eq!(frames.len(), 3);
            assert_eq!(frames[1].buffer().get_pixel(4, 2).0, [90, 90, 90, 255]);
            let colour = if order[0].channels == 3 { 0 } else { 2 };
            let pixel = frames[colour].buffer().get_pixel(1, 0).0;
            assert_eq!(pixel, [200, 17, 200, 255]);
        }
    }

    #[test]
    fn gray_frames_use_only_the_global_colour_table() {
        let bytes = writer(&[&gray(0), &gray(90)]);
        assert!(bytes.starts_with(b"GIF89a"));
        // Flags of the logical screen: a global table of 2^(7 + 1) colours, right behind it.
        assert_eq!(bytes[10] & 0b1000_0111, 0b1000_0111);
        assert_eq!(bytes[13..13 + 768], ramp());
        // A frame: ',' with its place, its size, and flags without a table of its own.
        let size = [b',', 0, 0, 0, 0, 5, 0, 3, 0];
        let frames: Vec<usize> = (781..bytes.len() - size.len())
            .filter(|&at| bytes[at..].starts_with(&size))
            .collect();
        assert_eq!(frames.len(), 2);
        assert!(frames.iter().all(|at| bytes[at + size.len()] & 0x80 == 0));
    }
}
