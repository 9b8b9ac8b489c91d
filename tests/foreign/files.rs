//! Variants of a run with one hostile text: in each field of each file, and in names of files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sn_tui::{
    preset,
    rundir::checkpoint::{self, Checkpoint, Position},
};

use crate::{HOSTILE, program::program};

/// A preset with networks of a few numbers.
pub const TINY: &str = "(
    about: \"points\",
    data: Mixture(centres: Ring(modes: 3, radius: 1), sigma: 0.1),
    latent: 2,
    generator: (layers: [Linear(out: 4), ReLU, Linear(out: 2)]),
    discriminator: (layers: [Linear(out: 4), ReLU, Linear(out: 1)]),
    batch: 4,
    steps: 4,
    samples: (every: 2, count: 4),
    checkpoints: (every: 2, keep: 3),
)";

/// A change of the folder of a run.
pub type Change = Box<dyn Fn(&Path) + Send + Sync>;

/// Makes a run in `home/base`.
pub fn base(home: &Path) -> PathBuf {
    fs::write(home.join("tiny.ron"), TINY).unwrap();
    let words = "run tiny.ron --headless --quiet --threads 1 --out base --at 2:gain=2";
    let words: Vec<&str> = words.split(' ').collect();
    let status = program(home, &words).status().unwrap();
    assert!(status.success());
    let base = home.join("base");
    let alarm = r#"{"step":3,"kind":"alarm","key":"estimate_drift.d.0","old":"","new":"text","cause":"alarm"}"#;
    let journal = fs::read_to_string(base.join("journal.jsonl")).unwrap();
    fs::write(base.join("journal.jsonl"), format!("{journal}{alarm}\n")).unwrap();
    base
}

/// Every change that puts a hostile text into a run, with a name.
pub fn changes(base: &Path) -> Vec<(String, Change)> {
    let mut changes: Vec<(String, Change)> = vec![("nothing".into(), Box::new(|_| {}))];
    for file in ["run.json", "summary.json", "journal.jsonl", "metrics.jsonl"] {
        for bytes in lines(&fs::read_to_string(base.join(file)).unwrap()) {
            changes.push((format!("{file} {}", bytes.0), write_to(file, bytes.1)));
        }
    }
    let weights = fs::read(base.join("weights.safetensors")).unwrap();
    for (what, bytes) in tensors(&weights) {
        let put = write_to("weights.safetensors", bytes);
        changes.push((format!("weights {what}"), put));
    }
    for (what, bytes) in checkpoints(&base.join("checkpoints/step-000004.safetensors")) {
        let put = write_to("checkpoints/step-000004.safetensors", bytes);
        let change: Change = Box::new(move |run| {
            put(run);
            // Checkpoints are read only if there are no weights.
            fs::remove_file(run.join("weights.safetensors")).unwrap();
            fs::remove_file(run.join("summary.json")).unwrap();
        });
        changes.push((format!("checkpoint {what}"), change));
    }
    let mut hostile = preset::parse(TINY, "").unwrap();
    HOSTILE.clone_into(&mut hostile.about);
    let texts = [
        preset::print(&hostile, HOSTILE),
        format!("// {}\n{TINY}", HOSTILE.replace('\u{2028}', "")),
        TINY.replace("latent", HOSTILE),
        TINY.replace("ReLU", &format!("Re{HOSTILE}")),
        format!("\"{HOSTILE}"),
    ];
    for (at, text) in texts.into_iter().enumerate() {
        changes.push((
            format!("preset {at}"),
            write_to("preset.ron", text.into_bytes()),
        ));
    }
    let log = format!("2026-01-01T00:00:00Z ERROR {HOSTILE}\n");
    let log = write_to("sn-tui.log", log.into_bytes());
    let failed: Change = Box::new(move |run| {
        log(run);
        for gone in ["summary.json", "weights.safetensors"] {
            fs::remove_file(run.join(gone)).unwrap();
        }
    });
    changes.push(("log".into(), failed));
    changes.push(("names".into(), Box::new(names)));
    changes
}

fn write_to(file: &'static str, bytes: Vec<u8>) -> Change {
    Box::new(move |run| fs::write(run.join(file), &bytes).unwrap())
}

/// Files with hostile names wherever a command looks for files.
fn names(run: &Path) {
    let (safe, name) = (run.join("checkpoints/step-000004.safetensors"), HOSTILE);
    for name in [
        format!("checkpoints/step-000009-{name}.safetensors"),
        format!("checkpoints/{name}"),
        format!("samples/{name}.png"),
        format!(".{name}.ron.1"),
        name.to_owned(),
    ] {
        fs::copy(&safe, run.join(name)).unwrap();
    }
    fs::write(&safe, HOSTILE).unwrap();
}

