//! Pictures with missing parts are skipped and named, never trained on.

use std::{fs, path::Path};

use image::{
    DynamicImage, ExtendedColorType, ImageEncoder, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, pnm, tga::TgaEncoder},
};
use sn_tui::engine::data::Dataset;

use crate::{
    broken::{FORMATS, encoded_of},
    images, load,
};

/// A picture in which no two rows or columns are alike.
fn picture() -> RgbImage {
    RgbImage::from_fn(41, 31, |x, y| {
        let mixed = (x * 37 + y * 91) ^ (x * y);
        Rgb([x as u8 * 6, y as u8 * 8, mixed as u8])
    })
}

/// The outcome for each of these files beside a valid picture: the image, or the note of why it was skipped.
fn outcome(name: &str, all: &[Vec<u8>]) -> Vec<Result<Vec<u8>, String>> {
    let folder = tempfile::tempdir().unwrap();
    picture().save(folder.path().join("zzz.png")).unwrap();
    let of = |number: usize| format!("{number:05}-{name}");
    for (number, bytes) in all.iter().enumerate() {
        fs::write(folder.path().join(of(number)), bytes).unwrap();
    }
    let set = load(folder.path(), (3, 31, 41)).unwrap();
    let warnings = set.warnings();
    let mut read = images(&set).into_iter();
    (0..all.len())
        .map(
            |number| match warnings.iter().find(|it| it.starts_with(&of(number))) {
                Some(warning) => Err(warning.clone()),
                None => Ok(read.next().unwrap()),
            },
        )
        .collect()
}

/// The lengths to which a file is cut: 20 to 99 %, and without its last bytes.
fn cuts(length: usize) -> impl Iterator<Item = usize> {
    let parts = (20..100).map(move |part| length * part / 100);
    parts.chain((1..9).map(move |less| length - less))
}

fn jpeg(gray: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    if gray {
        DynamicImage::ImageRgb8(picture())
            .to_luma8()
            .write_with_encoder(encoder)
    } else {
        picture().write_with_encoder(encoder)
    }
    .unwrap();
    bytes
}

#[test]
fn a_jpeg_cut_anywhere_is_skipped_and_named() {
    for whole in [
        jpeg(false),
        jpeg(true),
        PROGRESSIVE.to_vec(),
        RESTARTS.to_vec(),
    ] {
        let mut all = vec![whole.clone()];
        all.extend(cuts(whole.len()).map(|length| whole[..length].to_vec()));
        let outcome = outcome("it.jpg", &all);
        assert!(outcome[0].is_ok(), "{:?}", outcome[0]);
        for (cut, all) in outcome[1..].iter().zip(&all[1..]) {
            assert!(cut.is_err(), "{} of {} bytes", all.len(), whole.len());
        }
        let said = outcome.iter().filter_map(|it| it.as_ref().err());
        assert!(said.clone().count() > 80);
        assert!(
            said.clone()
                .any(|it| it.ends_with("before the picture is complete"))
        );
    }
}

#[test]
fn a_jpeg_with_zeros_in_its_middle_is_skipped_and_named() {
    for whole in [
        jpeg(false),
        jpeg(true),
        PROGRESSIVE.to_vec(),
        RESTARTS.to_vec(),
    ] {
        let start = whole
            .windows(2)
            .position(|pair| pair == [0xff, 0xda])
            .unwrap()
            + 20;
        let all: Vec<Vec<u8>> = (start..whole.len() - 40)
            .step_by(5)
            .map(|from| {
                let mut bytes = whole.clone();
                bytes[from..from + 32].fill(0);
                bytes
            })
            .collect();
        let taken = outcome("it.jpg", &all)
            .iter()
            .filter(|it| it.is_ok())
            .count();
        // In a progressive picture, zeros may be fine bits of coefficients, which leave a picture that looks the same.
        assert!(taken * 20 <= all.len(), "{taken} of {}", all.len());
    }
}

/// Data after the end of a picture is not part of it: cameras put previews there.
#[test]
fn a_jpeg_is_whole_whatever_follows_it() {
    for rest in [&[0; 100][..], &jpeg(true), b"\xff"] {
        let outcome = outcome("it.jpg", &[[&jpeg(false), rest].concat()]);
        assert!(outcome[0].is_ok(), "{outcome:?}");
    }
}

/// Checks that cut files give whole pictures or are skipped, in any format.
fn cut_files_are_whole_or_skipped(name: &str, whole: &[u8]) {
    let mut all = vec![whole.to_vec()];
    let cuts = cuts(whole.len());
    // The last number of a text may have lost a digit without a trace.
    let cuts = cuts.filter(|length| name != "text.pgm" || length + 5 < whole.len());
    all.extend(cuts.map(|length| whole[..length].to_vec()));
    let outcome = outcome(name, &all);
    let image = outcome[0]
        .as_ref()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let taken = outcome[1..].iter().filter_map(|it| it.as_ref().ok());
    let mut count = 0;
    for cut in taken {
        count += 1;
        assert!(cut == image, "{name}");
    }
    // The last bytes of some formats are not part of the picture.
    assert!(count <= 15, "{name}: {count}");
}

#[test]
fn a_picture_of_any_format_is_whole_or_skipped() {
    let picture = DynamicImage::ImageRgb8(picture());
    for format in FORMATS {
        cut_files_are_whole_or_skipped(&format!("it.{format}"), &encoded_of(format, &picture));
    }
    let gray = picture.to_luma8();
    let mut tga = Vec::new();
    TgaEncoder::new(&mut tga)
        .write_image(&gray, gray.width(), gray.height(), ExtendedColorType::L8)
        .unwrap();
    cut_files_are_whole_or_skipped("gray.tga", &tga);
    for (name, encoding) in [
        ("text.pgm", pnm::SampleEncoding::Ascii),
        ("gray.pgm", pnm::SampleEncoding::Binary),
    ] {
        let mut bytes = Vec::new();
        pnm::PnmEncoder::new(&mut bytes)
            .with_subtype(pnm::PnmSubtype::Graymap(encoding))
            .write_image(&gray, gray.width(), gray.height(), ExtendedColorType::L8)
            .unwrap();
        cut_files_are_whole_or_skipped(name, &bytes);
    }
}

#[test]
fn pipes_among_pictures_are_skipped_and_named() {
    let folder = tempfile::tempdir().unwrap();
    picture().save(folder.path().join("sound.png")).unwrap();
    for name in ["pipe.png", "pipe"] {
        pipe(&folder.path().join(name));
    }
    let set = load(folder.path(), (3, 8, 8)).unwrap();
    let Dataset::Images(images) = &set else {
        panic!("images expected")
    };
    assert_eq!(images.len(), 1);
    let warnings = set.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("pipe.png: ") && warnings[0].contains("a pipe"));
    let error = load(&folder.path().join("pipe"), (3, 8, 8))
        .unwrap_err()
        .to_string();
    assert!(error.contains("a pipe"), "{error}");
}

/// Makes a pipe without a writer.
fn pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

/// A progressive JPEG and one with restart marks, made with Pillow because the image crate writes neither.
const PROGRESSIVE: &[u8] = include_bytes!("progressive.jpg");
const RESTARTS: &[u8] = include_bytes!("restarts.jpg");
