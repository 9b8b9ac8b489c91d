//! `audit` at the ends of its range: kernels and numbers far larger than those of real networks.
#![cfg(unix)]

use std::{fs, path::Path, process::Command, time::Instant};

use serde_json::Value;

/// Writes a file with one weight in double precision.
fn write(path: &Path, shape: &[usize], numbers: impl Iterator<Item = f64>) {
    let data: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
    let header = format!(
        r#"{{"weight":{{"dtype":"F64","shape":{shape:?},"data_offsets":[0,{}]}}}}"#,
        data.len()
    );
    let length = (header.len() as u64).to_le_bytes();
    fs::write(path, [&length, header.as_bytes(), &data].concat()).unwrap();
}

/// The output of `audit` for a weight, within 2 GB of address space.
fn audit(shape: &[usize], numbers: impl Iterator<Item = f64>, arguments: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("x.safetensors");
    write(&path, shape, numbers);
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 2000000; exec \"$@\"", "sh"])
        .arg(assert_cmd::cargo::cargo_bin!("sn-tui"))
        .args(["audit", path.to_str().unwrap()])
        .args(arguments)
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

fn last_row(json: &str) -> Value {
    let rows: Vec<Value> = serde_json::from_str(json).unwrap();
    rows.last().unwrap().clone()
}

fn waves(count: usize) -> impl Iterator<Item = f64> {
    (0..count).map(|i| (i as f64 * 1.7).sin())
}

#[test]
fn kernels_far_larger_than_their_image_take_little_memory() {
    for side in [1024, 2048] {
        let (start, shape) = (Instant::now(), [1, 1, side, side]);
        let row = last_row(&audit(&shape, waves(side * side), &["--json"]));
        let norm = row["operator_norm"].as_f64().unwrap();
        assert!(norm > 0.0 && start.elapsed().as_secs() < 60, "{norm}");
    }
}

#[test]
fn a_norm_beyond_the_work_bound_is_left_out_with_a_note() {
    let shape = [1, 1, 512, 512];
    let input = ["--input", "2048x2048", "--iterations", "1"];
    let table = audit(&shape, waves(512 * 512), &input);
    let words = "operator norm — (not computed: it takes more than 2^41 multiplications)";
    assert!(table.contains(words), "{table}");
    let row = last_row(&audit(
        &shape,
        waves(512 * 512),
        &[&input[..], &["--json"]].concat(),
    ));
    assert!(
        row["operator_norm"].is_null() && row["note"].is_null(),
        "{row}"
    );
}

#[test]
fn numbers_beyond_single_precision_are_finite() {
    let diagonal = |scale: f64| [3.0, 0.0, 0.0, 2.0].into_iter().map(move |x| x * scale);
    for scale in [1.0, 1e200, 1e-200, 1e300] {
        let row = last_row(&audit(
            &[2, 2, 1, 1],
            diagonal(scale),
            &["--json", "--iterations=60"],
        ));
        assert_eq!(row["note"], Value::Null, "{row}");
        for (key, wanted) in [
            ("sigma_svd", 3.0 * scale),
            ("sigma_power", 3.0 * scale),
            ("operator_norm", 3.0 * scale),
            ("frobenius", 13f64.sqrt() * scale),
            ("stable_rank", 13.0 / 9.0),
            ("sigma_normalized", 1.0),
        ] {
            let found = row[key].as_f64().unwrap_or(f64::NAN);
            assert!(
                (found / wanted - 1.0).abs() < 1e-6,
                "{key} {found} for {wanted}"
            );
        }
    }
    let infinite = last_row(&audit(&[2, 2], diagonal(f64::INFINITY), &["--json"]));
    assert_eq!(infinite["note"], "non-finite");
}

/// σ by SVD keeps digits that single precision cannot represent.
#[test]
fn singular_values_of_doubles_have_the_digits_of_doubles() {
    let numbers = [1.0 + 1e-12, 0.0, 0.0, 0.5];
    let row = last_row(&audit(&[2, 2], numbers.into_iter(), &["--json"]));
    assert!(
        (row["sigma_svd"].as_f64().unwrap() - (1.0 + 1e-12)).abs() < 1e-15,
        "{row}"
    );
}
