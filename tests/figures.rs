//! Exact spectral measures of a run: recorded at fixed steps, equal after a resume, and compared by `replay`.

#[path = "common/program.rs"]
mod program;

use std::{collections::BTreeMap, fs, path::Path};

use assert_cmd::prelude::*;
use serde_json::Value;

use program::sn_tui;

const TINY: [&str; 5] = [
    "discriminator.layers=[Linear(out: 12), LeakyReLU(0.1), Linear(out: 1)]",
    "generator.layers=[Linear(out: 8), ReLU, Linear(out: 2)]",
    "batch=8",
    "scores.every=0",
    "samples.every=100000",
];

/// The JSON lines of a run, without the summary.
fn run(out: &Path, steps: &str, every: &str, more: &[&str]) -> Vec<Value> {
    let mut command = sn_tui(&["run", "ring", "--headless", "--log", "json", "--seed", "3"]);
    command.args(["--steps", steps, "--out"]).arg(out);
    for setting in TINY.iter().chain([&every]) {
        command.args(["--set", setting]);
    }
    let output = command.args(more).assert().success().get_output().clone();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["step"].is_u64()).collect()
}

/// The lines of metrics.jsonl by step, without times; if a step has several, the last one.
fn recorded(out: &Path) -> BTreeMap<u64, Value> {
    let text = fs::read_to_string(out.join("metrics.jsonl")).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("seconds");
        (line["step"].as_u64().unwrap(), line)
    });
    lines.collect()
}

fn steps_of(lines: &BTreeMap<u64, Value>) -> Vec<u64> {
    let measured = lines.values().filter(|line| line["spectra"].is_object());
    measured
        .map(|line| line["spectra_step"].as_u64().unwrap())
        .collect()
}

fn replay(out: &Path) -> (Option<i32>, String) {
    let output = sn_tui(&["replay"]).arg(out).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn they_do_not_depend_on_threads_or_a_resume() {
    let home = tempfile::tempdir().unwrap();
    let (whole, parts) = (home.path().join("whole"), home.path().join("parts"));
    let every = "spectra.every=4";
    let lines = run(&whole, "12", every, &["--threads", "1"]);
    let told = lines.iter().filter(|line| line["spectra"].is_object());
    let told: Vec<&Value> = told.collect();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|line| line["spectra_step"] == line["step"]));
    let layer = told[2]["spectra"]["d.2"].as_object().unwrap();
    let names: Vec<&str> = layer.keys().map(String::as_str).collect();
    let contract = [
        "sigma_svd",
        "sigma_error",
        "cosine_error_u",
        "cosine_error_v",
        "stable_rank",
        "effective_rank",
        "operator_norm",
        "cosine_next",
    ];
    assert_eq!(names, contract);
    assert!(layer["operator_norm"].is_null() && layer["sigma_svd"].as_f64().unwrap() > 0.0);

    run(&parts, "6", every, &["--threads", "2"]);
    let mut resume = sn_tui(&["resume", "--headless", "--steps", "12", "--threads", "2"]);
    resume.arg(&parts).assert().success();
    let (one, other) = (recorded(&whole), recorded(&parts));
    let lines = fs::read_to_string(parts.join("metrics.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 12, "a line a step");
    assert_eq!(steps_of(&one), [4, 8, 12]);
    for (step, line) in &one {
        assert_eq!(other[step]["spectra"], line["spectra"], "step {step}");
        assert_eq!(other[step]["spectra_step"], line["spectra_step"]);
        assert_eq!(other[step]["outputs"], line["outputs"]);
        let outputs = line["spectra"].is_object().then_some(*step);
        assert_eq!(line["outputs"]["step"].as_u64(), outputs);
    }
}

#[test]
fn they_equal_the_audit_of_the_same_weights() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("run");
    run(&out, "6", "spectra.every=3", &[]);
    let last = recorded(&out)[&6].clone();
    let mut audit = sn_tui(&["audit", "--json"]);
    let rows = audit.arg(out.join("weights.safetensors")).output().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&rows.stdout).unwrap();
    for key in ["d.0", "d.2"] {
        let row = rows
            .iter()
            .find(|row| row["layer"] == key && row["iterations"] == 0);
        let row = row.unwrap_or_else(|| panic!("{key} is not audited"));
        let exact = &last["spectra"][key];
        for (recorded, audited) in [
            ("sigma_svd", "sigma_svd"),
            ("cosine_error_u", "cosine_error_u"),
            ("cosine_error_v", "cosine_error_v"),
            ("stable_rank", "stable_rank"),
        ] {
            let (a, b) = (
                exact[recorded].as_f64().unwrap(),
                row[audited].as_f64().unwrap(),
            );
            assert!(
                (a - b).abs() <= 1e-9 * a.abs().max(1.0),
                "{key} {recorded}: {a}, {b}"
            );
        }
    }
}

#[test]
fn a_replay_compares_them_and_accepts_a_run_without_them() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("run");
    run(&out, "6", "spectra.every=3", &[]);
    assert_eq!(replay(&out).0, Some(0));

    let path = out.join("metrics.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let change = |at: u64, change: &dyn Fn(&mut Value)| {
        let lines = text.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            if at == 0 || line["step"] == at {
                change(&mut line);
            }
            format!("{line}\n")
        });
        fs::write(&path, lines.collect::<String>()).unwrap();
    };
    change(3, &|line| {
        line["spectra"]["d.2"]["stable_rank"] = 0.5.into();
    });
    let (code, text) = replay(&out);
    assert_eq!(code, Some(1), "{text}");
    let place = "step 3 is the first that differs: spectra.d.2.stable_rank: 0.5 there, ";
    assert!(text.contains(place), "{text}");

    change(6, &|line| line["outputs"]["generated"]["below"] = 7.into());
    let (code, text) = replay(&out);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("step 6 is the first that differs: outputs.generated.below"),
        "{text}"
    );

    // The lines as older programs wrote them.
    change(0, &|line| {
        line.as_object_mut().unwrap().remove("outputs");
        let layers = line.get_mut("spectra").and_then(Value::as_object_mut);
        for layer in layers.into_iter().flat_map(|layers| layers.values_mut()) {
            layer.as_object_mut().unwrap().remove("cosine_next");
        }
    });
    let (code, text) = replay(&out);
    assert_eq!(code, Some(0), "{text}");
    change(0, &|line| {
        line.as_object_mut().unwrap().remove("spectra");
        line.as_object_mut().unwrap().remove("spectra_step");
    });
    let (code, text) = replay(&out);
    assert_eq!(code, Some(0), "{text}");
    let table = sn_tui(&["metrics"]).arg(&out).output().unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        !table.contains("sigma_svd") && table.lines().count() == 7,
        "{table}"
    );
}

#[test]
fn a_table_has_a_column_for_each_of_them() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("run");
    run(&out, "4", "spectra.every=0", &["--at", "3:spectra.every=2"]);
    let lines = recorded(&out);
    assert_eq!(steps_of(&lines), [4]);
    let table = sn_tui(&["metrics"]).arg(&out).output().unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split(',').collect()).collect();
    let of = |name: &str| {
        let at = rows[0].iter().position(|column| *column == name).unwrap();
        (rows[3][at], rows[4][at])
    };
    let exact = &lines[&4]["spectra"]["d.0"];
    let shown = of("sigma_svd.d.0");
    assert_eq!(
        (shown.0, shown.1.parse::<f64>().ok()),
        ("", exact["sigma_svd"].as_f64())
    );
    assert_eq!(of("spectra_step"), ("", "4"));
    assert_eq!(of("operator_norm.d.0"), ("", ""));
}
