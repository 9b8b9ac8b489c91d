//! The files that a run writes to its directory.

use std::fs;

use sha2::{Digest, Sha256};
use sn_tui::preset::{parse, set};

use crate::{
    folders::names,
    program::program,
    run::{json, ring},
    tensors::Tensor,
};

#[test]
fn a_run_leaves_its_files() {
    let run = ring(&["--steps", "10", "--set", "samples.every=4"]);
    assert_eq!(
        names(&run.out()),
        [
            "checkpoints",
            "lock",
            "metrics.jsonl",
            "preset.ron",
            "run.json",
            "samples",
            "samples.safetensors",
            "sn-tui.log",
            "summary.json",
            "weights.safetensors"
        ]
    );
    assert_eq!(
        names(&run.out().join("samples")),
        [
            "final.png",
            "step-000000.png",
            "step-000004.png",
            "step-000008.png"
        ]
    );
    let log = fs::read_to_string(run.out().join("sn-tui.log")).unwrap();
    assert!(
        log.contains("start") && log.contains("end step=10"),
        "{log}"
    );
}

#[test]
fn without_a_path_a_run_makes_its_own_folder() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["run", "ring", "--steps", "0", "--log", "json"];
    for _ in 0..2 {
        let output = program(folder.path(), &arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
    }
    let runs = names(&folder.path().join("runs"));
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|name| name.contains("-ring-")), "{runs:?}");
    assert_eq!(names(&folder.path().join("runs").join(&runs[0])).len(), 9);
}

#[test]
fn the_preset_of_a_run_repeats_it() {
    let given = ["--set", "gain=2.5", "--set", "spectral.iterations=3"];
    let first = ring(&[&given[..], &["--steps", "4"]].concat());
    let file = first.out().join("preset.ron");
    let path = file.to_str().unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let preset = parse(&text, path).unwrap();
    assert_eq!((preset.steps, preset.decay_steps), (4, Some(8000)));
    assert_eq!((preset.gain, preset.spectral.iterations), (2.5, 3));

    assert_eq!(json(&["run", path]).hash(), first.hash());
    let shown = program(&first.out(), &["show", path, "--set", "gain=3"])
        .output()
        .unwrap();
    let shown = parse(&String::from_utf8(shown.stdout).unwrap(), "shown").unwrap();
    assert_eq!(shown, set(&preset, "gain", "3").unwrap());
}

#[test]
fn a_folder_of_a_run_is_its_preset() {
    let first = ring(&["--set", "gain=2.5", "--steps", "2"]);
    let home = first.out();
    let home = home.parent().unwrap();
    let show = |argument: &str| {
        let output = program(home, &["show", argument]).output().unwrap();
        let (out, err) = (output.stdout, output.stderr);
        (
            output.status.code(),
            String::from_utf8([out, err].concat()).unwrap(),
        )
    };
    let text = fs::read_to_string(home.join("out/preset.ron")).unwrap();
    for folder in ["out/", "./out", &home.join("out").to_string_lossy()] {
        assert_eq!(show(folder), (Some(0), text.clone()), "{folder}");
    }
    let (code, error) = show("out");
    assert!(code == Some(2) && error.contains("`out/`"), "{error}");
    let (code, error) = show("out/samples/");
    assert!(code == Some(2) && error.contains("preset.ron"), "{error}");

    let again = json(&["run", &home.join("out").to_string_lossy()]);
    assert_eq!(again.hash(), first.hash());
    assert_eq!(again.summary()["preset"], "ring");
}

#[test]
fn pictures_can_be_decoded() {
    let digits = json(&[
        "run",
        "digits",
        "--set",
        "batch=4",
        "--steps",
        "1",
        "--set",
        "samples.every=1",
    ]);
    let folder = digits.out().join("samples");
    assert_eq!(
        names(&folder),
        ["final.png", "step-000000.png", "step-000001.png"]
    );
    let first = image::open(folder.join("step-000000.png")).unwrap();
    let last = image::open(folder.join("final.png")).unwrap();
    assert!(last.width() >= 8 * 28 && last.height() >= 8 * 28);
    assert!(!last.color().has_color() && first != last);
    assert_eq!(last, image::open(folder.join("step-000001.png")).unwrap());

    let ring = ring(&["--steps", "1"]);
    let points = image::open(ring.out().join("samples/final.png")).unwrap();
    assert!(points.color().has_color() && points.width() > 100);
}

#[test]
fn the_hash_is_that_of_the_tensors_in_byte_order_of_their_keys() {
    let run = json(&["run", "digits", "--set", "batch=4", "--steps", "2"]);
    let mut hash = Sha256::new();
    for Tensor { bytes, .. } in run.weights().0.values() {
        hash.update(bytes);
    }
    assert_eq!(run.hash(), format!("{:x}", hash.finalize()));
}

