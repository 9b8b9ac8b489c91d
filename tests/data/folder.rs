//! Folders of images.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use image::{
    DynamicImage, GrayImage, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage,
    codecs::jpeg::JpegEncoder,
};
use sn_tui::engine::data::{Dataset, Images};

use crate::{data, epoch, images, load};

const GRAY: (usize, usize, usize) = (1, 4, 4);

fn gray(folder: &Path, name: &str, value: u8) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    GrayImage::from_pixel(4, 4, Luma([value]))
        .save_with_format(&path, ImageFormat::Png)
        .unwrap();
    path
}

fn values(dataset: &Dataset) -> Vec<u8> {
    images(dataset).iter().map(|image| image[0]).collect()
}

#[test]
fn all_folders_are_searched_and_paths_give_the_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("b.png", 4),
        ("a/z.png", 2),
        ("a/deep/er/x.png", 1),
        ("c/no-extension", 5),
        ("a.png", 3),
        // The name contradicts the content, which decides.
        ("d.jpg", 6),
        (".hidden.png", 9),
        (".hidden/x.png", 9),
    ] {
        gray(folder.path(), name, value);
    }
    fs::write(folder.path().join("labels.csv"), "a,b").unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let set = load(folder.path(), GRAY).unwrap();
    assert_eq!(values(&set), [1, 2, 3, 4, 5, 6]);
    assert!(set.warnings().is_empty());
    let again = || epoch(load(folder.path(), GRAY).unwrap(), 0, 6);
    assert_eq!(again(), again());
}

#[test]
fn symbolic_links_are_followed_and_loops_end() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    gray(folder.path(), "in/a.png", 1);
    let linked = gray(elsewhere.path(), "b.png", 2);
    symlink(folder.path(), folder.path().join("in/loop")).unwrap();
    symlink("itself", folder.path().join("itself")).unwrap();
    symlink(elsewhere.path(), folder.path().join("more")).unwrap();
    symlink(linked, folder.path().join("z.png")).unwrap();
    symlink("/nowhere", folder.path().join("gone.png")).unwrap();
    let set = load(folder.path(), GRAY).unwrap();
    assert_eq!(values(&set), [1, 2, 2]);
    let warnings = set.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for name in ["itself: ", "gone.png: "] {
        assert!(warnings.iter().any(|warning| warning.starts_with(name)));
    }
}

#[test]
fn every_format_is_read() {
    let picture = RgbImage::from_fn(8, 8, |x, _| Rgb(if x < 4 { [250; 3] } else { [10; 3] }));
    let picture = DynamicImage::ImageRgb8(picture);
    let folder = tempfile::tempdir().unwrap();
    let formats = [
        ("bmp", ImageFormat::Bmp),
        ("ff", ImageFormat::Farbfeld),
        ("gif", ImageFormat::Gif),
        ("ico", ImageFormat::Ico),
        ("jpeg", ImageFormat::Jpeg),
        ("png", ImageFormat::Png),
        ("ppm", ImageFormat::Pnm),
        ("qoi", ImageFormat::Qoi),
        ("tga", ImageFormat::Tga),
        ("tiff", ImageFormat::Tiff),
        ("webp", ImageFormat::WebP),
        ("exr", ImageFormat::OpenExr),
        ("hdr", ImageFormat::Hdr),
    ];
    for (name, format) in formats {
        let picture = match format {
            ImageFormat::Farbfeld => DynamicImage::ImageRgba16(picture.to_rgba16()),
            ImageFormat::Ico => DynamicImage::ImageRgba8(picture.to_rgba8()),
            ImageFormat::OpenExr | ImageFormat::Hdr => {
                DynamicImage::ImageRgb32F(picture.to_rgb32f())
            }
            _ => picture.clone(),
        };
        let path = folder.path().join(format!("x.{name}"));
        picture.save_with_format(path, format).unwrap();
    }
    let set = load(folder.path(), (1, 8, 8)).unwrap();
    assert_eq!(set.warnings(), Vec::<String>::new());
    let all = images(&set);
    assert_eq!(all.len(), formats.len());
    for image in all {
        assert!(image[0] > 230 && image[7] < 30, "{image:?}");
    }
}

