//! The paper's networks: their sizes, and that every preset trains alike on all devices.

#[path = "common/devices.rs"]
mod devices;
#[path = "common/gpu.rs"]
mod gpu;
#[path = "common/program.rs"]
mod program;

use std::fs;

use sn_tui::{
    engine::{
        data::{Dataset, Sampler},
        gan::{Outcome, Trainer},
        nn::Host,
    },
    model::Measures,
    preset::{
        Data, Preset, Source,
        builtin::{self, builtin},
        matrices,
        matrix::Matrix,
        set_all,
    },
};

use devices::{Device, Slow};
use program::program;

/// The measures and the state after two steps of `preset`.
fn two_steps<B: Device>(preset: &Preset) -> (Measures, Vec<(String, Vec<f32>)>) {
    let dataset = Dataset::load(&preset.data).unwrap();
    let mut sampler = Sampler::new(dataset.into(), 0, preset.batch);
    let mut trainer = Trainer::new(B::open(), preset, 0).unwrap();
    for _ in 0..2 {
        let mut real = |index| Ok(sampler.batch(index).unwrap());
        let outcome = trainer.step(&mut real).unwrap();
        assert_eq!(outcome, Outcome::Applied);
    }
    let state = trainer
        .state()
        .unwrap()
        .into_iter()
        .map(|t| (t.key, t.data))
        .collect();
    (trainer.measures().unwrap().unwrap(), state)
}

/// A preset with batch 4, one D update and bundled data.
fn small(name: &str) -> Preset {
    let mut preset = set_all(&builtin(name).unwrap(), &["batch=4", "n_dis=1"]).unwrap();
    if let Data::Images {
        source: source @ Source::Path(_),
        ..
    } = &mut preset.data
    {
        *source = Source::Dolls;
    }
    preset
}

#[test]
fn a_presets_matrices_match_its_built_networks() {
    for name in ["ring", "digits", "cifar10-resnet"] {
        let preset = builtin(name).unwrap();
        let trainer = Trainer::new(Host, &preset, 0).unwrap();
        let built: Vec<Matrix> = (trainer.weights().unwrap().iter())
            .map(|layer| Matrix {
                key: layer.key.clone(),
                kind: layer.kind.clone(),
                shape: layer.shape(),
            })
            .collect();
        assert_eq!(matrices(&preset), built, "{name}");
    }
}

#[test]
fn the_papers_networks_have_the_papers_sizes() {
    for (name, sizes) in [
        ("cifar10", (3_813_379, 2_935_873)),
        ("cifar10-resnet", (4_276_739, 1_053_825)),
    ] {
        let preset = builtin(name).unwrap();
        let trainer = Trainer::new(Host, &preset, 0).unwrap();
        assert_eq!(trainer.parameters(), sizes, "{name}");
    }
}

/// Runs the real program on files in the formats of CIFAR-10 and STL-10.
#[test]
fn presets_that_want_data_train_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let pixel = |at: usize| (at * 7 % 251) as u8;
    // 20 records of a label and three planes of 32×32.
    let cifar10: Vec<u8> = (0..20 * 3073)
        .map(|at| {
            if at % 3073 == 0 {
                (at / 3073 % 10) as u8
            } else {
                pixel(at)
            }
        })
        .collect();
    // 5 images of three planes of 96×96.
    let stl10: Vec<u8> = (0..5 * 27_648).map(pixel).collect();
    let batches = folder.path().join("cifar-10-batches-bin");
    fs::create_dir(&batches).unwrap();
    fs::write(batches.join("data_batch_1.bin"), cifar10).unwrap();
    fs::write(folder.path().join("unlabeled_X.bin"), stl10).unwrap();
    for (name, data) in [
        ("cifar10", "cifar-10-batches-bin"),
        ("cifar10-resnet", "cifar-10-batches-bin"),
        ("stl10", "unlabeled_X.bin"),
    ] {
        let small = ["batch=4", "n_dis=1", "samples.count=4", "scores.count=4"];
        let output = program(
            folder.path(),
            &["run", name, "--log", "json", "--steps", "2"],
        )
        .args(["--data", data, "--out", name, "--device", "cpu"])
        .args(small.iter().flat_map(|setting| ["--set", setting]))
        .output()
        .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{name}: {error}");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3, "{name}");
        for line in &lines[..2] {
            assert!(
                line["loss_d"].is_number() && line["grad_g"].as_f64() > Some(0.0),
                "{line}"
            );
        }
        assert_eq!(lines[2]["summary"]["steps"], 2);
        assert!(lines[2]["summary"]["swd"].is_number(), "{}", lines[2]);
    }
}

#[test]
fn every_preset_trains_two_steps() {
    on_each_fast_device!(every_preset());
}

fn every_preset<B: Device>() {
    for name in builtin::names() {
        let (measures, state) = two_steps::<B>(&small(name));
        assert!(
            measures.loss_d.is_finite() && measures.grad_g > 0.0,
            "{name}"
        );
        assert!(
            measures.sigma.iter().all(|(_, sigma)| *sigma > 0.0),
            "{name}"
        );
        let finite = |(_, data): &(String, Vec<f32>)| data.iter().all(|x| x.is_finite());
        assert!(state.iter().all(finite), "{name}");
    }
}

#[test]
fn residual_blocks_train_alike_on_all_devices() {
    on_each_fast_device!(residual_blocks());
}

fn residual_blocks<B: Device>() {
    let block = "[ResidualDown(out: 5, preactivation: false), Residual(out: 6), Residual(out: 6), ReLU, SumPool, Linear(out: 1)]";
    let generator = "[Linear(out: 96), Reshape(6, 4, 4), ResidualUp(out: 4), BatchNorm, ReLU, Conv2d(out: 3, kernel: 3, padding: 1), Tanh]";
    let preset = set_all(
        &small("cifar10-resnet"),
        &[
            "data.shape=(3, 8, 8)".to_owned(),
            format!("generator.layers={generator}"),
            format!("discriminator.layers={block}"),
            "spectral.generator=true".to_owned(),
            "spectral.layers.d.1.conv1.iterations=3".to_owned(),
        ],
    )
    .unwrap();
    let (fast, fast_state) = two_steps::<B>(&preset);
    let (slow, slow_state) = two_steps::<Slow>(&preset);
    let keys = fast
        .sigma
        .iter()
        .map(|(key, _)| key.as_str())
        .collect::<Vec<_>>();
    for key in [
        "d.0.conv1",
        "d.0.conv2",
        "d.0.shortcut",
        "d.1.shortcut",
        "d.2.conv2",
        "d.5",
        "g.2.conv1",
    ] {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
    assert!(!keys.contains(&"d.2.shortcut"), "an identity has no σ");
    assert!(
        (fast.loss_d - slow.loss_d).abs() < 1e-4,
        "{} {}",
        fast.loss_d,
        slow.loss_d
    );
    for ((key, fast), (other, slow)) in fast_state.iter().zip(&slow_state) {
        assert_eq!(key, other);
        for (a, b) in fast.iter().zip(slow) {
            assert!((a - b).abs() < 1e-3, "{key}: {a} for {b}");
        }
    }
    assert!(
        fast_state
            .iter()
            .any(|(key, _)| key == "d.0.conv1.weight_orig")
    );
    assert!(
        fast_state
            .iter()
            .any(|(key, _)| key == "g.2.bn1.running_mean")
    );
}