#[test]
fn weights_have_the_names_and_shapes_of_pytorch() {
    let run = json(&["run", "digits", "--set", "batch=4", "--steps", "2"]);
    let weights = run.weights();
    let mut wanted: Vec<String> = Vec::new();
    for network in ["g", "ema"] {
        for layer in [0, 4, 7] {
            wanted.extend(["weight", "bias"].map(|name| format!("{network}.{layer}.{name}")));
        }
        for norm in [2, 5] {
            let parts = ["weight", "bias", "running_mean", "running_var"];
            wanted.extend(parts.map(|name| format!("{network}.{norm}.{name}")));
        }
    }
    for layer in [0, 2, 5] {
        let parts = ["weight_orig", "weight_u", "weight_v", "bias"];
        wanted.extend(parts.map(|name| format!("d.{layer}.{name}")));
    }
    wanted.sort();
    assert_eq!(weights.keys(), wanted);
    for (key, shape) in [
        ("g.0.weight", &[3136, 64][..]),
        ("g.4.weight", &[64, 32, 4, 4]),
        ("g.7.bias", &[1]),
        ("g.2.running_var", &[64]),
        ("d.0.weight_orig", &[32, 1, 4, 4]),
        ("d.0.weight_u", &[32]),
        ("d.0.weight_v", &[16]),
        ("d.5.weight_orig", &[1, 3136]),
        ("ema.7.weight", &[32, 1, 4, 4]),
    ] {
        assert_eq!(weights.0[key].shape, shape, "{key}");
    }
    // Running statistics change, and their average follows more slowly.
    let running = |network| weights.numbers(&format!("{network}.2.running_mean"));
    assert!(running("ema").iter().any(|&mean| mean != 0.0));
    assert_ne!(running("ema"), running("g"));
}

#[test]
fn the_average_of_the_generator_is_written_without_ema() {
    let run = ring(&["--steps", "2", "--set", "ema=0"]);
    let weights = run.weights();
    for layer in [0, 2, 4, 6] {
        for name in ["weight", "bias"] {
            let of = |network| weights.numbers(&format!("{network}.{layer}.{name}"));
            assert_eq!(of("ema"), of("g"), "{layer}.{name}");
        }
    }
}

#[test]
fn a_layer_without_normalization_is_saved_plain() {
    for off in [
        &["--set", "spectral.enabled=false"][..],
        &["--at", "2:spectral.enabled=false"],
    ] {
        let run = ring(&[off, &["--steps", "2"]].concat());
        let weights = run.weights();
        assert_eq!(weights.0["d.0.weight"].shape, [128, 2]);
        assert!(!weights.keys().iter().any(|key| key.contains("weight_")));
    }
    let exception = "spectral.layers={\"d.2\": (enabled: false)}";
    let run = ring(&[
        "--steps",
        "1",
        "--set",
        exception,
        "--set",
        "spectral.generator=true",
    ]);
    let weights = run.weights();
    assert_eq!(weights.0["d.2.weight"].shape, [128, 128]);
    assert_eq!(weights.0["d.0.weight_orig"].shape, [128, 2]);
    assert_eq!(weights.0["g.6.weight_v"].shape, [128]);
    assert!(!weights.0.contains_key("d.2.weight_orig") && !weights.0.contains_key("g.0.weight"));
}

#[test]
fn no_steps_leave_the_initial_weights() {
    let run = ring(&["--steps", "0"]);
    assert!(run.lines().is_empty());
    let summary = run.summary();
    assert_eq!(
        (&summary["steps"], &summary["stopped"]),
        (&0.into(), &"done".into())
    );
    assert!(summary["loss_d"].is_null() && summary["loss_g"].is_null());
    let weights = run.weights();
    assert_eq!(
        weights.numbers("g.0.weight"),
        weights.numbers("ema.0.weight")
    );
    assert_eq!(
        names(&run.out().join("samples")),
        ["final.png", "step-000000.png"]
    );
    // u and v are warmed up: σ from them is close to the largest singular value.
    let (w, u, v) = (
        weights.numbers("d.0.weight_orig"),
        weights.numbers("d.0.weight_u"),
        weights.numbers("d.0.weight_v"),
    );
    let rows = w.chunks_exact(2).zip(&u);
    let sigma: f32 = rows
        .map(|(row, u)| u * (row[0] * v[0] + row[1] * v[1]))
        .sum();
    let of = |i: usize, j: usize| w.chunks_exact(2).map(|row| row[i] * row[j]).sum::<f32>();
    let (a, b, c) = (of(0, 0), of(0, 1), of(1, 1));
    let largest = ((a + c) / 2.0 + (((a - c) / 2.0).powi(2) + b * b).sqrt()).sqrt();
    assert!(
        sigma <= largest * 1.0001 && sigma > largest * 0.9,
        "{sigma} {largest}"
    );
}
