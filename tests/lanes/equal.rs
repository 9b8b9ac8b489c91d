//! A lane without changes is lane a, and one with changes is the run with `--at`.

use super::Home;

/// Presets with settings: every loss, many updates of D, no average of G, images, residual networks.
const TRAININGS: [(&str, &[&str]); 8] = [
    ("ring", &["loss=hinge", "n_dis=5"]),
    ("ring", &["loss=wasserstein", "ema=0"]),
    ("ring", &["loss=non_saturating", "decay=true"]),
    ("ring", &["loss=least_squares", "data.noise=0.1"]),
    ("grid", &["spectral.generator=true"]),
    ("digits", &[]),
    ("dolls", &["spectra.every=5"]),
    (
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pytorch/tiny.ron"),
        &[],
    ),
];

/// Changes of lane b, some at its fork and one later.
const FORK: &str = "5:spectral.enabled=false;batch=4;n_dis=2";
const LATER: [&str; 2] = ["7@b:gain=2", "9@*:generator.learning_rate=0.001"];
/// The same changes of a run of its own.
const AT: [&str; 5] = [
    "5:spectral.enabled=false",
    "5:batch=4",
    "5:n_dis=2",
    "7:gain=2",
    "9:generator.learning_rate=0.001",
];

fn with<'a>(flag: &'a str, values: &[&'a str]) -> Vec<&'a str> {
    values.iter().flat_map(|value| [flag, value]).collect()
}

#[test]
fn lanes_are_what_runs_of_their_own_would_be() {
    for (preset, settings) in TRAININGS {
        let home = Home::new();
        let settings = [with("--set", settings), vec!["--steps", "12"]].concat();
        let forks = [with("--fork", &[FORK, "8:"]), with("--at", &LATER)].concat();
        home.run(preset, "lanes", &[&settings[..], &forks].concat());
        let alone = with("--at", &["9:generator.learning_rate=0.001"]);
        home.run(preset, "alone", &[&settings[..], &alone].concat());
        let at = with("--at", &AT);
        home.run(preset, "changed", &[&settings[..], &at].concat());
        let (a, b) = (home.weights("lanes"), home.weights("lanes/lanes/b"));
        assert_eq!(a, home.weights("alone"), "lane a of {preset} {settings:?}");
        assert_eq!(
            b,
            home.weights("changed"),
            "lane b of {preset} {settings:?}"
        );
        assert_ne!(a, b);
        for run in ["lanes", "lanes/lanes/b", "lanes/lanes/c"] {
            home.replay(run);
        }
    }
}

#[test]
fn a_lane_without_changes_stays_lane_a() {
    let home = Home::new();
    let forks = with("--fork", &["100:", "1:", "7:gain=2"]);
    home.run("ring", "run", &[&["--steps", "600"], &forks[..]].concat());
    assert_eq!(
        home.weights("run"),
        home.weights("run/lanes/b"),
        "from step 1"
    );
    assert_eq!(
        home.weights("run"),
        home.weights("run/lanes/d"),
        "from step 100"
    );
    assert_ne!(home.weights("run"), home.weights("run/lanes/c"));
}

#[test]
fn lines_name_their_lanes_in_order() {
    let home = Home::new();
    let forks = with("--fork", &["3:gain=2", "2:"]);
    let lines = home.run("ring", "run", &[&["--steps", "4"], &forks[..]].concat());
    let told: Vec<_> = lines
        .iter()
        .map(|line| match &line["summary"] {
            serde_json::Value::Null => format!("{}{}", line["lane"], line["step"]),
            summary => format!("{} {}", summary["lane"], summary["steps"]),
        })
        .collect();
    let told = told.join(" ").replace('"', "");
    assert_eq!(told, "a1 a2 b2 a3 b3 c3 a4 b4 c4 a 4 b 4 c 4");
    let lines = home.run("ring", "plain", &["--steps", "2"]);
    assert!(lines.iter().all(|line| line.get("lane").is_none()));
}