#[test]
fn pictures_take_the_shape_on_a_white_background() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, image: DynamicImage| image.save(folder.path().join(name)).unwrap();
    let red = RgbImage::from_pixel(9, 5, Rgb([255, 0, 0]));
    save("1-red.png", DynamicImage::ImageRgb8(red));
    let clear = RgbaImage::from_pixel(4, 4, Rgba([0, 0, 0, 0]));
    save("2-clear.png", DynamicImage::ImageRgba8(clear));
    let deep = image::ImageBuffer::from_pixel(4, 4, Luma([0x8080_u16]));
    save("3-deep.png", DynamicImage::ImageLuma16(deep));
    let gray = images(&load(folder.path(), GRAY).unwrap());
    assert!(gray[0].iter().all(|value| (50..60).contains(value)));
    assert_eq!(
        (&gray[1][..], &gray[2][..]),
        (&[255; 16][..], &[128; 16][..])
    );
    let colour = images(&load(folder.path(), (3, 2, 3)).unwrap());
    assert_eq!(colour[0], [[255; 6], [0; 6], [0; 6]].concat());
    assert_eq!(colour[2], [128; 18]);
}

#[test]
fn the_orientation_of_a_camera_is_applied() {
    let folder = tempfile::tempdir().unwrap();
    let quarters = GrayImage::from_fn(16, 16, |x, y| {
        Luma([10 + 70 * (x / 8) as u8 + 140 * (y / 8) as u8])
    });
    for orientation in 1..=8 {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
        // An EXIF directory with one entry of type short, tag 0x112 (orientation).
        let exif = [
            &b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..],
            &[orientation, 0, 0, 0, 0, 0, 0, 0],
        ];
        encoder.set_exif_metadata(exif.concat()).unwrap();
        quarters.write_with_encoder(encoder).unwrap();
        fs::write(folder.path().join(format!("{orientation}.jpg")), bytes).unwrap();
    }
    // The quarters from dark to light, after the rotation that EXIF asks for.
    let turned = [
        [0, 1, 2, 3],
        [1, 0, 3, 2],
        [3, 2, 1, 0],
        [2, 3, 0, 1],
        [0, 2, 1, 3],
        [2, 0, 3, 1],
        [3, 1, 2, 0],
        [1, 3, 0, 2],
    ];
    let read = images(&load(folder.path(), (1, 2, 2)).unwrap());
    let rank = |image: &Vec<u8>| {
        [0, 1, 2, 3].map(|at| image.iter().filter(|&&other| other < image[at]).count())
    };
    let ranks: Vec<[usize; 4]> = read.iter().map(rank).collect();
    assert_eq!(ranks, turned, "{read:?}");
}

#[test]
fn a_change_of_the_augmentation_keeps_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let path = gray(folder.path(), "a.png", 7);
    let plain = data(folder.path(), GRAY);
    let set = Dataset::load(&plain).unwrap();
    fs::remove_file(path).unwrap();
    let mut flipped = plain.clone();
    if let sn_tui::preset::Data::Images { flip, .. } = &mut flipped {
        *flip = true;
    }
    assert_eq!(values(&set.changed(&plain, &flipped).unwrap()), [7]);
    let other = data(folder.path(), (3, 4, 4));
    assert!(set.changed(&plain, &other).is_err());
}

#[test]
fn a_path_without_images_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = load(folder.path(), GRAY).unwrap_err().to_string();
    assert!(error.contains("no image in this folder"), "{error}");
    let text = folder.path().join("text");
    fs::write(&text, "hello").unwrap();
    for path in [&text, Path::new("/dev/zero"), Path::new("/nowhere/at all")] {
        let error = load(path, GRAY).unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
}

/// A data set larger than memory: 5,000 links to ten files, in a shape of 192 KiB each.
#[test]
fn large_folders_are_decoded_as_needed() {
    let files = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = (0..9)
        .map(|value| gray(files.path(), &format!("{value}.png"), value * 20))
        .collect();
    let broken = files.path().join("broken.png");
    fs::write(&broken, "no image").unwrap();
    paths.push(broken);
    for number in 0..5000 {
        let name = format!("{number:04}.png");
        symlink(&paths[number % 10], folder.path().join(name)).unwrap();
    }
    let set = load(folder.path(), (3, 256, 256)).unwrap();
    let Dataset::Images(large) = &set else {
        panic!("images expected")
    };
    assert_eq!((large.len(), set.warnings().len()), (5000, 0));
    let value = |images: &Images, index| (images.gather(&[index]).unwrap()[0] + 1.0) * 127.5;
    assert_eq!(value(large, 4321).round(), 20.0);
    assert_eq!(value(large, 8).round(), 160.0);
    // A broken file is replaced by the next one and named once.
    assert_eq!(value(large, 9).round(), 0.0);
    let warnings = set.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("0009.png: "),
        "{warnings:?}"
    );
    assert_eq!(value(large, 9).round(), 0.0);
    assert!(set.warnings().is_empty());
}
