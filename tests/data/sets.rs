//! Folders that hold data sets: one with a single set is loaded, any other is refused with what it holds.

use std::{fs, path::Path};

use sn_tui::engine::data::Dataset;

use crate::{
    array::npy,
    idx::{gzip, idx},
    images, load,
};

const SHAPE: (usize, usize, usize) = (1, 2, 2);

fn write_file(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// An IDX file of 2×2 images whose pixels all have this value.
fn idx_of(value: u8, count: u32) -> Vec<u8> {
    idx(&[count, 2, 2], &vec![value; 4 * count as usize])
}

/// Loads a folder with these files: (number of images, their value), or the error.
fn load_folder(files: &[(&str, Vec<u8>)]) -> Result<(usize, u8), String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        write_file(folder.path(), name, bytes);
    }
    let set = load(folder.path(), SHAPE).map_err(|error| {
        let error = error.to_string();
        assert!(error.contains(folder.path().to_str().unwrap()), "{error}");
        error
    })?;
    let images = images(&set);
    Ok((images.len(), images[0][0]))
}

/// A record of CIFAR-10 whose pixels all have this value.
fn record(value: u8) -> Vec<u8> {
    [vec![1], vec![value; 3072]].concat()
}

/// A batch of CIFAR's Python version as Python 2 pickled it: a dictionary with a NumPy array, (2, 3072), of one value.
fn pickle(value: u8, fortran: bool) -> Vec<u8> {
    let mut bytes = b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03U\x06labelsq\x04]q\x05(K\x06K\x09eU\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01K\x02M\x00\x0c\x86cnumpy\ndtype\nq\nU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb".to_vec();
    bytes.push(if fortran { 0x88 } else { 0x89 });
    bytes.push(b'T');
    bytes.extend(6144_u32.to_le_bytes());
    bytes.extend([value; 6144]);
    bytes.extend(b"tbU\x09filenamesq\x0c]q\r(U\x05a.pngU\x05b.pngeu.");
    bytes
}

#[test]
fn a_folder_with_one_set_is_that_set() {
    let train = "train-images-idx3-ubyte";
    let labels = idx(&[3], &[1, 2, 3]);
    for files in [
        vec![("images", idx_of(7, 3))],
        vec![("images.gz", gzip(&idx_of(7, 3)))],
        // MNIST as downloaded, and as torchvision stores it.
        vec![
            ("train-images-idx3-ubyte.gz", gzip(&idx_of(7, 3))),
            ("train-labels-idx1-ubyte.gz", gzip(&labels)),
            ("t10k-images-idx3-ubyte.gz", gzip(&idx_of(1, 2))),
            ("t10k-labels-idx1-ubyte.gz", gzip(&labels)),
        ],
        vec![
            ("MNIST/raw/train-images-idx3-ubyte", idx_of(7, 3)),
            ("MNIST/raw/train-images-idx3-ubyte.gz", gzip(&idx_of(7, 3))),
            ("MNIST/raw/train-labels-idx1-ubyte", labels.clone()),
            ("MNIST/raw/t10k-images-idx3-ubyte", idx_of(1, 2)),
        ],
        vec![
            (train, idx_of(7, 3)),
            ("readme.txt", b"hello".to_vec()),
            ("labels.npy", npy("|u1", false, &[3], &[1, 2, 3])),
        ],
        vec![("images.npy", npy("|u1", false, &[3, 2, 2], &[7; 12]))],
    ] {
        assert_eq!(load_folder(&files), Ok((3, 7)), "{:?}", files[0].0);
    }
}

#[test]
fn batches_of_cifar_are_found_from_the_folder_above() {
    let two = |value| [record(value), record(value)].concat();
    let binary = "cifar-10-batches-bin";
    let files = vec![
        ("cifar-10-batches-bin/data_batch_1.bin", two(9)),
        ("cifar-10-batches-bin/data_batch_2.bin", two(9)),
        ("cifar-10-batches-bin/test_batch.bin", two(1)),
        (
            "cifar-10-batches-bin/batches.meta.txt",
            b"airplane".to_vec(),
        ),
        ("cifar-10-binary.tar.gz", gzip(b"not here")),
    ];
    assert_eq!(load_folder(&files), Ok((4, 9)), "{binary}");
    let hundred = |value| [vec![1, 2], vec![value; 3072]].concat();
    let files = [
        ("cifar-100-binary/train.bin", hundred(5)),
        ("cifar-100-binary/test.bin", hundred(1)),
    ];
    assert_eq!(load_folder(&files), Ok((1, 5)));
}

