//! The paper's networks: their sizes, and that every preset trains on both paths alike.

use dfdx::prelude::Cpu;
use sn_tui::{
    data::{Dataset, Sampler},
    gan::{Outcome, Trainer},
    metric::Measures,
    nn::{Backend, Host, Portable},
    preset::{
        Data, Preset, Source,
        builtin::{self, builtin},
        set_all,
    },
};

/// Two steps on `preset`, and what they measured and left.
fn two_steps<B: Backend<Device = Cpu>>(preset: &Preset) -> (Measures, Vec<(String, Vec<f32>)>) {
    let dataset = Dataset::load(&preset.data).unwrap();
    let mut sampler = Sampler::new(dataset.into(), 0, preset.batch);
    let mut trainer = Trainer::<B>::new(Cpu::default(), preset, 0).unwrap();
    for _ in 0..2 {
        let mut real = |index| Ok(sampler.batch(index).unwrap());
        let outcome = trainer.step(&mut real).unwrap();
        assert_eq!(outcome, Outcome::Applied);
    }
    let state = trainer
        .state()
        .into_iter()
        .map(|t| (t.key, t.data))
        .collect();
    (trainer.measures().unwrap(), state)
}

/// A preset made small: batch 4, one D update, data that is part of the program.
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
fn the_papers_networks_have_the_papers_sizes() {
    let preset = builtin("cifar10").unwrap();
    let trainer = Trainer::<Host>::new(Cpu::default(), &preset, 0).unwrap();
    assert_eq!(trainer.parameters(), (3_813_379, 2_935_873));
}

#[test]
fn every_preset_trains_two_steps() {
    for name in builtin::names() {
        let (measures, state) = two_steps::<Host>(&small(name));
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
fn residual_blocks_train_alike_on_both_paths() {
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
    let (fast, fast_state) = two_steps::<Host>(&preset);
    let (slow, slow_state) = two_steps::<Portable<Cpu>>(&preset);
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
