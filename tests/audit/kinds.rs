//! Every kind of weight that `audit` reads, compared with PyTorch (see `make.py`).

use std::fs;

use serde_json::Value;

use super::{audit, close, expected, fixture, rows, rows_of};

/// The audit rows of a fixture, after each layer is checked against PyTorch's figures.
fn checked_rows(name: &str, arguments: &[&str]) -> Vec<Value> {
    let path = fixture(&format!("{name}.safetensors"));
    let found = rows(&[&[path.to_str().unwrap()], arguments].concat());
    let layers = expected(name);
    let layers = layers.as_object().unwrap();
    for (layer, expected) in layers {
        let rows = rows_of(&found, layer);
        assert!(!rows.is_empty(), "{name}: {layer} has no row");
        for row in rows {
            let what = format!("{name} {row} {expected}");
            assert_eq!(row["shape"], expected["shape"], "{what}");
            let [svd, power] = [&expected["singular_values"], &expected["power"]];
            assert_eq!(svd.is_null(), row["note"] == "non-finite", "{what}");
            assert!(svd.is_null() || close(&row["sigma_svd"], &svd[0]), "{what}");
            let iterations = row["iterations"].to_string();
            assert!(
                power.is_null() || close(&row["sigma_power"], &power[&iterations]),
                "{what}"
            );
        }
    }
    let more = found
        .iter()
        .find(|row| !layers.contains_key(row["layer"].as_str().unwrap()));
    assert_eq!(more, None, "{name}");
    found
}

fn notes_of(name: &str) -> String {
    let path = fixture(&format!("{name}.safetensors"));
    String::from_utf8(audit(&[path.to_str().unwrap()]).stderr).unwrap()
}

/// Checks that every tensor without a row is named exactly once.
fn names_what_is_left_out(name: &str) {
    let said = notes_of(name);
    let text = fs::read_to_string(fixture(&format!("{name}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let mut wanted: Vec<&str> = json["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap())
        .collect();
    let lines = said
        .lines()
        .filter_map(|line| line.strip_prefix("left out ("));
    let mut named: Vec<&str> = lines
        .flat_map(|line| line.split_once("): ").unwrap().1.split(", "))
        .collect();
    wanted.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, wanted, "{said}");
}

#[test]
fn weights_of_recurrent_layers_and_attention_are_audited() {
    let found = checked_rows("names", &[]);
    // PyTorch normalized the GRU's weights, in both generations, so the iteration starts from its vectors.
    for layer in [
        "gru.weight_hh_l0",
        "gru.weight_ih_l0",
        "attention.in_proj_weight",
    ] {
        assert_eq!(rows_of(&found, layer)[0]["iterations"], 0, "{layer}");
    }
    assert_eq!(rows_of(&found, "cell.weight_hh")[0]["iterations"], 1);
    names_what_is_left_out("names");
}

#[test]
fn weight_normalization_is_audited_as_its_weight() {
    checked_rows("normed", &["--transposed", "new_up"]);
    names_what_is_left_out("normed");
}

#[test]
fn foreign_wrappers_are_raw_weights_and_copies_are_named() {
    let found = checked_rows("wrappers", &[]);
    // The iteration starts from the stored vectors, also from u alone.
    for layer in ["module.0.module", "mimicry", "biggan", "_orig_mod.old"] {
        assert_eq!(rows_of(&found, layer)[0]["iterations"], 0, "{layer}");
    }
    names_what_is_left_out("wrappers");
}

#[test]
fn groups_give_the_norm_of_the_grouped_convolution() {
    let groups = ["1=8", "3=3", "10=3"].map(|groups| format!("--groups={groups}"));
    let flags = [
        "--input=6x5",
        "--iterations=1",
        "--stride=3=2",
        "--padding=3=1",
        "--stride=10=2",
        "--padding=10=1",
        "--transposed=10",
    ];
    let arguments: Vec<&str> = flags
        .into_iter()
        .chain(groups.iter().map(|text| &**text))
        .collect();
    let found = checked_rows("grouped", &arguments);
    for (layer, expected) in expected("grouped").as_object().unwrap() {
        let row = rows_of(&found, layer)[0];
        assert!(
            close(&row["operator_norm"], &expected["operator_norm"]),
            "{row} {expected}"
        );
        assert_eq!(row["note"], Value::Null, "{row}");
    }
}

#[test]
fn a_convolution_that_may_be_grouped_has_no_operator_norm() {
    let found = checked_rows("grouped", &["--iterations=1", "--transposed=10"]);
    for (layer, unclear) in [
        ("0", false),
        ("1", true),
        ("2", false),
        ("3", true),
        ("10", false),
    ] {
        let row = rows_of(&found, layer)[0];
        let note = if unclear {
            Value::from("groups?")
        } else {
            Value::Null
        };
        assert_eq!(row["note"], note, "{row}");
        assert_eq!(row["operator_norm"].is_null(), unclear, "{row}");
        assert!(row["sigma_power"].is_number(), "{row}");
    }
    let path = fixture("grouped.safetensors");
    let path = path.to_str().unwrap();
    let text = String::from_utf8(audit(&[path]).stdout).unwrap();
    assert!(text.contains("give --groups LAYER=N"), "{text}");
    // A convolution with one group is a plain one.
    let found = rows(&[path, "--groups=1=1", "--iterations=1"]);
    assert!(rows_of(&found, "1")[0]["operator_norm"].is_number());
    let output = audit(&[path, "--groups=1=3"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("does not divide 8"), "{error}");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn stored_vectors_decide_how_a_square_convolution_is_read() {
    checked_rows("square", &[]);
    let said = notes_of("square");
    assert!(said.contains("read as transposed convolutions, because uᵀWv of the stored vectors is nearer to their σ: 0, 1, 3\n"), "{said}");
    assert!(
        said.contains(
            "read as plain convolutions, because uᵀWv of the stored vectors is nearer to their σ: 2\n"
        ),
        "{said}"
    );
    let path = fixture("square.safetensors");
    let text = String::from_utf8(audit(&[path.to_str().unwrap()]).stdout).unwrap();
    assert!(text.contains("transposed by its vectors"), "{text}");
}

#[test]
fn numbers_of_8_bits_are_read() {
    checked_rows("f8", &[]);
    names_what_is_left_out("f8");
}
