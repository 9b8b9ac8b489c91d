//! The program on a GPU, or on the double of its driver: `tests/rig/run cargo test --test device`. Without either,
//! only that `auto` takes the CPU and that a missing GPU is an error.

#[path = "../common/gpu.rs"]
mod gpu;
mod lanes;
mod load;
#[path = "../common/program.rs"]
mod program;

use std::{path::Path, process::Output};

use serde_json::Value;

use gpu::gpu_is_wanted;
use program::program;

/// Settings of a small ring.
const SMALL: [&str; 12] = [
    "--headless",
    "--log",
    "json",
    "--set",
    "generator.layers=[Linear(out: 8), ReLU, Linear(out: 2)]",
    "--set",
    "discriminator.layers=[Linear(out: 8), LeakyReLU(0.1), Linear(out: 1)]",
    "--set",
    "batch=16",
    "--set",
    "samples.count=8",
    "--set=scores.every=0",
];

/// Runs the program in a folder, with variables of the double.
fn sn_tui(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut program = program(folder, arguments);
    program.envs(variables.iter().copied()).output().unwrap()
}

/// Trains the small ring in a folder, with variables of the double.
fn train(folder: &Path, variables: &[(&str, &str)], more: &[&str]) -> Output {
    sn_tui(
        folder,
        variables,
        &[&["run", "ring"], &SMALL[..], more].concat(),
    )
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The summary of a run that must have succeeded.
fn summary(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    let last: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    last["summary"].clone()
}

fn about(run: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(run.join("run.json")).unwrap()).unwrap()
}

#[test]
fn auto_takes_the_gpu_if_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = train(
        folder.path(),
        &[],
        &["--device", "auto", "--steps=1", "--out=a"],
    );
    summary(&output);
    let device = about(&folder.path().join("a"))["device"].clone();
    let said = text(&output.stderr);
    match device.as_str().unwrap() {
        "cpu" => {
            assert!(!gpu_is_wanted(), "{said}");
            assert!(
                said.contains("--device auto took the processor: "),
                "{said}"
            );
        }
        gpu => assert!(gpu.starts_with("cuda:0 "), "{gpu}"),
    }
}

#[test]
fn a_gpu_that_is_not_there_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let output = train(
        folder.path(),
        &[],
        &["--device=cuda:7", "--steps=1", "--out=a"],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("--device cpu takes the processor"), "{said}");
    assert!(
        !said.contains("panicked") && !folder.path().join("a").exists(),
        "{said}"
    );
}

#[test]
fn a_run_is_repeated_resumed_and_replayed_to_the_bit() {
    if !gpu_is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let gpu = ["--device=cuda", "--set=checkpoints.every=3"];
    let hash = |output: &Output| summary(output)["weights_sha256"].clone();
    let whole = hash(&train(
        path,
        &[],
        &[&gpu[..], &["--steps=8", "--out=a"]].concat(),
    ));
    // On the double, blocks and threads run in another order, and work is delayed until something waits for it.
    let ways = [("RIG_SHUFFLE", "5"), ("RIG_LAZY", "1")];
    let again = train(path, &ways, &[&gpu[..], &["--steps=8", "--out=b"]].concat());
    assert_eq!(hash(&again), whole);

    train(path, &[], &[&gpu[..], &["--steps=5", "--out=c"]].concat());
    let longer = sn_tui(path, &[], &["resume", "c", "--steps=8", "--log=json"]);
    assert_eq!(hash(&longer), whole);
    let replayed = sn_tui(path, &[], &["replay", "c"]);
    let said = text(&replayed.stderr);
    assert!(said.contains("the same to the bit"), "{said}");
    let elsewhere = sn_tui(path, &[], &["replay", "c", "--device=cpu"]);
    let said = text(&elsewhere.stderr);
    assert!(said.contains("on cpu its bits will differ"), "{said}");
    assert_eq!(elsewhere.status.code(), Some(1), "{said}");

    let elsewhere = sn_tui(
        path,
        &[],
        &["resume", "b", "--steps=9", "--device=cpu", "--log=json"],
    );
    assert!(text(&elsewhere.stderr).contains("its bits will differ"));
    summary(&elsewhere);
}

