//! The output of a headless run: lines, the summary and notes, and the stream of each.

use serde_json::Value;

use crate::run::{RING, json, ring, run};

const LINE: [&str; 13] = [
    "step",
    "loss_d",
    "loss_g",
    "d_real",
    "d_fake",
    "accuracy_real",
    "accuracy_fake",
    "grad_d",
    "grad_g",
    "grad_x_mean",
    "grad_x_max",
    "sigma",
    "weight_norm",
];
const SUMMARY: [&str; 10] = [
    "preset",
    "seed",
    "steps",
    "seconds",
    "steps_per_second",
    "loss_d",
    "loss_g",
    "weights_sha256",
    "stopped",
    "device",
];
const SCORES: [&str; 4] = ["modes", "modes_total", "high_quality", "reverse_kl"];

fn sorted(keys: &[&str]) -> Vec<String> {
    let mut keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    keys.sort();
    keys
}

fn keys(value: &Value) -> Vec<String> {
    let keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    sorted(&keys)
}

fn steps(lines: &[Value]) -> Vec<u64> {
    let steps = lines.iter().map(|line| line["step"].as_u64().unwrap());
    steps.collect()
}

#[test]
fn lines_have_the_documented_keys_and_the_summary_is_last() {
    let run = ring(&["--steps", "3", "--seed", "7"]);
    let lines = run.lines();
    assert_eq!(steps(&lines), [1, 2, 3]);
    for line in &lines {
        assert_eq!(keys(line), sorted(&LINE));
        for kind in ["sigma", "weight_norm"] {
            assert_eq!(keys(&line[kind]), ["d.0", "d.2", "d.4", "d.6"], "{kind}");
        }
        let numbers = LINE[1..11].iter().map(|&key| &line[key]);
        let layers = ["sigma", "weight_norm"].map(|kind| line[kind].as_object().unwrap().values());
        for number in numbers.chain(layers.into_iter().flatten()) {
            assert!(number.as_f64().is_some_and(f64::is_finite), "{line}");
        }
    }
    let summary = run.summary();
    assert_eq!(keys(&summary), sorted(&[&SUMMARY[..], &SCORES].concat()));
    assert_eq!(summary["preset"], "ring");
    assert_eq!(summary["seed"], 7);
    assert_eq!(summary["steps"], 3);
    assert_eq!(summary["stopped"], "done");
    assert_eq!(summary["modes_total"], 8);
    assert_eq!(summary["loss_d"], lines[2]["loss_d"]);
    assert_eq!(summary["loss_g"], lines[2]["loss_g"]);
}

#[test]
fn images_have_scores_of_their_own() {
    let run = json(&["run", "digits", "--set", "batch=4", "--steps", "1"]);
    let scores = [
        "diversity",
        "swd",
        "classifier_score",
        "frechet",
        "class_entropy",
    ];
    let summary = keys(&run.summary());
    assert_eq!(summary, sorted(&[&SUMMARY[..], &scores].concat()));
    let line = &run.lines()[0];
    assert_eq!(keys(line), sorted(&[&LINE[..], &scores].concat()));
    assert_eq!(keys(&line["sigma"]), ["d.0", "d.2", "d.5"]);
}

#[test]
fn scores_between_two_lines_are_in_the_next_one() {
    let small = ["batch=4", "scores.every=4", "scores.count=8"].map(|set| ["--set", set]);
    let common = [
        &["run", "digits", "--steps", "9", "--log-every", "3"],
        &small.concat()[..],
    ]
    .concat();
    let lines = json(&common).lines();
    let scored: Vec<_> = lines
        .iter()
        .filter(|line| line["swd"].is_number())
        .map(|line| (line["step"].as_u64().unwrap(), line["scores_step"].as_u64()))
        .collect();
    // The scores of step 4 are in the line of step 6; those of step 8 are superseded by those of the end.
    assert_eq!(scored, [(6, Some(4)), (9, None)]);

    let text = run(&[&common[..], &["--log", "text"]].concat()).stderr;
    assert!(text.contains("  scores of step 4: diversity"), "{text}");
}

#[test]
fn layers_of_a_normalized_generator_are_measured_too() {
    let run = ring(&["--steps", "1", "--set", "spectral.generator=true"]);
    let wanted = ["d.0", "d.2", "d.4", "d.6", "g.0", "g.2", "g.4", "g.6"];
    assert_eq!(keys(&run.lines()[0]["sigma"]), wanted);
    assert_eq!(keys(&run.lines()[0]["weight_norm"]), wanted);
}

#[test]
fn a_discriminator_with_batch_norm_has_no_gradient_by_sample() {
    let layers = "discriminator.layers=[Linear(out: 16), BatchNorm, ReLU, Linear(out: 1)]";
    let run = ring(&["--steps", "1", "--set", layers]);
    let line = &run.lines()[0];
    assert!(line["grad_x_mean"].is_null() && line["grad_x_max"].is_null());
    assert!(line["grad_g"].is_number());
}

#[test]
fn every_nth_step_and_the_last_have_a_line() {
    let run = ring(&["--steps", "10", "--log-every", "4"]);
    assert_eq!(steps(&run.lines()), [4, 8, 10]);
    let run = ring(&["--steps", "8", "--log-every", "4"]);
    assert_eq!(steps(&run.lines()), [4, 8]);
}

#[test]
fn standard_error_has_the_notes_of_a_json_run() {
    let run = ring(&["--steps", "1"]);
    for words in ["ring: seed 0, cpu", "done: 1 steps", "2,500 samples"] {
        assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
    }
    assert!(!run.stderr.contains('{') && !run.stderr.contains('\u{1b}'));
}

#[test]
fn text_goes_to_standard_error_every_hundred_steps() {
    // Output is not a terminal here, so `--headless` is not needed.
    for headless in [&[][..], &["--headless"], &["--log", "text"]] {
        let run = run(&[&RING[..], &["--steps", "201"], headless].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
        let steps: Vec<&str> = run
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("step")?.split_whitespace().next())
            .collect();
        assert_eq!(steps, ["100", "200", "201"], "{}", run.stderr);
    }
}

#[test]
fn quiet_prints_only_json() {
    let text = run(&[&RING[..], &["--steps", "2", "--headless", "--quiet"]].concat());
    assert_eq!((text.code, &*text.stdout, &*text.stderr), (Some(0), "", ""));
    let json = ring(&["--steps", "2", "--quiet"]);
    assert_eq!((json.json().len(), &*json.stderr), (3, ""));
}
