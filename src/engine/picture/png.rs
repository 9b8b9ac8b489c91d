//! PNG encoding with text chunks.

use ::png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use super::Picture;

/// The bytes of a PNG file. `texts` are (keyword, text) chunks; a keyword has 1 to 79 Latin characters.
///
/// # Errors
/// If the picture has no pixels or PNG does not allow a keyword.
pub(crate) fn encode(
    picture: &Picture,
    texts: &[(&str, String)],
) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, picture.width as u32, picture.height as u32);
    encoder.set_color(match picture.channels {
        1 => ColorType::Grayscale,
        _ => ColorType::Rgb,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    for (keyword, text) in texts {
        // Plain chunks (Latin-1) are supported by more programs than international ones.
        if text.is_ascii() {
            encoder.add_text_chunk((*keyword).to_owned(), text.clone())?;
        } else {
            encoder.add_itxt_chunk((*keyword).to_owned(), text.clone())?;
        }
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.bytes)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_texts_survive_a_round_trip() {
        let mut picture = Picture::filled(5, 3, 3, 200);
        picture.bytes[4] = 17;
        let texts = [
            ("preset", "ring".to_owned()),
            ("settings", "σ: 0.01".to_owned()),
        ];
        let bytes = encode(&picture, &texts).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, picture.bytes);
        let info = reader.info();
        assert_eq!(info.uncompressed_latin1_text[0].keyword, "preset");
        assert_eq!(info.uncompressed_latin1_text[0].text, "ring");
        assert_eq!(info.utf8_text[0].get_text().unwrap(), "σ: 0.01");
    }

    #[test]
    fn a_picture_without_pixels_is_an_error() {
        assert!(encode(&Picture::filled(0, 3, 1, 0), &[]).is_err());
    }
}
