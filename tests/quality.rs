//! The presets' promises at full length: `cargo test --release --test quality -- --ignored`.

#[path = "common/program.rs"]
mod program;

use serde_json::Value;

use program::sn_tui;

/// The summary of a whole headless run.
fn summary(arguments: &[&str]) -> Value {
    let out = tempfile::tempdir().unwrap();
    let output = sn_tui(&[&["run"], arguments].concat())
        .args(["--log", "json", "--log-every", "1000", "--out"])
        .arg(out.path().join("run"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{arguments:?}: {text}");
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    last["summary"].clone()
}

/// For seeds 0 to 4 of a mixture: the number of runs that find all modes with at least this high quality and at most
/// this reverse KL, and the figures of the others.
fn good_seeds(preset: &str, modes: u64, quality: f64, reverse_kl: f64) -> (usize, Vec<Value>) {
    let summaries = (0..5).map(|seed: u32| summary(&[preset, "--seed", &seed.to_string()]));
    let (good, bad): (Vec<Value>, Vec<Value>) = summaries.partition(|summary| {
        summary["modes"] == modes
            && summary["high_quality"].as_f64().unwrap() >= quality
            && summary["reverse_kl"].as_f64().unwrap() <= reverse_kl
    });
    (good.len(), bad)
}

#[test]
#[ignore = "five runs of about fifty seconds"]
fn ring_finds_all_modes_with_every_seed() {
    let (good, bad) = good_seeds("ring", 8, 0.95, 0.07);
    assert_eq!(good, 5, "{bad:?}");
}

#[test]
#[ignore = "five runs of about fifty seconds"]
fn grid_finds_all_modes_with_at_least_four_of_five_seeds() {
    let (good, bad) = good_seeds("grid", 25, 0.90, 0.06);
    assert!(good >= 4, "{bad:?}");
}

#[test]
#[ignore = "a run of about a minute and one of about four"]
fn image_presets_train_to_their_end() {
    for preset in ["digits", "dolls"] {
        assert_eq!(summary(&[preset])["stopped"], "done");
    }
}
