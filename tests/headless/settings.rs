//! Settings from the start, and changes during a run.

use std::fs;

use serde_json::Value;
use sn_tui::preset::parse;

use crate::run::{Run, ring};

#[test]
fn a_change_takes_effect_before_its_step() {
    let plain = ring(&["--steps", "4"]);
    let changed = ring(&["--steps", "4", "--at", "3:gain=4"]);
    assert_eq!(plain.lines()[..2], changed.lines()[..2]);
    assert_ne!(plain.lines()[2], changed.lines()[2]);
    assert_ne!(plain.hash(), changed.hash());
    let log = fs::read_to_string(changed.out().join("sn-tui.log")).unwrap();
    assert!(log.contains("gain 16.0 -> 4.0"), "{log}");
    // The preset on disk is the one that the run began with.
    let text = fs::read_to_string(changed.out().join("preset.ron")).unwrap();
    assert_eq!(parse(&text, "preset.ron").unwrap().gain, 16.0);
}

#[test]
fn a_change_before_the_first_step_is_a_setting() {
    for change in ["gain=4", "loss=wasserstein", "batch=16", "n_dis=1"] {
        let at = ring(&["--steps", "3", "--at", &format!("1:{change}")]);
        let set = ring(&["--steps", "3", "--set", change]);
        assert_eq!(at.hash(), set.hash(), "{change}");
    }
}

#[test]
fn a_change_after_the_last_step_changes_nothing() {
    let late = ring(&["--steps", "3", "--at", "4:gain=4"]);
    assert_eq!(late.hash(), ring(&["--steps", "3"]).hash());
}

/// Frozen vectors and one D update a step, so that the loss is computed with the D before the step.
fn switched(arguments: &[&str]) -> Run {
    let frozen = [
        "--set",
        "spectral.iterations=0",
        "--set",
        "n_dis=1",
        "--steps",
        "4",
    ];
    ring(&[&frozen[..], arguments].concat())
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn switching_normalization_off_keeps_the_function_or_the_weights() {
    let plain = switched(&[]);
    let off = ["--at", "3:spectral.enabled=false"];
    let fold = switched(&off);
    let raw = switched(&[&off[..], &["--set", "spectral.on_disable=raw"]].concat());
    let (plain, folded, raw_lines) = (plain.lines(), fold.lines(), raw.lines());
    assert_eq!(plain[..2], folded[..2]);
    assert_eq!(plain[..2], raw_lines[..2]);

    for key in [
        "loss_d",
        "d_real",
        "d_fake",
        "accuracy_real",
        "accuracy_fake",
    ] {
        let (before, after) = (number(&plain[2][key]), number(&folded[2][key]));
        assert!((before - after).abs() < 1e-3, "{key}: {before} {after}");
    }
    for layer in ["d.0", "d.2", "d.4", "d.6"] {
        let (before, after) = (&plain[2]["sigma"][layer], &folded[2]["sigma"][layer]);
        assert!((number(after) - 1.0).abs() < 1e-4, "{layer}: {after}");
        assert_eq!(before, &raw_lines[2]["sigma"][layer]);
    }
    let (before, after) = (number(&plain[2]["loss_d"]), number(&raw_lines[2]["loss_d"]));
    assert!((before - after).abs() > 1e-2, "{before} {after}");
    // From the next step on they differ, because the part of the gradient from normalization is gone.
    assert_ne!(plain[3]["loss_d"], folded[3]["loss_d"]);
}

#[test]
fn starting_without_normalization_folds_nothing() {
    let start = |arguments: &[&str]| ring(&[&["--steps", "0"], arguments].concat()).weights();
    let (on, off) = (start(&[]), start(&["--set", "spectral.enabled=false"]));
    assert_eq!(on.numbers("d.2.weight_orig"), off.numbers("d.2.weight"));
}

#[test]
fn sigma_stays_correct_while_normalization_is_off() {
    let off = ring(&[
        "--steps",
        "3",
        "--set",
        "spectral.enabled=false",
        "--set",
        "spectral.iterations=50",
    ]);
    let on = ring(&["--steps", "3", "--set", "spectral.iterations=50"]);
    let sigma = |run: &Run, step: usize| number(&run.lines()[step]["sigma"]["d.6"]);
    let norm = |run: &Run, step: usize| number(&run.lines()[step]["weight_norm"]["d.6"]);
    for run in [&off, &on] {
        for step in 0..3 {
            // The largest singular value of a matrix with one row is its norm.
            assert!((sigma(run, step) - norm(run, step)).abs() < 1e-4);
        }
    }
}

#[test]
fn the_number_of_steps_does_not_change_the_decay() {
    let longer = ring(&["--steps", "6"]);
    let shorter = ring(&["--steps", "3"]);
    assert_eq!(longer.lines()[..3], shorter.lines());

    // A preset of three steps, alone and extended: learning rates are 0 from the fourth step on.
    let own = ring(&["--set", "steps=3"]);
    let further = ring(&["--set", "steps=3", "--steps", "6"]);
    assert_eq!(own.lines(), further.lines()[..3]);
    assert_eq!(further.lines().len(), 6);
    let text = fs::read_to_string(further.out().join("preset.ron")).unwrap();
    let preset = parse(&text, "preset.ron").unwrap();
    assert_eq!((preset.steps, preset.decay_steps), (6, Some(3)));
    let (own, further) = (own.weights(), further.weights());
    for key in ["g.0.weight", "g.6.bias", "d.0.weight_orig"] {
        assert_eq!(own.numbers(key), further.numbers(key), "{key}");
    }
    assert_ne!(own.numbers("ema.0.weight"), further.numbers("ema.0.weight"));
    assert_ne!(
        own.numbers("g.0.weight"),
        longer.weights().numbers("g.0.weight")
    );
}
