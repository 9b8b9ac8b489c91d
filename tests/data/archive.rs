//! Zip archives of pictures.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use image::{GrayImage, ImageFormat, Luma};
use proptest::prelude::*;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use sn_tui::engine::data::Dataset;

use crate::{images, load, memory};

const GRAY: (usize, usize, usize) = (1, 4, 4);

/// A PNG picture whose pixels all have one value.
fn picture(value: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    GrayImage::from_pixel(4, 4, Luma([value]))
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

fn zip(entries: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in entries {
        if name.ends_with('/') {
            archive.new_dir(name).create().unwrap();
            continue;
        }
        let builder = archive.new_file(name).compression_method(method);
        let (mut entry, config) = builder.start().unwrap();
        if method == CompressionMethod::DEFLATE {
            let packer =
                flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
            let mut writer = config.wrap(packer);
            writer.write_all(content).unwrap();
            if name.starts_with("bomb") {
                io::copy(&mut io::repeat(0).take(BOMB), &mut writer).unwrap();
            }
            let (packer, descriptor) = writer.finish().unwrap();
            packer.finish().unwrap();
            entry.finish(descriptor).unwrap();
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            let (_, descriptor) = writer.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
    }
    archive.finish().unwrap();
    bytes
}

fn values(set: &Dataset) -> Vec<u8> {
    images(set).iter().map(|image| image[0]).collect()
}

/// The unpacked length of the entry that is a bomb.
const BOMB: u64 = 100 << 20;

const METHODS: [CompressionMethod; 2] = [CompressionMethod::STORE, CompressionMethod::DEFLATE];

fn set(bytes: &[u8]) -> Result<Dataset, sn_tui::engine::data::Error> {
    crate::file("pictures.zip", bytes, GRAY)
}

#[test]
fn an_archive_is_read_like_the_folder_it_unpacks_to() {
    let entries = [
        ("b.png", picture(4)),
        ("a/z.png", picture(2)),
        ("a/", Vec::new()),
        ("a/deep/er/x.png", picture(1)),
        ("c/no-extension", picture(5)),
        ("a.png", picture(3)),
        ("d.jpg", picture(6)),
        (".hidden.png", picture(9)),
        ("__MACOSX/._a.png", picture(9)),
        ("labels.csv", b"a,b".to_vec()),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in &entries {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if !name.ends_with('/') {
            fs::write(path, content).unwrap();
        }
    }
    let unpacked = values(&load(folder.path(), GRAY).unwrap());
    for method in METHODS {
        let set = set(&zip(&entries, method)).unwrap();
        assert_eq!(values(&set), [1, 2, 3, 4, 5, 6]);
        assert_eq!(values(&set), unpacked);
        assert!(set.warnings().is_empty());
    }
}

#[test]
fn broken_entries_are_skipped_and_named() {
    for method in METHODS {
        let marked = b"this one is broken in the archive".to_vec();
        let entries = [
            ("a.png", picture(1)),
            ("b.png", picture(2)[..40].to_vec()),
            ("c.png", marked.clone()),
        ];
        let mut bytes = zip(&entries, method);
        let skipped = set(&bytes).unwrap().warnings();
        assert_eq!(skipped.len(), 2, "{skipped:?}");
        assert!(skipped[0].starts_with("b.png: ") && skipped[1].starts_with("c.png: "));
        // Corruption that the picture's own format would not notice is found by the archive's checksum.
        let start = bytes.windows(8).position(|it| it == b"\x89PNG\r\n\x1a\n");
        if let Some(start) = start {
            bytes[start + 60] ^= 1;
            assert!(set(&bytes).is_err());
        }
    }
}

#[test]
fn other_contents_of_an_archive_are_named() {
    let method = CompressionMethod::DEFLATE;
    for (entries, words) in [
        (vec![], "no image in this archive"),
        (
            vec![("images.npy", b"\x93NUMPY".to_vec())],
            "images.npy is not a picture: unpack",
        ),
        (vec![("a.png", b"none".to_vec())], "none of the 1 images"),
    ] {
        let error = set(&zip(&entries, method)).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("pictures.zip"),
            "{error}"
        );
    }
    let whole = zip(&[("a.png", picture(1))], method);
    for length in [4, whole.len() / 2, whole.len() - 1] {
        let error = set(&whole[..length]).unwrap_err().to_string();
        assert!(error.contains("zip archive cannot be read"), "{error}");
    }
}

/// The entry unpacks to the start of a picture and 100 MiB of zeros.
#[test]
fn an_entry_larger_than_any_picture_gets_no_memory() {
    let honest = zip(
        &[("a.png", picture(7)), ("bomb.png", picture(1))],
        CompressionMethod::DEFLATE,
    );
    let loaded = set(&honest).unwrap();
    assert_eq!(values(&loaded), [7]);
    let skipped = loaded.warnings();
    assert!(skipped[0].contains("more than 64 MiB"), "{skipped:?}");
    // The directory gives a wrong length for the entry.
    let mut lying = honest.clone();
    let length = (BOMB as u32 + picture(1).len() as u32).to_le_bytes();
    let at = lying.windows(4).rposition(|it| it == length).unwrap();
    lying[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
    let loaded = set(&lying).unwrap();
    assert_eq!((values(&loaded), loaded.warnings().len()), (vec![7], 1));
    memory::assert_small();
}

/// The directory refers to one entry's data many times.
#[test]
fn entries_that_share_their_data_are_refused() {
    let name = |number: usize| format!("{number:04}.png");
    let names: Vec<String> = (0..200).map(name).collect();
    let entries: Vec<(&str, Vec<u8>)> = names
        .iter()
        .map(|name| (name.as_str(), picture(1)))
        .collect();
    let mut bytes = zip(&entries, CompressionMethod::STORE);
    assert_eq!(values(&set(&bytes).unwrap()).len(), 200);
    // The data of all but the first entry is removed; the directory gives each entry the offset of the first.
    let end = bytes.len() - 22;
    let directory = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize;
    let second = bytes.windows(4).enumerate().skip(4);
    let second = second
        .clone()
        .find(|(_, it)| *it == b"PK\x03\x04")
        .unwrap()
        .0;
    let mut at = directory;
    while at < end {
        bytes[at + 42..at + 46].fill(0);
        let word = |place: usize| usize::from(u16::from_le_bytes([bytes[place], bytes[place + 1]]));
        at += 46 + word(at + 28) + word(at + 30) + word(at + 32);
    }
    bytes[end + 16..end + 20].copy_from_slice(&(second as u32).to_le_bytes());
    bytes.drain(second..directory);
    let error = set(&bytes).unwrap_err().to_string();
    assert!(error.contains("share their data"), "{error}");
}

#[test]
fn large_archives_are_unpacked_as_needed() {
    let names: Vec<String> = (0..1500).map(|number| format!("{number:04}.png")).collect();
    let of = |number: usize| match number {
        9 => b"broken".to_vec(),
        _ => picture((number % 10) as u8 * 20),
    };
    let entries: Vec<(&str, Vec<u8>)> = (names.iter().enumerate())
        .map(|(number, name)| (name.as_str(), of(number)))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.zip");
    let mut file = File::create(&path).unwrap();
    file.write_all(&zip(&entries, CompressionMethod::DEFLATE))
        .unwrap();
    let set = load(&path, (3, 256, 256)).unwrap();
    let Dataset::Images(large) = &set else {
        panic!("images expected")
    };
    assert_eq!((large.len(), set.warnings().len()), (1500, 0));
    let value = |index| ((large.gather(&[index]).unwrap()[0] + 1.0) * 127.5).round();
    assert_eq!((value(1234), value(8), value(9)), (80.0, 160.0, 0.0));
    let warnings = set.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("0009.png: "),
        "{warnings:?}"
    );
}

#[test]
fn an_archive_is_found_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("more");
    fs::create_dir(&inner).unwrap();
    let bytes = zip(&[("a.png", picture(1))], CompressionMethod::DEFLATE);
    fs::write(inner.join("pictures.zip"), bytes).unwrap();
    assert_eq!(values(&load(folder.path(), GRAY).unwrap()), [1]);
    assert_eq!(values(&load(Path::new(&inner), GRAY).unwrap()), [1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn mutated_archives_are_sets_or_errors(
        // The directory is at the end, so half of the edits count from there.
        edits in prop::collection::vec((any::<bool>(), 0usize..250, any::<u8>()), 1..6),
        cut in 0usize..250,
        deflated: bool,
    ) {
        let entries = [("a.png", picture(1)), ("b", picture(2)), ("c/d.png", picture(3))];
        let mut bytes = zip(&entries, METHODS[usize::from(deflated)]);
        let length = bytes.len();
        for (from_end, at, byte) in edits {
            bytes[if from_end { length - 1 - at } else { at }] = byte;
        }
        if cut % 3 == 0 {
            bytes.truncate(length - cut);
        }
        if let Ok(set) = set(&bytes) {
            prop_assert!(images(&set).len() <= 3);
        }
        memory::assert_small();
    }
}