/// Moving a run from the CPU to the GPU and back changes its numbers only by rounding.
#[test]
fn a_run_moves_between_devices() {
    if !gpu_is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let losses = |output: &Output| {
        let summary = summary(output);
        ["loss_d", "loss_g"].map(|loss| summary[loss].as_f64().unwrap())
    };
    let whole = losses(&train(
        path,
        &[],
        &["--device=cpu", "--steps=12", "--out=a"],
    ));
    train(path, &[], &["--device=cpu", "--steps=4", "--out=b"]);
    let mut gone_on = [0.0; 2];
    for (device, steps) in [("cuda", 8), ("cpu", 12)] {
        let more = [
            format!("--device={device}"),
            format!("--steps={steps}"),
            "--log=json".to_owned(),
        ];
        let more = more.each_ref().map(String::as_str);
        let output = sn_tui(path, &[], &[&["resume", "b"], &more[..]].concat());
        let said = text(&output.stderr);
        assert!(said.contains("its bits will differ"), "{said}");
        gone_on = losses(&output);
    }
    let replayed = sn_tui(path, &[], &["replay", "b"]);
    let said = text(&replayed.stderr);
    assert!(
        said.contains("from step 5 on the run was made on cuda:0"),
        "{said}"
    );
    for (whole, gone_on) in whole.into_iter().zip(gone_on) {
        assert!((whole - gone_on).abs() < 1e-4, "{whole} {gone_on}");
    }
}

/// Checks the message for each failure that the double can inject.
#[test]
fn every_failure_is_a_sentence_that_names_what_was_saved() {
    if !gpu_is_wanted() || std::env::var_os("RIG_NVCC").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let no_cache = folder.path().join("none");
    let no_cache = ("XDG_CACHE_HOME", no_cache.to_str().unwrap());
    let early: [(&[(&str, &str)], &str); 6] = [
        (&[("RIG_INIT", "100")], "finds no GPU"),
        (&[("RIG_DEVICES", "0")], "finds no GPU"),
        (
            &[("RIG_DRIVER_VERSION", "11080")],
            "12.2 or newer is needed",
        ),
        (&[("RIG_NVRTC", "0"), no_cache], "NVRTC refuses the kernels"),
        (&[("RIG_FAIL_LAUNCH", "2")], "the GPU failed"),
        (&[("RIG_MEMORY_MB", "0")], "no memory left"),
    ];
    // Launches fail while updates are executed, recorded and replayed.
    let launches: Vec<String> = (100..190).step_by(10).map(|n| n.to_string()).collect();
    let launches = launches.iter().map(|n| [("RIG_FAIL_LAUNCH", n.as_str())]);
    let launches: Vec<_> = launches.collect();
    let copy = [("RIG_FAIL_COPY", "60")];
    let later = launches.iter().chain([&copy]);
    let cases = early.map(|(variables, words)| (variables, words, false));
    let later = later.map(|variables| (&variables[..], "the GPU failed", true));
    for (index, (variables, words, saved)) in cases.into_iter().chain(later).enumerate() {
        let out = format!("--out=f{index}");
        let more = [
            "--device=cuda",
            "--steps=12",
            "--set=checkpoints.every=2",
            &out,
        ];
        let output = train(folder.path(), variables, &more);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{variables:?}: {said}");
        assert!(said.contains(words), "{variables:?}: {said}");
        let faults = ["panicked", "rig: "];
        assert!(
            !faults.iter().any(|fault| said.contains(fault)),
            "{variables:?}: {said}"
        );
        assert_eq!(
            said.contains("is saved: sn-tui resume"),
            saved,
            "{variables:?}: {said}"
        );
    }
}

/// Trains while the double fails as given. Checks the messages, and returns the number of steps and the exit code.
fn train_failing(folder: &Path, variable: (&str, &str), words: &str) -> (usize, Option<i32>) {
    let more = [
        "--device=cuda",
        "--steps=8",
        "--set=checkpoints.every=2",
        "--set=scores.every=4",
        "--set=spectra.every=3",
        "--out=run",
    ];
    let _ = std::fs::remove_dir_all(folder.join("run"));
    let output = train(folder, &[variable], &more);
    let said = text(&output.stderr);
    let steps = text(&output.stdout).matches("\"loss_d\":").count();
    let faults = ["panicked", "rig: "];
    assert!(
        !faults.iter().any(|fault| said.contains(fault)),
        "{variable:?}: {said}"
    );
    if !output.status.success() {
        assert!(said.contains(words), "{variable:?}: {said}");
        let states = std::fs::read_dir(folder.join("run/checkpoints"));
        let on_disk = states.is_ok_and(|mut states| states.next().is_some());
        let is_named = said.contains("is saved: sn-tui resume run");
        assert_eq!(is_named, on_disk, "{variable:?}: {said}");
    }
    (steps, output.status.code())
}

/// A lost card: from some call on, all calls fail. Every 71st call is tried.
#[test]
fn a_card_that_is_lost_at_any_call_ends_a_run_with_a_sentence() {
    if !gpu_is_wanted() || std::env::var_os("RIG_NVCC").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut codes = Vec::new();
    for call in (1..).step_by(71) {
        let call = call.to_string();
        let (_, code) = train_failing(folder.path(), ("RIG_FAIL_CALL", &call), "the GPU failed");
        codes.push(code);
        if code == Some(0) {
            break;
        }
        assert_eq!(code, Some(1));
    }
    assert!(codes.len() > 15, "{}", codes.len());
}

