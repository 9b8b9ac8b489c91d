//! Alarms of real runs: none where a run is well, each where it is made to fail.

use std::{fs, path::Path};

use sn_tui::{
    preset::{builtin::builtin, set_all},
    run::{self, Change, Command, Device, History, Look, Options},
};

/// A run of a preset with these settings for so many steps: its journal and its curves.
fn train(name: &str, steps: u64, settings: &[&str]) -> (Vec<Change>, History) {
    let out = tempfile::tempdir().unwrap();
    let preset = set_all(&builtin(name).unwrap(), settings).unwrap();
    let steps = if steps == 0 { preset.steps } else { steps };
    let preset = set_all(&preset, &[format!("steps={steps}")]).unwrap();
    let device = Device::Cpu;
    let options = Options {
        name: name.to_owned(),
        preset,
        seed: 0,
        threads: 1,
        device: device.to_string(),
        out: Some(out.path().to_owned()),
        at: Vec::new(),
        live: false,
        paused: false,
        on_nan: Default::default(),
        measure_every: 1,
        log_every: None,
    };
    let handle = run::start(options, move |preset, seed| device.build(preset, seed)).unwrap();
    // As much is looked at as a person could look at.
    handle.send(Command::Watch(vec![Look::Spectra])).unwrap();
    let mut history = handle.history();
    while handle.snapshot().step < steps {
        std::thread::sleep(std::time::Duration::from_millis(50));
        history = handle.history();
        if matches!(handle.snapshot().status, run::Status::Failed(_)) {
            break;
        }
    }
    handle.wait();
    (journal(out.path()), history)
}

fn journal(out: &Path) -> Vec<Change> {
    let text = fs::read_to_string(out.join("journal.jsonl")).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Keys of the alarms that went on.
fn alarms(journal: &[Change]) -> Vec<String> {
    let on = journal.iter().filter(|line| line.kind == "alarm");
    on.map(|line| line.key.clone()).collect()
}

/// The extremes of the curves that alarms depend on, to set thresholds by.
fn extremes(history: &History) {
    let interesting = [
        "effective_rank",
        "relative_error",
        "diversity",
        "modes",
        "stable_rank",
    ];
    for series in history.iter() {
        if interesting.iter().any(|name| series.name.starts_with(name)) {
            let of = |pick: fn(f32, f32) -> f32, start: f32, key: fn(&run::Bucket) -> f32| {
                series.buckets.iter().map(key).fold(start, pick)
            };
            let least = of(f32::min, f32::INFINITY, |bucket| bucket.min);
            let most = of(f32::max, f32::NEG_INFINITY, |bucket| bucket.max);
            let first: Vec<String> = series
                .buckets
                .iter()
                .step_by(series.buckets.len().div_ceil(24).max(1))
                .map(|bucket| format!("{}:{:.3}", bucket.first, bucket.mean().unwrap_or(f32::NAN)))
                .collect();
            println!(
                "  {} {least:.4}..{most:.4} {}",
                series.name,
                first.join(" ")
            );
        }
    }
}

#[test]
#[ignore = "minutes: every preset with bundled data at full length"]
fn healthy_runs_raise_no_alarm() {
    let only = std::env::var("SN_TUI_SWEEP").unwrap_or_default();
    for (name, steps, settings) in [
        ("ring", 0, &[][..]),
        ("grid", 0, &[]),
        ("digits", 0, &[]),
        ("fashion", 0, &[]),
        ("dolls", 0, &[]),
        (
            "cifar10",
            20,
            &["data.source=Dolls", "n_dis=1", "scores.count=2"],
        ),
        (
            "cifar10-resnet",
            20,
            &["data.source=Dolls", "n_dis=1", "scores.count=2"],
        ),
    ] {
        if !only.is_empty() && only != name {
            continue;
        }
        let (journal, history) = train(name, steps, settings);
        println!("{name}: {journal:#?}");
        extremes(&history);
        assert_eq!(alarms(&journal), [""; 0], "{name}");
    }
}

/// Trains, and expects this alarm with these words in it.
fn fails(name: &str, steps: u64, settings: &[&str], key: &str, words: &[&str]) {
    let (journal, history) = train(name, steps, settings);
    let found = |line: &&Change| line.kind == "alarm" && line.key == key;
    let Some(alarm) = journal.iter().find(found) else {
        extremes(&history);
        panic!("no {key}: {journal:#?}");
    };
    assert_eq!((&*alarm.cause, &*alarm.old), ("alarm", ""));
    for word in words.iter().chain(&["Try: "]) {
        assert!(alarm.new.contains(word), "{word}: {}", alarm.new);
    }
}

#[test]
fn a_tiny_gain_lets_the_gradient_die() {
    fails(
        "ring",
        110,
        &["gain=1e-6", "batch=32"],
        "dying_gradient",
        &["‖∇xD‖", "gain"],
    );
}

#[test]
fn a_tight_clip_lets_the_gradient_die() {
    let settings = [
        "spectral.enabled=false",
        "loss=wasserstein",
        "clip=0.002",
        "batch=32",
        "gain=1",
    ];
    fails("ring", 110, &settings, "dying_gradient", &["‖∇xD‖", "clip"]);
}

#[test]
fn against_a_generator_that_rests_d_wins() {
    let settings = ["generator.learning_rate=0", "batch=16", "scores.every=0"];
    fails(
        "digits",
        200,
        &settings,
        "discriminator_wins",
        &["D tells", "n_dis"],
    );
}

#[test]
fn at_rest_d_loses() {
    let settings = [
        "discriminator.learning_rate=0",
        "batch=16",
        "scores.every=0",
    ];
    fails(
        "digits",
        80,
        &settings,
        "discriminator_loses",
        &["above real ones"],
    );
}

#[test]
fn a_generator_in_leaps_makes_one_sample() {
    let settings = [
        "generator.learning_rate=0.3",
        "batch=32",
        "samples.every=10",
    ];
    fails(
        "ring",
        200,
        &settings,
        "mode_collapse",
        &["as much as real ones"],
    );
}

#[test]
fn without_normalization_a_spectrum_falls_together() {
    let settings = [
        "spectral.enabled=false",
        "loss=wasserstein",
        "discriminator.learning_rate=0.02",
        "batch=64",
    ];
    fails(
        "ring",
        1500,
        &settings,
        "spectral_collapse.d.4",
        &["effective rank", "of 128"],
    );
}

#[test]
fn frozen_vectors_lose_sigma() {
    let settings = [
        "spectral.iterations=0",
        "discriminator.learning_rate=0.01",
        "batch=32",
    ];
    fails(
        "ring",
        1500,
        &settings,
        "estimate_drift.d.2",
        &["σ of d.2", "0 power iterations"],
    );
}

#[test]
fn a_rate_beyond_all_reason_is_not_finite() {
    let settings = [
        "spectral.enabled=false",
        "discriminator.learning_rate=1e30",
        "batch=16",
    ];
    fails("ring", 20, &settings, "non_finite", &["not applied"]);
}
