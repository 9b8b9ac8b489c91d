//! What the presets promise, at their full length: `cargo test --release --test quality -- --ignored`.

use std::process::Command;

use serde_json::Value;

/// The summary of a whole headless run.
fn summary(arguments: &[&str]) -> Value {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sn-tui"))
        .arg("run")
        .args(arguments)
        .args(["--log", "json", "--log-every", "1000", "--out"])
        .arg(out.path().join("run"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}: {text}");
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    last["summary"].clone()
}

#[test]
#[ignore = "three runs of about half a minute"]
fn ring_finds_all_modes_with_every_seed() {
    for seed in ["0", "1", "2"] {
        let summary = summary(&["ring", "--seed", seed]);
        assert_eq!(summary["modes"], 8, "{summary}");
        assert!(
            summary["high_quality"].as_f64().unwrap() >= 0.95,
            "{summary}"
        );
        assert!(summary["reverse_kl"].as_f64().unwrap() <= 0.07, "{summary}");
    }
}

#[test]
#[ignore = "five runs of about fifty seconds"]
fn grid_finds_all_modes() {
    let good = (0..5).filter(|seed| {
        let summary = summary(&["grid", "--seed", &seed.to_string()]);
        summary["modes"] == 25
            && summary["high_quality"].as_f64().unwrap() >= 0.90
            && summary["reverse_kl"].as_f64().unwrap() <= 0.06
    });
    assert!(good.count() >= 4);
}

#[test]
#[ignore = "a run of about a minute and one of about four"]
fn image_presets_train_to_their_end() {
    for preset in ["digits", "dolls"] {
        assert_eq!(summary(&[preset])["stopped"], "done");
    }
}