/// Memory runs out during start, training or scoring. The last step is saved if a run failed only while scoring.
#[test]
fn a_card_without_memory_ends_a_run_with_a_sentence_and_a_checkpoint() {
    if !gpu_is_wanted() || std::env::var_os("RIG_NVCC").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut scoring = 0;
    for allocation in 1.. {
        let allocation = format!("{allocation}+");
        let variable = ("RIG_FAIL_ALLOC", allocation.as_str());
        let (lines, code) = train_failing(folder.path(), variable, "no memory left");
        if code == Some(0) {
            break;
        }
        assert_eq!(code, Some(1));
        if lines > 1 {
            let state = folder
                .path()
                .join("run/checkpoints/step-000004.safetensors");
            assert!(state.is_file(), "{allocation}: {lines}");
            scoring += 1;
        }
    }
    assert!(scoring > 0);
    // Idle memory is released when none is left.
    let output = train(
        folder.path(),
        &[("RIG_FAIL_ALLOC", "30")],
        &["--device=cuda", "--steps=3", "--out=g"],
    );
    summary(&output);
}

/// The batch is small so that the double is fast. A larger batch needs one more launch for each layer whose sums are
/// made in parts.
#[test]
fn an_update_is_a_graph_and_a_copy() {
    if !gpu_is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, updates, most_nodes) in [("ring", 3, 60), ("digits", 2, 90), ("cifar10", 2, 220)] {
        let preset = std::fs::read_to_string(format!("presets/{name}.ron")).unwrap();
        let (before, batch) = preset.split_once("\n    batch: ").unwrap();
        let (_, after) = batch.split_once(',').unwrap();
        let small = format!("{before}\n    batch: 2,{after}");
        std::fs::write(folder.path().join("small.ron"), small).unwrap();
        let bench = [
            "bench",
            "./small.ron",
            "--device=cuda",
            "--json",
            "--steps=1",
        ];
        let output = sn_tui(folder.path(), &[], &bench);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let count = |key: &str| report[key].as_u64().unwrap();
        assert_eq!(count("graphs"), updates, "{name}");
        assert_eq!(count("copies_to_device"), updates, "{name}");
        for none in ["launches", "copies_to_host", "allocations"] {
            assert_eq!(count(none), 0, "{name}: {none}");
        }
        let nodes = (count("graph_nodes"), count("nodes_spectral"));
        assert!(nodes.0 <= most_nodes && nodes.1 <= 12, "{name}: {nodes:?}");
    }
}

#[test]
fn a_batch_that_does_not_fit_is_refused_and_the_run_continues() {
    if !gpu_is_wanted() || std::env::var_os("RIG_NVCC").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let small = [("RIG_MEMORY_MB", "40")];
    let more = [
        "--device=cuda",
        "--steps=5",
        "--at=3:batch=65536",
        "--out=a",
    ];
    let output = train(folder.path(), &small, &more);
    let said = text(&output.stderr);
    for part in ["batch", "of the device's memory", "a smaller batch"] {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(summary(&output)["steps"], 5);
    // At the start it is refused before anything is written.
    let more = ["--device=cuda", "--steps=5", "--set=batch=65536", "--out=b"];
    let output = train(folder.path(), &small, &more);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("of the device's memory"), "{said}");
}

#[test]
fn products_round_to_tf32_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| sn_tui(folder.path(), &[], arguments);
    let refused = run(&["run", "digits", "--tf32", "--device=cpu", "--headless"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("--tf32 is for a GPU"));
    if !gpu_is_wanted() {
        return;
    }
    let digits = |more: &[&str]| {
        let all = [
            "run",
            "digits",
            "--device=cuda",
            "--log=json",
            "--set=batch=4",
            "--set=samples.count=4",
            "--set=scores.count=50",
        ];
        summary(&run(&[&all[..], more].concat()))
    };
    let exact = digits(&["--steps=3", "--out=a"]);
    let rounded = digits(&["--steps=3", "--out=b", "--tf32"]);
    let loss = |summary: &Value| summary["loss_d"].as_f64().unwrap();
    let apart = (loss(&exact) - loss(&rounded)).abs();
    assert!(apart > 0.0 && apart < 0.05, "{exact} {rounded}");
    assert_eq!(about(&folder.path().join("a"))["tf32"], false);
    let told = about(&folder.path().join("b"));
    assert_eq!(told["tf32"], true);
    assert!(told["compiler"].as_str().unwrap().starts_with("NVRTC "));
    // `resume` keeps the TF32 setting of the run.
    digits(&["--steps=2", "--out=c", "--tf32"]);
    let longer = summary(&run(&["resume", "c", "--steps=3", "--log=json"]));
    assert_eq!(longer["weights_sha256"], rounded["weights_sha256"]);
}
