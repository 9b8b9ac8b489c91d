//! `sn-tui sample`.

use std::fs;

use image::{AnimationDecoder, codecs::gif::GifDecoder};

use crate::{Place, numpy, pytorch_file};

#[test]
fn default_samples_are_those_of_the_run_pictures() {
    let place = Place::new();
    place.succeeds("run digits --steps 1 --set batch=4 --set samples.count=9 --set scores.count=2 --headless --quiet --out out");
    place.succeeds("sample out -o a.png");
    let open = |name: &str| image::open(place.path(name)).unwrap();
    assert_eq!(open("a.png"), open("out/samples/final.png"));
    place.succeeds("sample out --seed 1 -o b.png");
    assert_ne!(open("a.png"), open("b.png"));
    // A smaller number gives the first of them.
    place.succeeds("sample out -o all.npy");
    place.succeeds("sample out -n 4 --threads 1 -o few.npy");
    let ((all, numbers), (few, first)) = (
        numpy::read(&place.path("all.npy")),
        numpy::read(&place.path("few.npy")),
    );
    assert_eq!((all, few), (vec![9, 1, 28, 28], vec![4, 1, 28, 28]));
    assert!(
        numbers
            .iter()
            .zip(&first)
            .all(|(a, b)| (a - b).abs() < 1e-5)
    );
}

#[test]
fn points_come_as_a_picture_and_as_numbers() {
    let place = Place::new();
    place.ring("out", " --steps 2 --set data.scale=2");
    place.succeeds("sample out -o a.png");
    let open = |name: &str| image::open(place.path(name)).unwrap();
    assert_eq!(open("a.png"), open("out/samples/final.png"));
    place.succeeds("sample out -n 5 -o a.npy");
    let (shape, numbers) = numpy::read(&place.path("a.npy"));
    assert_eq!(shape, [5, 2]);
    place.succeeds("sample out -n 5 -o a.safetensors");
    let file = fs::read(place.path("a.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&file).unwrap();
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(file.tensor("samples").unwrap().data(), bytes);
    assert_eq!(file.tensor("latents").unwrap().shape(), [5, 2]);
    // A file of samples is also one of latents here, because both are pairs of numbers.
    place.succeeds("sample out --latents a.safetensors -o b.npy");
    assert_eq!(numpy::read(&place.path("b.npy")).1, numbers);
}

#[test]
fn latents_can_be_saved_and_truncated() {
    let place = Place::new();
    place.ring("out", " --steps 2");
    place.succeeds("sample out -n 50 --truncation 0.7 --save-latents z.safetensors -o a.npy");
    let file = fs::read(place.path("z.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&file).unwrap();
    let z = file.tensor("latents").unwrap();
    assert_eq!(z.shape(), [50, 2]);
    let mut numbers = z
        .data()
        .chunks_exact(4)
        .map(|x| f32::from_le_bytes(x.try_into().unwrap()));
    assert!(numbers.all(|x| x.abs() <= 0.7));
    place.succeeds("sample out --latents z.safetensors -o b.npy");
    assert_eq!(
        numpy::read(&place.path("a.npy")),
        numpy::read(&place.path("b.npy"))
    );
    place.succeeds("sample out --latents z.safetensors -n 3 -o c.npy");
    assert_eq!(numpy::read(&place.path("c.npy")).0, [3, 2]);
    place.fails(
        "sample out --latents z.safetensors -n 51 -o d.npy",
        1,
        &["holds 50 latents, but -n asks for 51"],
    );
    place.succeeds("sample out --what g --latents z.safetensors -o g.npy");
    assert_ne!(
        numpy::read(&place.path("g.npy")),
        numpy::read(&place.path("a.npy"))
    );
}

#[test]
fn an_interpolation_between_two_samples() {
    let place = Place::new();
    let run = pytorch_file("tiny-weights.safetensors");
    let run = run.display();
    place.succeeds(&format!("sample {run} -n 3 -o all.npy"));
    for way in ["slerp", "linear"] {
        place.succeeds(&format!(
            "sample {run} --interpolate 2:0 --frames 7 --path {way} -o way.npy"
        ));
        let (all, way) = (
            numpy::read(&place.path("all.npy")).1,
            numpy::read(&place.path("way.npy")),
        );
        assert_eq!(way.0, [7, 3, 8, 8]);
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(near(&way.1[..192], &all[384..]) && near(&way.1[6 * 192..], &all[..192]));
    }
    place.succeeds(&format!("sample {run} --interpolate 2:9 -o way.gif"));
    let film = std::io::Cursor::new(fs::read(place.path("way.gif")).unwrap());
    let frames = GifDecoder::new(film)
        .unwrap()
        .into_frames()
        .collect_frames()
        .unwrap();
    assert_eq!(
        (frames.len(), frames[0].buffer().dimensions()),
        (30, (224, 224))
    );
}

#[test]
fn refusals_say_what_to_do_and_write_nothing() {
    let place = Place::new();
    place.ring("out", " --steps 1");
    place.fails(
        "sample out -o a.jpg",
        2,
        &["does not say which format to write", ".npy or .safetensors"],
    );
    place.fails(
        "sample out -o a.gif",
        2,
        &["a GIF shows an interpolation", "--interpolate 0:5"],
    );
    place.fails(
        "sample out -o a.safetensors --save-latents a.safetensors",
        2,
        &["cannot both be"],
    );
    place.fails(
        "sample out -o a.png -n 3 --interpolate 0:3",
        1,
        &["there is no latent 3: there are 3"],
    );
    place.fails(
        "sample gone -o a.png",
        1,
        &["no run in runs is named `gone`"],
    );
    place.fails(
        "sample out -o a.png --latents gone.safetensors",
        1,
        &["cannot read gone.safetensors"],
    );
    let digits = pytorch_file("digits.safetensors");
    let line = format!("sample out -o a.png --latents {}", digits.display());
    place.fails(&line, 1, &["`latents` has the shape", "(n, 2) is needed"]);
    place.fails(
        "sample out -o a.png --latents out/weights.safetensors",
        1,
        &["no tensor `latents`"],
    );
    place.succeeds("export out --what d -o d.safetensors");
    place.fails(
        "sample d.safetensors -o a.png",
        1,
        &["holds nothing of ema"],
    );
    place.fails(
        "sample out -o no/folder/a.npy",
        1,
        &["cannot write no/folder/a.npy"],
    );
    place.fails("sample out -o no/folder/a.png", 1, &["no/folder/a.png"]);
    let names = crate::folders::names(&place.path("."));
    assert_eq!(names, ["d.safetensors", "out"]);
}