#[test]
fn the_python_version_of_cifar_is_read() {
    let files = [
        ("cifar-10-batches-py/data_batch_1", pickle(8, false)),
        ("cifar-10-batches-py/data_batch_2", pickle(8, false)),
        ("cifar-10-batches-py/test_batch", pickle(1, false)),
        (
            "cifar-10-batches-py/batches.meta",
            b"\x80\x02}q\x01.".to_vec(),
        ),
    ];
    assert_eq!(load_folder(&files), Ok((4, 8)));
    // The batches directly in the folder, and those of CIFAR-100.
    let right = files
        .clone()
        .map(|(name, bytes)| (name.rsplit('/').next().unwrap(), bytes));
    assert_eq!(load_folder(&right), Ok((4, 8)));
    let hundred = [("train", pickle(4, false)), ("test", pickle(1, false))];
    assert_eq!(load_folder(&hundred), Ok((2, 4)));
    let one = crate::file("data_batch_1", &pickle(3, false), (3, 32, 32)).unwrap();
    assert_eq!(images(&one), [[3; 3072], [3; 3072]]);

    let whole = pickle(3, false);
    for wrong in [
        pickle(3, true),
        whole[..whole.len() - 60].to_vec(),
        b"\x80\x02.".to_vec(),
    ] {
        let error = crate::file("data_batch_1", &wrong, SHAPE)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("pickle") && error.contains("numpy.save"),
            "{error}"
        );
    }
    for length in 0..300 {
        let _ = crate::file("data_batch_1", &whole[..length], SHAPE).unwrap_err();
    }
}

#[test]
fn several_sets_are_named() {
    let error = load_folder(&[
        ("a/images", idx_of(1, 2)),
        ("b/images.npy", npy("|u1", false, &[3, 2, 2], &[7; 12])),
    ])
    .unwrap_err();
    assert!(
        error.contains("several sets") && error.contains("a/images, b/images.npy"),
        "{error}"
    );
    let many: Vec<String> = (0..12).map(|number| format!("{number:02}")).collect();
    let many: Vec<(&str, Vec<u8>)> = many
        .iter()
        .map(|name| (name.as_str(), idx_of(1, 2)))
        .collect();
    let error = load_folder(&many).unwrap_err();
    assert!(error.contains("07 and 4 more. Give one"), "{error}");
    let stl = |name| (name, vec![0; 27_648]);
    let error = load_folder(&[
        stl("train_X.bin"),
        stl("test_X.bin"),
        stl("unlabeled_X.bin"),
    ])
    .unwrap_err();
    assert!(
        error.contains(": train_X.bin, unlabeled_X.bin. Give"),
        "{error}"
    );
}

#[test]
fn a_set_beside_pictures_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    write_file(folder.path(), "images", &idx_of(7, 3));
    let picture = image::GrayImage::from_pixel(2, 2, image::Luma([5]));
    picture.save(folder.path().join("a.png")).unwrap();
    let set = load(folder.path(), SHAPE).unwrap();
    assert_eq!(images(&set), [[5; 4]]);
    let warnings = set.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("images: "),
        "{warnings:?}"
    );
}

#[test]
fn other_files_are_named_with_what_to_give() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("photo.png");
    image::GrayImage::new(9, 9).save(&picture).unwrap();
    let error = load(&picture, SHAPE).unwrap_err().to_string();
    assert!(
        error.contains("one picture") && error.contains(folder.path().to_str().unwrap()),
        "{error}"
    );

    let mut tar = vec![0; 512];
    tar[..5].copy_from_slice(b"a.txt");
    tar[257..262].copy_from_slice(b"ustar");
    for (name, bytes, words) in [
        ("cifar.tar", tar, "a tar archive"),
        ("cifar.tar.gz", gzip(&[1; 600]), "gzipped"),
        ("images.h5", b"\x89HDF\r\n\x1a\n".to_vec(), "an HDF5 file"),
        ("images.parquet", b"PAR1aaaa".to_vec(), "a Parquet file"),
        (
            "images.idx",
            b"version https://git-lfs.github.com/spec/v1".to_vec(),
            "git-lfs",
        ),
        ("images.zip", b"<!DOCTYPE html>".to_vec(), "a web page"),
    ] {
        let error = crate::file(name, &bytes, SHAPE).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        let error = load_folder(&[(name, bytes)]).unwrap_err();
        assert!(error.contains(words) && error.contains(name), "{error}");
    }
    let error = load_folder(&[("notes.txt", b"hello".to_vec())]).unwrap_err();
    assert!(
        error.contains("notes.txt") && error.contains("Give --data PATH"),
        "{error}"
    );
}

#[test]
fn images_are_cropped_padded_or_stretched() {
    use sn_tui::preset::{Data, Fit};
    let folder = tempfile::tempdir().unwrap();
    let wide = image::GrayImage::from_fn(8, 4, |x, _| {
        image::Luma([if (2..6).contains(&x) { 200 } else { 100 }])
    });
    wide.save(folder.path().join("a.png")).unwrap();
    // The same image as an IDX file.
    let record = folder.path().join("record");
    fs::write(&record, idx(&[1, 4, 8], wide.as_raw())).unwrap();
    for path in [folder.path(), &record] {
        let taken = |fit| {
            let mut data = crate::data(path, (1, 4, 4));
            if let Data::Images { fit: field, .. } = &mut data {
                *field = fit;
            }
            images(&Dataset::load(&data).unwrap()).remove(0)
        };
        assert_eq!(taken(Fit::Crop), [200; 16]);
        let padded = taken(Fit::Pad);
        assert!(
            padded[..4] == [0; 4] && padded[12..] == [0; 4] && padded[5] > 150,
            "{padded:?}"
        );
        let stretched = taken(Fit::Stretch);
        assert!(stretched[0] < 130 && stretched[1] > 170, "{stretched:?}");
    }
}
