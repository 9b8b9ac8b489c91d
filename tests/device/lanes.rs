//! Lanes on a GPU.

use serde_json::Value;

use super::{gpu_is_wanted, sn_tui, summary, text, train};

#[test]
fn lanes_are_what_runs_of_their_own_would_be() {
    if !gpu_is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let on = |more: &[&str]| {
        let common = ["--device", "cuda", "--quiet", "--steps", "8"];
        train(folder.path(), &[], &[&common[..], more].concat())
    };
    let alone = summary(&on(&["--out", "alone"]));
    let at = ["--at", "5:spectral.enabled=false", "--at", "7:gain=2"];
    let changed = summary(&on(&[&["--out", "changed"], &at[..]].concat()));
    let forks = ["--fork", "3:", "--fork", "5:spectral.enabled=false"];
    let output = on(&[&["--out", "lanes", "--at", "7@c:gain=2"], &forks[..]].concat());
    summary(&output);
    let lines = text(&output.stdout);
    let lines = lines.lines().rev().take(3);
    let hashes: Vec<Value> = lines
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["summary"].clone())
        .map(|summary| summary["weights_sha256"].clone())
        .collect();
    let hash = |of: &Value| of["weights_sha256"].clone();
    assert_eq!(hashes, [hash(&changed), hash(&alone), hash(&alone)]);
    for lane in ["b", "c"] {
        let run = format!("lanes/lanes/{lane}");
        let replay = sn_tui(folder.path(), &[], &["replay", &run, "--quiet"]);
        let said = text(&replay.stdout) + &text(&replay.stderr);
        assert!(said.contains("the same to the bit"), "{said}");
    }
}
