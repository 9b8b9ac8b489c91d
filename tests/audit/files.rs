//! Naming what is audited, and equal figures from every file that holds the same weights.

use std::{fs, path::Path, process::Output};

use safetensors::SafeTensors;
use serde_json::Value;

use super::{fixture, program::program};

/// Runs a command in a folder; arguments are split at spaces.
fn execute(folder: &Path, line: &str) -> Output {
    let words: Vec<&str> = line.split(' ').collect();
    program(folder, &words).output().unwrap()
}

fn succeed(folder: &Path, line: &str) -> Output {
    let output = execute(folder, line);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{line}\n{error}");
    output
}

fn audit(folder: &Path, what: &str) -> Vec<Value> {
    let output = succeed(folder, &format!("audit {what} --json"));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The rows of one network, with its prefix removed from layer names.
fn of_network(rows: &[Value], prefix: &str) -> Vec<Value> {
    let own = rows.iter().filter_map(|row| {
        let layer = row["layer"].as_str()?.strip_prefix(prefix)?;
        let mut row = row.clone();
        row["layer"] = layer.into();
        Some(row)
    });
    own.collect()
}

const RUN: &str = "run tiny.ron --set batch=2 --headless --quiet";

/// A folder with a preset of a small network that has every kind of layer.
fn place() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::copy("tests/pytorch/tiny.ron", home.path().join("tiny.ron")).unwrap();
    home
}

#[test]
fn a_file_an_export_a_checkpoint_and_their_run_give_the_same_figures() {
    let home = place();
    let home = home.path();
    succeed(
        home,
        &format!("{RUN} --steps 0 --out runs/2026-11-26-tiny-abcdef"),
    );
    let rows = audit(home, "runs/2026-11-26-tiny-abcdef");
    assert!(rows.iter().any(|row| row["layer"] == "g.4"));
    let run = "runs/2026-11-26-tiny-abcdef";
    let checkpoint = format!("{run}/checkpoints/step-000000.safetensors");
    for what in [
        "2026-11-26-tiny-abcdef",
        "abcdef",
        &format!("{run}/weights.safetensors"),
        &checkpoint,
    ] {
        assert_eq!(audit(home, what), rows, "{what}");
    }
    for network in ["g", "d", "ema"] {
        for form in ["torch-new", "torch-old"] {
            succeed(
                home,
                &format!(
                    "export abcdef --what {network} --format {form} -o {form}-{network}.safetensors"
                ),
            );
            let export = audit(home, &format!("{form}-{network}.safetensors"));
            assert_eq!(
                export,
                of_network(&rows, &format!("{network}.")),
                "{form} {network}"
            );
        }
    }
    // Tensors of the checkpoint other than the networks' are named.
    let said = succeed(home, &format!("audit {checkpoint}")).stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(
        said.contains("left out (Adam's moments): training.adam_d.state.0.exp_avg,"),
        "{said}"
    );
}

#[test]
fn a_live_run_is_audited_at_its_latest_checkpoint() {
    let home = place();
    let home = home.path();
    succeed(home, &format!("{RUN} --steps 1 --out runs/mine"));
    let at_the_end = audit(home, "mine");
    // The run appears to be still training after its last checkpoint.
    fs::remove_file(home.join("runs/mine/summary.json")).unwrap();
    fs::copy(
        fixture("plain.safetensors"),
        home.join("runs/mine/weights.safetensors"),
    )
    .unwrap();
    assert_eq!(audit(home, "mine"), at_the_end);
    let said = String::from_utf8(succeed(home, "audit runs/mine").stderr).unwrap();
    assert!(
        said.contains("runs/mine/checkpoints/step-000001.safetensors"),
        "{said}"
    );
    // A damaged checkpoint is skipped, and named.
    let path = home.join("runs/mine/checkpoints/step-000001.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let said = String::from_utf8(succeed(home, "audit mine").stderr).unwrap();
    assert!(
        said.contains("skipped: runs/mine/checkpoints/step-000001"),
        "{said}"
    );
}

#[test]
fn an_unknown_run_is_refused_with_the_nearest_name() {
    let home = tempfile::tempdir().unwrap();
    succeed(
        home.path(),
        "run ring --set batch=2 --headless --quiet --steps 0 --out runs/mine",
    );
    let output = execute(home.path(), "audit mime");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("did you mean mine"), "{error}");
}

