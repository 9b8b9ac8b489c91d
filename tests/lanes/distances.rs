//! How far lanes have gone from lane a: recorded in their metrics, at fixed steps, and equal after a resume.

use std::fs;

use serde_json::Value;

use super::Home;

const KEYS: [&str; 3] = ["distance_d", "distance_g", "distance_samples"];
const EVERY: [&str; 4] = ["--set", "samples.every=4", "--set", "spectra.every=6"];

fn metrics(home: &Home, run: &str) -> Vec<Value> {
    let text = fs::read_to_string(home.path(run).join("metrics.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The step and the distances of the lines that have them.
fn distances(home: &Home, run: &str) -> Vec<(u64, [f64; 3])> {
    let lines = metrics(home, run).into_iter();
    let found = lines.filter_map(|line| {
        let values = KEYS.map(|key| line.get(key).cloned());
        assert!(
            values.iter().all(Option::is_some) || values.iter().all(Option::is_none),
            "{line}"
        );
        let step = line["step"].as_u64().unwrap();
        values[0].as_ref()?;
        Some((step, values.map(|value| value.unwrap().as_f64().unwrap())))
    });
    found.collect()
}

#[test]
fn a_lane_records_how_far_it_is_from_lane_a() {
    let home = Home::new();
    let more = ["--steps", "14", "--fork", "3:gain=2", "--fork", "5:"];
    home.run("ring", "run", &[&EVERY[..], &more].concat());
    assert!(distances(&home, "run").is_empty(), "lane a");
    let b = distances(&home, "run/lanes/b");
    let steps: Vec<u64> = b.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [4, 6, 8, 12, 14]);
    assert!(
        b.iter()
            .all(|(_, values)| values.iter().all(|&value| value > 0.0)),
        "{b:?}"
    );
    assert!(b[0].1[0] < b[4].1[0] && b[0].1[1] < b[4].1[1], "{b:?}");
    // A lane that changes nothing is where lane a is.
    let c = distances(&home, "run/lanes/c");
    assert_eq!(c.len(), 4);
    assert!(c.iter().all(|(_, values)| *values == [0.0; 3]), "{c:?}");
    home.replay("run/lanes/b");
}

#[test]
fn distances_change_nothing_and_are_the_same_after_a_resume() {
    let home = Home::new();
    let forks = ["--fork", "3:gain=2"];
    let run = |name: &str, steps: &str, forks: &[&str]| {
        home.run(
            "ring",
            name,
            &[&EVERY[..], &["--steps", steps], forks].concat(),
        );
    };
    run("whole", "20", &forks);
    run("alone", "20", &[]);
    run("run", "9", &forks);
    let resume = ["resume", "run", "--steps", "20", "--headless", "--quiet"];
    home.program(&resume, 0);
    let whole = distances(&home, "whole/lanes/b");
    let resumed = distances(&home, "run/lanes/b");
    // The first part ended with step 9.
    let ended = resumed.iter().filter(|(step, _)| *step == 9).count();
    assert_eq!(ended, 1);
    let rest: Vec<_> = resumed.into_iter().filter(|(step, _)| *step != 9).collect();
    assert_eq!(rest, whole);
    // Lane a has the same measures with and without another lane.
    let without_times = |run: &str| {
        let lines = metrics(&home, run).into_iter().map(|mut line| {
            line.as_object_mut().unwrap().remove("seconds");
            line
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(without_times("whole"), without_times("alone"));
    assert_eq!(home.weights("whole"), home.weights("alone"));
}
