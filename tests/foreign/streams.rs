//! Standard output and standard error of every command.

use std::{
    ffi::OsStr, fs, os::unix::ffi::OsStrExt, path::Path, process::Output, sync::Mutex, thread,
};

use sn_tui::preset;

use crate::{
    HOSTILE, commands,
    files::{self, TINY},
    folders, is_unsafe,
    program::program,
};

/// A command line and the change of the run that it meets.
struct Case {
    what: String,
    words: Vec<String>,
    change: usize,
}

/// Runs the program in a folder that is also its home.
fn output(home: &Path, words: &[impl AsRef<OsStr>]) -> Output {
    let mut program = program(home, words);
    program.env("HOME", home).env_remove("XDG_CONFIG_HOME");
    program.output().unwrap()
}

/// The fault in the output of a command, if any.
fn fault(words: &[String], output: &Output) -> Option<String> {
    for (name, bytes) in [("error", &output.stderr), ("output", &output.stdout)] {
        let Ok(text) = str::from_utf8(bytes) else {
            return Some(format!("standard {name} is no text"));
        };
        if let Some(at) = text.find(is_unsafe) {
            let line = text[..at].rsplit('\n').next().unwrap_or_default().len();
            let found: String = text[at - line..].chars().take(300).collect();
            return Some(format!("standard {name}: {found:?}"));
        }
    }
    let json = words.iter().any(|word| word == "--json");
    let mut values = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    let broken = values.find_map(|value: serde_json::Result<serde_json::Value>| value.err());
    (json && output.status.success())
        .then_some(broken)?
        .map(|error| format!("no JSON: {error}"))
}

