//! A run of the real program in a folder of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The ring with a small batch: a step takes a millisecond.
pub const RING: [&str; 4] = ["run", "ring", "--set", "batch=32"];

/// A run that is over. Its folder goes with it.
pub struct Run {
    folder: TempDir,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The program in a folder of its own, its input closed.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sn-tui"));
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A whole run with `--out` and whatever is given.
pub fn run(arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path(), arguments)
        .args(["--out", "out"])
        .output()
        .unwrap();
    Run {
        folder,
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A run with JSON lines that must go well.
pub fn json(arguments: &[&str]) -> Run {
    let run = run(&[arguments, &["--log", "json"]].concat());
    assert_eq!(run.code, Some(0), "{arguments:?}\n{}", run.stderr);
    run
}

/// The same on the small ring.
pub fn ring(arguments: &[&str]) -> Run {
    json(&[&RING[..], arguments].concat())
}

impl Run {
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Everything on standard output, which must be JSON to the last line.
    pub fn json(&self) -> Vec<Value> {
        parsed(&self.stdout)
    }

    /// The lines of steps.
    pub fn lines(&self) -> Vec<Value> {
        let mut all = self.json();
        all.pop();
        all
    }

    pub fn summary(&self) -> Value {
        summary(&self.stdout)
    }

    /// What the summary calls the weights' hash.
    pub fn hash(&self) -> String {
        self.summary()["weights_sha256"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn weights(&self) -> Weights {
        Weights::read(&self.out().join("weights.safetensors"))
    }
}

pub fn parsed(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The last line.
pub fn summary(stdout: &str) -> Value {
    parsed(stdout).pop().expect("a summary")["summary"].clone()
}

/// The names of a folder's entries in their order.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A weights file, taken apart by hand: a length, a JSON header with (shape, place) by key, bytes.
pub struct Weights(pub BTreeMap<String, (Vec<u64>, Vec<u8>)>);

impl Weights {
    pub fn read(path: &Path) -> Self {
        let file = fs::read(path).unwrap();
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let (header, data) = file[8..].split_at(length);
        let header: BTreeMap<String, Value> = serde_json::from_slice(header).unwrap();
        let numbers = |value: &Value| -> Vec<u64> {
            let list = value.as_array().unwrap();
            list.iter().map(|n| n.as_u64().unwrap()).collect()
        };
        let tensors = header.iter().filter(|(key, _)| *key != "__metadata__");
        Self(
            tensors
                .map(|(key, about)| {
                    assert_eq!(about["dtype"], "F32", "{key}");
                    let place = numbers(&about["data_offsets"]);
                    let bytes = data[place[0] as usize..place[1] as usize].to_vec();
                    let shape = numbers(&about["shape"]);
                    assert_eq!(shape.iter().product::<u64>() * 4, bytes.len() as u64);
                    (key.clone(), (shape, bytes))
                })
                .collect(),
        )
    }

    /// All keys in byte order.
    pub fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub fn shape(&self, key: &str) -> &[u64] {
        &self.0[key].0
    }

    pub fn numbers(&self, key: &str) -> Vec<f32> {
        let bytes = self.0[key].1.chunks_exact(4);
        bytes
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect()
    }
}
