//! Broken images are skipped with a note.

use std::{fs, io::Cursor};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;

use crate::{images, load, memory};

const SHAPE: (usize, usize, usize) = (3, 8, 8);

fn picture() -> DynamicImage {
    let picture = RgbImage::from_fn(8, 8, |x, y| Rgb([x as u8 * 30, y as u8 * 30, 77]));
    DynamicImage::ImageRgb8(picture)
}

fn encoded(name: &str) -> Vec<u8> {
    encoded_of(name, &picture())
}

pub fn encoded_of(name: &str, picture: &DynamicImage) -> Vec<u8> {
    if name == "dds" {
        return dds();
    }
    let format = ImageFormat::from_extension(name).unwrap();
    let picture = match format {
        ImageFormat::Farbfeld => DynamicImage::ImageRgba16(picture.to_rgba16()),
        ImageFormat::Ico => DynamicImage::ImageRgba8(picture.to_rgba8()),
        ImageFormat::OpenExr | ImageFormat::Hdr => DynamicImage::ImageRgb32F(picture.to_rgb32f()),
        _ => picture.clone(),
    };
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// 8×8 pixels in DXT1, which the image crate cannot write.
fn dds() -> Vec<u8> {
    let mut words = [0_u32; 32];
    words[0] = u32::from_le_bytes(*b"DDS ");
    (words[1], words[2]) = (124, 0x81007);
    (words[3], words[4], words[5]) = (8, 8, 32);
    (words[19], words[20]) = (32, 4);
    (words[21], words[27]) = (u32::from_le_bytes(*b"DXT1"), 0x1000);
    let header = words.iter().flat_map(|word| word.to_le_bytes());
    header.chain([0x5a; 32]).collect()
}

pub const FORMATS: [&str; 14] = [
    "bmp", "dds", "exr", "ff", "gif", "hdr", "ico", "jpeg", "png", "ppm", "qoi", "tga", "tiff",
    "webp",
];

/// Loads a folder that holds one valid image and this file; returns the number of images and the notes.
fn beside_a_valid_image(name: &str, bytes: &[u8]) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    picture().save(folder.path().join("sound.png")).unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let set = load(folder.path(), SHAPE).unwrap();
    (images(&set).len(), set.warnings())
}

#[test]
fn a_broken_file_is_skipped_and_named() {
    for format in FORMATS {
        let whole = encoded(format);
        let name = format!("it.{format}");
        let sound = beside_a_valid_image(&name, &whole);
        assert_eq!(sound, (2, Vec::new()), "{format}");
        for bytes in [&whole[..whole.len() / 3], &[], b"something else"] {
            let (count, skipped) = beside_a_valid_image(&name, bytes);
            assert_eq!(count + skipped.len(), 2, "{format}");
            let named = skipped.iter().all(|warning| warning.starts_with(&name));
            assert!(named, "{skipped:?}");
        }
    }
}

#[test]
fn names_cannot_control_a_terminal() {
    let (_, skipped) = beside_a_valid_image("\u{1b}[2J.png", b"");
    assert!(skipped.len() == 1 && !skipped[0].contains('\u{1b}'));
}

#[test]
fn a_folder_of_only_broken_files_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.png", "b.jpg"] {
        fs::write(folder.path().join(name), "broken").unwrap();
    }
    let error = load(folder.path(), SHAPE).unwrap_err().to_string();
    assert!(error.contains("none of the 2 images"), "{error}");
    assert!(error.contains("a.png: "), "{error}");
}

/// Headers of 65,535 × 65,535 pixels with almost nothing behind them.
#[test]
fn a_header_alone_gets_no_memory() {
    let big = 65_535_u32;
    let mut png = encoded("png");
    png[16..20].copy_from_slice(&big.to_be_bytes());
    png[20..24].copy_from_slice(&big.to_be_bytes());
    let mut bmp = encoded("bmp");
    bmp[18..22].copy_from_slice(&big.to_le_bytes());
    bmp[22..26].copy_from_slice(&big.to_le_bytes());
    let mut qoi = encoded("qoi");
    qoi[4..8].copy_from_slice(&big.to_be_bytes());
    qoi[8..12].copy_from_slice(&big.to_be_bytes());
    let mut gif = encoded("gif");
    gif[6..10].fill(0xff);
    let mut tga = encoded("tga");
    tga[12..16].fill(0xff);
    let ppm = b"P6 16000 16000 255\nabc".to_vec();
    // The number of values of the directory's first entry.
    let mut tiff = encoded("tiff");
    let directory = u32::from_le_bytes(tiff[4..8].try_into().unwrap()) as usize;
    tiff[directory + 6..directory + 10].copy_from_slice(&8_000_000_u32.to_le_bytes());
    let ff = [b"farbfeld", &[0, 0, 63, 0, 0, 0, 63, 0][..]].concat();
    for (name, bytes) in [
        ("it.png", png),
        ("it.bmp", bmp),
        ("it.qoi", qoi),
        ("it.gif", gif),
        ("it.tga", tga),
        ("it.ppm", ppm),
        ("it.ff", ff),
        ("it.tiff", tiff),
    ] {
        let (count, skipped) = beside_a_valid_image(name, &bytes);
        assert_eq!((count, skipped.len()), (1, 1), "{name}");
    }
    memory::assert_small();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_images_are_read_or_skipped(
        format in prop::sample::select(FORMATS.to_vec()),
        // Edits concentrate on headers, where wrong sizes cost most.
        edits in prop::collection::vec((prop_oneof![0usize..64, 0usize..4000], any::<u8>()), 1..5),
        cut in prop_oneof![Just(0usize), 0usize..4000],
    ) {
        let mut bytes = encoded(format);
        let length = bytes.len();
        for (at, byte) in edits {
            bytes[at % length] = byte;
        }
        bytes.truncate(length - cut % length);
        let (count, skipped) = beside_a_valid_image(&format!("it.{format}"), &bytes);
        prop_assert_eq!(count + skipped.len(), 2);
        memory::assert_small();
    }
}