/// Variants of JSON lines: each has a hostile text in one field, in every line with that field.
fn lines(text: &str) -> Vec<(String, Vec<u8>)> {
    let values = serde_json::Deserializer::from_str(text).into_iter();
    let parsed: Vec<Value> = values.map(Result::unwrap).collect();
    let mut places = Vec::new();
    parsed
        .iter()
        .for_each(|line| strings(line, String::new(), &mut places));
    places.sort();
    places.dedup();
    // A field that no version has.
    places.push("/more".into());
    let spoiled = |place: &String| {
        let lines = parsed.iter().map(|line| {
            let mut line = line.clone();
            if place == "/more" {
                line[HOSTILE] = HOSTILE.into();
            }
            if let Some(value) = line.pointer_mut(place) {
                *value = HOSTILE.into();
            }
            format!("{line}\n")
        });
        (place.clone(), lines.collect::<String>().into_bytes())
    };
    places.iter().map(spoiled).collect()
}

/// Finds the JSON pointers of all strings.
fn strings(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at),
        Value::Array(items) => (items.iter().enumerate())
            .for_each(|(index, item)| strings(item, format!("{at}/{index}"), found)),
        Value::Object(items) => {
            (items.iter()).for_each(|(key, item)| strings(item, format!("{at}/{key}"), found));
        }
        _ => {}
    }
}

/// Variants of a safetensors file with a hostile text in one key, type or metadata entry.
pub fn tensors(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let file = |header: &Value| {
        let text = header.to_string();
        let size = (text.len() as u64).to_le_bytes();
        [&size, text.as_bytes(), &bytes[8 + length..]].concat()
    };
    let mut files = Vec::new();
    let metadata = header["__metadata__"].as_object().unwrap();
    for (name, value) in metadata {
        let mut put = |what: String, text: String| {
            let mut header = header.clone();
            header["__metadata__"][name] = text.into();
            files.push((format!("{name}{what}"), file(&header)));
        };
        put(String::new(), HOSTILE.to_owned());
        if let Ok(nested) = serde_json::from_str::<Value>(value.as_str().unwrap()) {
            let mut places = Vec::new();
            strings(&nested, String::new(), &mut places);
            for place in places {
                let mut nested = nested.clone();
                *nested.pointer_mut(&place).unwrap() = HOSTILE.into();
                put(place, nested.to_string());
            }
        }
    }
    let of = |prefix: &str| {
        let keys = header.as_object().unwrap().keys();
        keys.clone()
            .find(|key| key.starts_with(prefix) && key.contains("weight"))
            .unwrap()
            .clone()
    };
    for key in [of("d."), of("ema.")] {
        let mut typed = header.clone();
        typed[&key]["dtype"] = HOSTILE.into();
        files.push((format!("type of {key}"), file(&typed)));
        for name in [format!("{HOSTILE}.weight"), format!("{key}{HOSTILE}")] {
            let mut named = header.clone();
            let tensor = named.as_object_mut().unwrap().remove(&key).unwrap();
            named[name] = tensor;
            files.push((format!("key of {key}"), file(&named)));
        }
    }
    // A type that `audit` does not support.
    let mut odd = header.clone();
    let key = of("d.");
    let tensor = odd.as_object_mut().unwrap().remove(&key).unwrap();
    odd[format!("{HOSTILE}.weight")] = tensor;
    odd[format!("{HOSTILE}.weight")]["dtype"] = "I32".into();
    files.push(("odd".into(), file(&odd)));
    files
}

/// Variants of a checkpoint with a valid checksum and a hostile text in its position.
fn checkpoints(path: &Path) -> Vec<(String, Vec<u8>)> {
    let read = checkpoint::decode(&fs::read(path).unwrap()).unwrap();
    type Spoil = (&'static str, fn(&mut Position));
    let spoil: [Spoil; 3] = [
        ("name", |p| p.name = HOSTILE.into()),
        ("settings", |p| p.settings = HOSTILE.into()),
        ("saved", |p| p.saved = HOSTILE.into()),
    ];
    let spoiled = spoil.into_iter().map(|(what, spoil)| {
        let mut position = read.position.clone();
        spoil(&mut position);
        let state = read.state.clone();
        let bytes = checkpoint::encode(&Checkpoint { position, state }).unwrap();
        (what.to_owned(), bytes)
    });
    spoiled.collect()
}