/// Runs each case in its own folder, several in parallel, and checks that none has a fault.
fn check_cases(base: &Path, changes: &[(String, files::Change)], cases: Vec<Case>) {
    let (faults, queue) = (Mutex::new(Vec::new()), Mutex::new(cases));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let next = || queue.lock().unwrap().pop();
                while let Some(case) = next() {
                    let home = tempfile::tempdir().unwrap();
                    // The run can be found by its path, and as the only one in runs/.
                    for place in [home.path().to_owned(), home.path().join("runs")] {
                        let run = place.join(HOSTILE);
                        folders::copy(base, &run);
                        changes[case.change].1(&run);
                    }
                    let output = output(home.path(), &case.words);
                    if let Some(fault) = fault(&case.words, &output) {
                        let Case { what, words, .. } = case;
                        faults
                            .lock()
                            .unwrap()
                            .push(format!("{what}: {words:?}\n  {fault}"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The commands that read runs and files. Hidden ones do neither.
fn commands() -> impl Iterator<Item = clap::Command> {
    commands::all()
        .into_iter()
        .filter(|command| !command.is_hide_set())
}

#[test]
fn no_field_of_a_run_controls_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let base = files::base(home.path());
    let changes = files::changes(&base);
    let mut cases = Vec::new();
    for (change, (what, _)) in changes.iter().enumerate() {
        for command in commands() {
            let call = commands::call(&command);
            let mut calls = vec![call.clone()];
            // `bench` is slow, and reads only the preset of a run.
            let is_bench = command.get_name() == "bench";
            if is_bench && !what.starts_with("preset") {
                continue;
            }
            for flag in commands::flags(&command) {
                // Switches that change the output are tried with every field, others with one.
                let prints = ["--json", "--about", "--python", "--yes"].contains(&flag.as_str());
                if change == 0 || prints && !is_bench {
                    calls.push(call.with(&[&flag]));
                }
            }
            cases.extend(calls.into_iter().map(|call| Case {
                what: what.clone(),
                words: call.with_operand(&format!("./{HOSTILE}")),
                change,
            }));
            if change == 0 {
                cases.push(Case {
                    what: "runs/".into(),
                    words: call.with_operand("runs"),
                    change,
                });
            }
        }
    }
    check_cases(&base, &changes, cases);
}

#[test]
fn no_argument_and_no_name_controls_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let base = files::base(home.path());
    let changes: [(String, files::Change); 1] = [("none".into(), Box::new(|_| {}))];
    let mut cases = Vec::new();
    for command in commands::all() {
        let call = commands::call(&command);
        for words in commands::values(&command) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let call = call.with(&words);
            let words = if words[0].starts_with("--") {
                call.with_operand(&format!("./{HOSTILE}"))
            } else {
                [&[call.command][..], &call.words].concat()
            };
            let what = "argument".into();
            cases.push(Case {
                what,
                words,
                change: 0,
            });
        }
    }
    check_cases(&base, &changes, cases);
}

#[test]
fn files_of_weights_keys_and_data_are_printed_as_text() {
    let home = tempfile::tempdir().unwrap();
    let base = files::base(home.path());
    let weights = fs::read(base.join("weights.safetensors")).unwrap();
    let mut changes: Vec<(String, files::Change)> = Vec::new();
    for (what, bytes) in files::tensors(&weights) {
        let change = move |run: &Path| fs::write(run.with_file_name("w.safetensors"), &bytes);
        changes.push((what, Box::new(move |run| change(run).unwrap())));
    }
    let of_weights = changes.len();
    changes.push(("pictures".into(), Box::new(pictures)));
    changes.push(("keys".into(), Box::new(keys)));
    let run = [
        "run",
        "tiny.ron",
        "--threads",
        "1",
        "--steps",
        "1",
        "--quiet",
    ];
    let calls: [&[&str]; 6] = [
        &["audit", "w.safetensors"],
        &["audit", "w.safetensors", "--json"],
        &["export", "w.safetensors", "--what", "d"],
        &["sample", "w.safetensors", "-o", "x.npy"],
        &[
            "sample",
            "./runs",
            "-o",
            "x.npy",
            "--latents",
            "w.safetensors",
        ],
        &[&run[..], &["--init", "w.safetensors"]].concat(),
    ];
    let mut cases = Vec::new();
    let mut add = |change: usize, words: &[&str]| {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        let what = "file".into();
        cases.push(Case {
            what,
            words,
            change,
        });
    };
    for change in 0..of_weights {
        calls.iter().for_each(|words| add(change, words));
    }
    add(
        of_weights,
        &[
            "run",
            "images.ron",
            "--data",
            "pictures",
            "--threads",
            "1",
            "--steps",
            "1",
        ],
    );
    add(
        of_weights,
        &[
            "run",
            "images.ron",
            "--data",
            "broken",
            "--threads",
            "1",
            "--steps",
            "1",
        ],
    );
    add(of_weights + 1, &["attach", HOSTILE, "--keys", "keys.ron"]);
    check_cases(&base, &changes, cases);
}

/// Writes a valid picture, and broken ones with hostile names.
fn pictures(run: &Path) {
    let home = run.parent().unwrap();
    fs::write(home.join("tiny.ron"), TINY).unwrap();
    let images = "(
        data: Images(source: Digits, shape: (1, 4, 4)), latent: 2, batch: 2, steps: 1,
        generator: (layers: [Linear(out: 16), Reshape(1, 4, 4)]),
        discriminator: (layers: [Flatten, Linear(out: 1)]),
    )";
    fs::write(home.join("images.ron"), images).unwrap();
    for folder in ["pictures", "broken"] {
        let folder = home.join(folder).join(HOSTILE);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{HOSTILE}.png")), HOSTILE).unwrap();
        let latin = OsStr::from_bytes(b"\x9b2J\xff.png");
        fs::write(folder.join(latin), "x").unwrap();
    }
    let good = image::GrayImage::new(4, 4);
    good.save(home.join("pictures/good.png")).unwrap();
}

fn keys(run: &Path) {
    let text = format!("({HOSTILE}: [\"{HOSTILE}\"])");
    fs::write(run.with_file_name("keys.ron"), text).unwrap();
}

#[test]
fn bytes_that_are_not_utf8_are_printed_as_text() {
    let home = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"./\x9b2J\xff\x1b[31m");
    for command in commands::all() {
        let output = output(home.path(), &[OsStr::new(command.get_name()), name]);
        let fault = fault(&[], &output);
        assert_eq!(fault, None, "{}", command.get_name());
    }
}

#[test]
fn show_prints_a_valid_preset_for_hostile_texts() {
    let home = tempfile::tempdir().unwrap();
    let mut hostile = preset::parse(TINY, "").unwrap();
    hostile.about = HOSTILE.to_owned();
    let path = home.path().join(format!("{HOSTILE}.ron"));
    fs::write(&path, preset::print(&hostile, HOSTILE)).unwrap();
    let shown = output(home.path(), &[OsStr::new("show"), path.as_os_str()]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert_eq!(text.find(is_unsafe), None, "{text}");
    assert_eq!(preset::parse(&text, "").unwrap(), hostile);
}

#[test]
fn harmless_names_are_printed_unchanged() {
    let home = tempfile::tempdir().unwrap();
    let name = "it's läuft 日本 $x\\n.ron";
    fs::write(home.path().join(name), TINY).unwrap();
    let out = "o'ut σ";
    let run = output(home.path(), &["run", name, "--steps", "0", "--out", out]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(
        said.contains(out) && said.contains("it's läuft 日本 $x\\n"),
        "{said}"
    );
}
