//! `audit` against PyTorch: fixtures of both generations of its spectral normalization (see `audit/make.py`).

#[path = "audit/files.rs"]
mod files;
#[path = "audit/kinds.rs"]
mod kinds;
#[path = "common/program.rs"]
mod program;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;

use program::sn_tui;

const TOLERANCE: f64 = 2e-5;

fn fixture(name: &str) -> PathBuf {
    Path::new("tests/audit").join(name)
}

fn audit(arguments: &[&str]) -> Output {
    sn_tui(&[&["audit"], arguments].concat()).output().unwrap()
}

fn rows(arguments: &[&str]) -> Vec<Value> {
    let output = audit(&[arguments, &["--json"]].concat());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{error}");
    let text = String::from_utf8(output.stdout).unwrap();
    match serde_json::from_str(&text).unwrap() {
        Value::Array(rows) => rows,
        other => panic!("{other}"),
    }
}

fn expected(name: &str) -> Value {
    let text = fs::read_to_string(fixture(&format!("{name}.json"))).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["layers"].clone()
}

fn rows_of<'a>(rows: &'a [Value], layer: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["layer"] == layer).collect()
}

fn close(found: &Value, wanted: &Value) -> bool {
    let (found, wanted) = (found.as_f64().unwrap(), wanted.as_f64().unwrap());
    (found - wanted).abs() <= TOLERANCE * wanted.abs()
}

#[test]
fn both_generations_of_pytorch_agree() {
    for name in ["weight_orig", "parametrized"] {
        let path = fixture(&format!("{name}.safetensors"));
        let rows = rows(&[path.to_str().unwrap()]);
        let expected = expected(name);
        assert_eq!(
            rows.len(),
            7 * 5 + 4,
            "seven layers with stored vectors, one without"
        );
        for (layer, expected) in expected.as_object().unwrap() {
            for row in rows_of(&rows, layer) {
                assert_eq!(row["shape"], expected["shape"]);
                let what = format!("{name} {row}");
                assert!(
                    close(&row["sigma_svd"], &expected["singular_values"][0]),
                    "{what}"
                );
                let iterations = row["iterations"].to_string();
                if !expected["power"].is_null() {
                    assert!(
                        close(&row["sigma_power"], &expected["power"][&iterations]),
                        "{what}"
                    );
                }
                assert_eq!(row["note"], Value::Null);
                let operator = row["operator_norm"].is_number();
                assert_eq!(
                    operator,
                    row["shape"].as_array().unwrap().len() == 4,
                    "{what}"
                );
            }
        }
        let order: Vec<&str> = rows
            .iter()
            .filter_map(|row| row["layer"].as_str())
            .collect();
        assert_eq!((order[0], order[order.len() - 1]), ("0", "10"));
        let iterations = |layer| -> Vec<u64> {
            let rows = rows_of(&rows, layer);
            rows.iter()
                .filter_map(|row| row["iterations"].as_u64())
                .collect()
        };
        assert_eq!(iterations("2"), [0, 1, 2, 5, 10]);
        assert_eq!(iterations("9"), [1, 2, 5, 10]);
    }
}

#[test]
fn enough_iterations_reach_the_svd() {
    for name in ["weight_orig", "parametrized"] {
        let path = fixture(&format!("{name}.safetensors"));
        for row in rows(&[path.to_str().unwrap(), "--iterations", "2000"]) {
            if row["iterations"] == 2000 {
                let small = |key: &str, most: f64| row[key].as_f64().unwrap() < most;
                assert!(small("relative_error", 1e-6), "{row}");
                assert!(
                    small("cosine_error_u", 1e-6) && small("cosine_error_v", 1e-6),
                    "{row}"
                );
                assert!(close(&row["sigma_normalized"], &Value::from(1.0)), "{row}");
            }
        }
    }
}

#[test]
fn weights_without_vectors_and_without_values() {
    let path = fixture("plain.safetensors");
    let path = path.to_str().unwrap();
    let found = rows(&[path, "--transposed", "up"]);
    let expected = expected("plain");
    for (layer, expected) in expected.as_object().unwrap() {
        let rows = rows_of(&found, layer);
        assert_eq!(rows.len(), 4, "{layer}");
        for row in rows {
            let note = match &**layer {
                "zero" | "empty" => Value::from("zero"),
                "nan" | "inf" => Value::from("non-finite"),
                _ => Value::Null,
            };
            assert_eq!(row["note"], note);
            if note.is_null() {
                assert!(
                    close(&row["sigma_svd"], &expected["singular_values"][0]),
                    "{row}"
                );
            } else {
                for key in [
                    "relative_error",
                    "cosine_error_u",
                    "sigma_normalized",
                    "stable_rank",
                ] {
                    assert!(row[key].is_null(), "{row}");
                }
            }
        }
    }
    assert!(
        rows_of(&found, "norm").is_empty(),
        "vectors are no matrices"
    );
    let identity = rows_of(&found, "layer.5")[0];
    assert!(
        identity["cosine_error_u"].as_f64().unwrap() < 1e-6,
        "all vectors lead"
    );
    assert_eq!(rows(&[path, "--seed", "0"]), rows(&[path]));
    assert_ne!(rows(&[path, "--seed", "1"]), rows(&[path]));
}