#[test]
fn foreign_metadata_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("other.safetensors");
    for name in ["weights", "checkpoint"] {
        let bytes = fs::read(fixture("plain.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let texts = [(name.to_owned(), "of last week".to_owned())].into();
        fs::write(
            &path,
            safetensors::serialize(file.tensors(), Some(texts)).unwrap(),
        )
        .unwrap();
        let output = succeed(home.path(), "audit other.safetensors");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("strides, padding and image sizes are not known"),
            "{said}"
        );
    }
}

#[test]
fn a_folder_with_a_model_is_audited_as_the_model() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let bytes = fs::read(fixture("names.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    for folder in ["whole", "parts"] {
        fs::create_dir(home.join(folder)).unwrap();
    }
    fs::write(home.join("whole/model.safetensors"), &bytes).unwrap();
    // The vectors of some layers are in another file than their weights.
    let names = [
        "net-00001-of-00002.safetensors",
        "net-00002-of-00002.safetensors",
    ];
    let (first, second): (Vec<_>, Vec<_>) = file
        .tensors()
        .into_iter()
        .partition(|(key, _)| key < &"gru.parametrizations.weight_hh_l0.0._v".to_owned());
    let mut map = serde_json::Map::new();
    for (name, tensors) in names.iter().zip([first, second]) {
        map.extend(
            tensors
                .iter()
                .map(|(key, _)| (key.clone(), Value::from(*name))),
        );
        fs::write(
            home.join("parts").join(name),
            safetensors::serialize(tensors, None).unwrap(),
        )
        .unwrap();
    }
    let index = serde_json::json!({"metadata": {"total_size": 1}, "weight_map": map});
    fs::write(
        home.join("parts/net.safetensors.index.json"),
        index.to_string(),
    )
    .unwrap();

    let file = fixture("names.safetensors").canonicalize().unwrap();
    let rows = audit(home, file.to_str().unwrap());
    for model in ["whole", "parts", "./parts/"] {
        assert_eq!(audit(home, model), rows, "{model}");
    }
    fs::remove_file(home.join("parts").join(names[1])).unwrap();
    let output = execute(home, "audit parts");
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(names[1]), "{error}");
}

#[test]
fn files_of_other_formats_are_identified() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let zip = |name: &str| {
        let length = (name.len() as u16).to_le_bytes();
        [
            &b"PK\x03\x04"[..],
            &[0; 22],
            &length,
            &[0; 2],
            name.as_bytes(),
            &[0; 64],
        ]
        .concat()
    };
    for (name, bytes, words) in [
        (
            "lfs.safetensors",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n".to_vec(),
            "Git LFS pointer",
        ),
        (
            "a.gguf",
            b"GGUF\x03\0\0\0\x10\0\0\0\0\0\0\0".to_vec(),
            "GGUF",
        ),
        (
            "a.h5",
            b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0".to_vec(),
            "HDF5",
        ),
        ("a.npz", zip("weight.npy"), "npz"),
        ("a.pt", zip("archive/data.pkl"), "torch.save"),
        (
            "a.pkl",
            b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.".to_vec(),
            "pickle",
        ),
        (
            "model.safetensors.index.json",
            br#"{"metadata": {}, "weight_map": {}}"#.to_vec(),
            "index of a model",
        ),
    ] {
        fs::write(home.join(name), bytes).unwrap();
        let output = execute(home, &format!("audit {name}"));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(
            error.contains(words) && !error.contains("header"),
            "{name}: {error}"
        );
        assert!(output.stdout.is_empty());
        // Other commands that take weights give the same message.
        let output = execute(
            home,
            &format!("run ring --headless --quiet --steps 0 --init {name}"),
        );
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(words), "{name}: {error}");
    }
}
