//! Complete runs of an engine without networks.

mod distance;
mod lines;
mod live;
mod outputs;
mod trainer;

use std::{
    fs,
    time::{Duration, Instant},
};

use super::{
    Ended, Engine, Failure, Handle, Options,
    fake::{self, Fake, at},
    start,
};
use crate::{
    model::{Figures, MixtureScores, Snapshot, Status, Stopped},
    preset::{Preset, Scheduled},
};

fn out() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn finish(options: Options, fake: Fake) -> (Ended, Vec<u64>) {
    finish_with(options, fake.build())
}

/// The end of the run, and the steps with lines.
fn finish_with<B>(options: Options, build: B) -> (Ended, Vec<u64>)
where
    B: Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let mut handle = start(options, build).unwrap();
    let lines = handle.take_lines();
    let ended = handle.wait();
    let steps = lines.map(|lines| lines.iter().map(|line| line.measures.step).collect());
    (ended, steps.unwrap_or_default())
}

/// Waits until the snapshot satisfies `wanted`, and returns it.
fn until(handle: &Handle, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let start = Instant::now();
    loop {
        let snapshot = handle.snapshot();
        if wanted(&snapshot) {
            return (*snapshot).clone();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{snapshot:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_run_leaves_its_files_and_its_figures() {
    let out = out();
    let (ended, lines) = finish(fake::options(out.path()), Fake::default());
    assert_eq!(ended.error, None);
    assert_eq!(lines, (1..=20).collect::<Vec<u64>>());
    for file in [
        "preset.ron",
        "sn-tui.log",
        "weights.safetensors",
        "samples/step-000000.png",
        "samples/step-000010.png",
        "samples/step-000020.png",
        "samples/final.png",
    ] {
        assert!(out.path().join(file).is_file(), "{file}");
    }
    let names = |folder: &str| {
        let entries = fs::read_dir(out.path().join(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let files = [
        "checkpoints",
        "lock",
        "metrics.jsonl",
        "preset.ron",
        "run.json",
        "samples",
        "samples.safetensors",
        "sn-tui.log",
        "summary.json",
        "weights.safetensors",
    ];
    assert_eq!(names(""), files);
    assert_eq!(names("samples").len(), 4);
    assert!(names("checkpoints").contains(&"step-000020.safetensors".to_owned()));
    let summary = ended.summary;
    assert_eq!((summary.steps, summary.stopped), (20, Stopped::Done));
    assert_eq!(summary.weights_sha256.map(|hash| hash.len()), Some(64));
    let scores = summary.scores.unwrap();
    assert_eq!(scores.step, 20);
    assert!(matches!(
        scores.figures,
        Figures::Mixture(MixtureScores { modes_total: 8, .. })
    ));
    assert!(scores.protocol.ends_with("seed 1"));
}

#[test]
fn no_steps_leave_the_initial_weights() {
    let out = out();
    let mut options = fake::options(out.path());
    options.preset.steps = 0;
    let (ended, lines) = finish(options, Fake::default());
    assert!(lines.is_empty() && ended.error.is_none());
    assert_eq!((ended.summary.steps, ended.summary.loss_d), (0, None));
    assert!(out.path().join("weights.safetensors").is_file());
}

#[test]
fn runs_repeat_and_scheduled_changes_act_before_their_step() {
    let hash = |at: Vec<Scheduled>, threads| {
        let out = out();
        let mut options = fake::options(out.path());
        options.at = at;
        options.threads = threads;
        let ended = finish(options, Fake::default()).0;
        assert_eq!(ended.error, None);
        ended.summary.weights_sha256
    };
    let batch = |step, value: &str| at(step, "batch", value);
    let plain = hash(vec![], 1);
    assert_eq!(hash(vec![], 2), plain);
    assert_eq!(hash(vec![batch(21, "8")], 1), plain);
    assert_ne!(hash(vec![batch(20, "8")], 1), plain);
    let late = || vec![at(15, "gain", "2.0"), batch(9, "8"), batch(12, "24")];
    assert_eq!(hash(late(), 1), hash(late(), 2));
    // Two changes before the same step that cancel: no batch of another size is left over.
    assert_eq!(hash(vec![batch(9, "8"), batch(9, "16")], 1), plain);
}

#[test]
fn a_non_finite_loss_ends_a_headless_run_with_a_line() {
    let out = out();
    let mut options = fake::options(out.path());
    options.log_every = Some(10);
    let plan = Fake {
        non_finite_at: Some(5),
        ..Fake::default()
    };
    let (ended, lines) = finish(options, plan);
    assert_eq!(lines, [5]);
    assert_eq!(
        (ended.summary.steps, ended.summary.stopped),
        (4, Stopped::Error)
    );
    assert!(ended.summary.loss_d.unwrap().is_nan());
    assert!(ended.error.unwrap().contains("step 5"));
    assert!(out.path().join("weights.safetensors").is_file());
}

#[test]
fn panics_and_failures_are_values() {
    for (plan, message) in [
        (
            Fake {
                panic_at: Some(3),
                ..Fake::default()
            },
            "a panic on request",
        ),
        (
            Fake {
                fail_at: Some(3),
                ..Fake::default()
            },
            "the device is gone",
        ),
    ] {
        let out = out();
        let mut options = fake::options(out.path());
        options.live = true;
        let handle = start(options, plan.build()).unwrap();
        let failed = until(&handle, |s| matches!(s.status, Status::Failed(_)));
        assert!(matches!(&failed.status, Status::Failed(text) if text.contains(message)));
        let ended = handle.wait();
        assert_eq!(ended.summary.stopped, Stopped::Error);
        assert!(ended.error.unwrap().contains(message));
        let log = fs::read_to_string(out.path().join("sn-tui.log")).unwrap();
        assert!(log.contains(message), "{log}");
    }
}

#[test]
fn an_engine_that_cannot_be_built_fails_the_run() {
    let out = out();
    let handle = start(fake::options(out.path()), |_, _| {
        Err("no such device".into())
    })
    .unwrap();
    let failed = until(&handle, |s| matches!(s.status, Status::Failed(_)));
    assert_eq!(
        failed.directory.as_os_str(),
        "",
        "there are no files to be told of"
    );
    let ended = handle.wait();
    assert_eq!(ended.error.as_deref(), Some("no such device"));
    assert_eq!(ended.summary.stopped, Stopped::Error);
}

#[test]
fn a_run_that_cannot_start_leaves_no_directory() {
    let home = out();
    let out = home.path().join("run");
    let refuse = |_: &Preset, _| Err("no such device".into());
    let ended = start(fake::options(&out), refuse).unwrap().wait();
    assert_eq!(ended.error.as_deref(), Some("no such device"));
    assert!(!out.exists());
}