#[test]
fn odd_vectors_are_notes() {
    let path = fixture("odd.safetensors");
    let rows = rows(&[path.to_str().unwrap(), "--iterations", "3,1"]);
    for (layer, note) in [
        ("short_u", "shape-mismatch"),
        ("long_v", "shape-mismatch"),
        ("zero", "zero"),
        ("nan", "non-finite"),
    ] {
        let rows = rows_of(&rows, layer);
        let iterations: Vec<_> = rows.iter().map(|row| row["iterations"].as_u64()).collect();
        assert_eq!(iterations, [Some(0), Some(3), Some(1)]);
        assert!(rows.iter().all(|row| row["note"] == note), "{layer}");
        assert!(
            rows.iter().all(|row| row["cosine_error_v"].is_null()),
            "{layer}"
        );
    }
    assert!(rows_of(&rows, "short_u")[0]["sigma_svd"].is_number());
}

#[test]
fn operator_norms_are_those_of_the_explicit_matrices() {
    let path = fixture("operators.safetensors");
    let rows = rows(&[
        path.to_str().unwrap(),
        "--input=7x9",
        "--iterations=1",
        "--transposed=up",
        "--stride=up=2",
        "--stride=stride=2",
        "--padding=valid=0",
    ]);
    for (layer, expected) in expected("operators").as_object().unwrap() {
        let row = rows_of(&rows, layer)[0];
        let wanted = &expected["operator_norm"];
        assert!(close(&row["operator_norm"], wanted), "{row} {wanted}");
        assert!(
            close(&row["sigma_svd"], &expected["singular_values"][0]),
            "{row}"
        );
    }
}

#[test]
fn runs_give_the_geometry_of_their_convolutions() {
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    let run = run.to_str().unwrap();
    let digits = ["run", "digits", "--headless", "--quiet"];
    let words = [&digits[..], &["--steps", "0", "--out", run]].concat();
    assert!(sn_tui(&words).status().unwrap().success());
    let found = rows(&[run, "--iterations", "1"]);
    let layers: Vec<&str> = found
        .iter()
        .filter_map(|row| row["layer"].as_str())
        .collect();
    assert_eq!(layers[..6], ["d.0", "d.0", "d.2", "d.2", "d.5", "d.5"]);
    assert_eq!(rows_of(&found, "d.5")[0]["operator_norm"], Value::Null);
    let text = String::from_utf8(audit(&[run]).stdout).unwrap();
    assert!(
        text.contains("(stride 2, padding 1, input 14×14)"),
        "{text}"
    );
    assert!(
        text.contains("(transposed, stride 2, padding 1, input 7×7)"),
        "{text}"
    );
    assert!(text.contains("desired"));
}

#[test]
fn exit_codes() {
    let fixture = fixture("plain.safetensors");
    let fixture = fixture.to_str().unwrap();
    for (arguments, code, words) in [
        (
            &["no/such.safetensors"][..],
            1,
            "cannot read no/such.safetensors",
        ),
        (&["Cargo.toml"], 1, "not a safetensors file"),
        (&["tests/audit"], 1, "is not a run with weights"),
        (&[], 2, "required"),
        (&[fixture, "--transposed", "nope"], 2, "`nope`"),
        (&[fixture, "--iterations", "x"], 2, "invalid"),
        (&[fixture, "--input", "3"], 2, "32x32"),
    ] {
        let output = audit(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn random_matrices_repeat() {
    let first = rows(&["--random", "20x30", "--random", "1x1"]);
    assert_eq!(first.len(), 8);
    assert!(first.iter().all(|row| row["layer"] == "random"));
    assert_eq!(first, rows(&["--random", "20x30", "--random", "1x1"]));
    let other = rows(&["--random", "20x30", "--random", "1x1", "--seed", "1"]);
    assert_ne!(first, other);
}
