//! Whole runs of an engine without networks.

mod live;
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
    model::{Figures, History, MixtureScores, Snapshot, Status, Stopped, measures::EXACT},
    preset::{Preset, Scheduled},
    rundir::{
        Reading,
        metrics::{MetricsReader, Record},
    },
};

fn out() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn finish(options: Options, fake: Fake) -> (Ended, Vec<u64>) {
    finish_with(options, fake.build())
}

/// How the run ended, and the steps that had lines.
fn finish_with<B>(options: Options, build: B) -> (Ended, Vec<u64>)
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let mut handle = start(options, build).unwrap();
    let lines = handle.take_lines();
    let ended = handle.wait();
    let steps = lines.map(|lines| lines.iter().map(|line| line.measures.step).collect());
    (ended, steps.unwrap_or_default())
}

/// Waits until the snapshot is as `wanted`.
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
fn lines_come_every_so_many_steps_and_for_the_last() {
    let out = out();
    let mut options = fake::options(out.path());
    options.log_every = Some(7);
    options.measure_every = 1000;
    assert_eq!(finish(options, Fake::default()).1, [7, 14, 20]);
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
    // There and back before the same step: no batch of another size is left over.
    assert_eq!(hash(vec![batch(9, "8"), batch(9, "16")], 1), plain);
}

#[test]
fn what_is_not_finite_ends_a_headless_run_with_its_line() {
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
fn data_and_networks_that_cannot_be_had_fail_the_run() {
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
fn scores_stand_in_the_lines_of_the_steps_they_are_of() {
    let out = out();
    let mut options = fake::options(out.path());
    options.preset.scores.every = 7;
    let mut handle = start(options, Fake::default().build()).unwrap();
    let lines = handle.take_lines().unwrap();
    let ended = handle.wait();
    let scored: Vec<_> = lines
        .iter()
        .filter_map(|line| Some((line.measures.step, line.scores?)))
        .collect();
    let steps: Vec<u64> = scored.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, [7, 14, 20]);
    assert!(scored.iter().all(|(step, scores)| scores.step == *step));
    assert_eq!(ended.summary.scores.as_ref(), Some(&scored[2].1));
}

#[test]
fn scores_of_a_step_without_a_line_stand_in_the_next_line_once() {
    let out = out();
    let mut options = fake::options(out.path());
    options.preset.scores.every = 4;
    options.log_every = Some(3);
    let mut handle = start(options, Fake::default().build()).unwrap();
    let lines = handle.take_lines().unwrap();
    handle.wait();
    let scored: Vec<_> = lines
        .iter()
        .map(|line| (line.measures.step, line.scores.map(|scores| scores.step)))
        .collect();
    let expected = [(3, None), (6, Some(4)), (9, Some(8)), (12, Some(12))];
    assert_eq!(scored[..4], expected);
    assert_eq!(scored[4..], [(15, None), (18, Some(16)), (20, Some(20))]);
}

#[test]
fn exact_measures_stand_in_the_lines_of_their_steps_alone() {
    let out = out();
    let mut options = fake::options(out.path());
    options.preset.spectra.every = 6;
    // On a device that is read now and then.
    options.measure_every = 5;
    options.log_every = Some(4);
    let mut handle = start(options, Fake::default().build()).unwrap();
    let lines = handle.take_lines().unwrap();
    handle.wait();
    let told: Vec<(u64, Option<u64>)> = lines
        .iter()
        .map(|line| (line.measures.step, line.spectra.map(|exact| exact.step)))
        .collect();
    let expected = [
        (4, None),
        (8, Some(6)),
        (12, Some(12)),
        (16, None),
        (20, Some(18)),
    ];
    assert_eq!(told, expected);
    let text = fs::read_to_string(out.path().join("metrics.jsonl")).unwrap();
    let points = text
        .lines()
        .map(|line| Record::read(line.as_bytes(), Reading::Lenient).unwrap());
    let written: Vec<(u64, u64)> = points
        .filter_map(|record| Some((record.step(), record.spectra?.step)))
        .collect();
    assert_eq!(written, [(6, 6), (12, 12), (18, 18)]);
    assert!(text.contains(r#""spectra":{"d.0":{"sigma_svd":"#), "{text}");
}

#[test]
fn a_curve_is_the_same_on_every_front_end() {
    let out = out();
    let mut options = fake::options(out.path());
    options.preset.scores.every = 7;
    options.preset.spectra.every = 6;
    let mut handle = start(options, Fake::default().build()).unwrap();
    // They end with the worker.
    assert_eq!(handle.take_lines().unwrap().iter().count(), 20);
    let live = handle.history();
    let mut watched = History::default();
    let mut metrics = MetricsReader::of(out.path());
    metrics.read(&mut watched, |_| {}).unwrap();
    // What an alarm looks at is no measure of the run.
    for series in live.iter().filter(|series| series.name != "spread") {
        let there = watched.get(&series.name);
        let there = there.unwrap_or_else(|| panic!("{} is live alone", series.name));
        // What is looked at beyond the schedule is shown, not recorded.
        let exact = EXACT
            .iter()
            .any(|measure| series.name.starts_with(measure.name));
        match exact {
            true => assert!(
                there
                    .recent
                    .iter()
                    .all(|point| series.recent.contains(point))
            ),
            false => assert_eq!(series.recent, there.recent, "{}", series.name),
        }
    }
    assert!(
        watched
            .iter()
            .all(|series| live.get(&series.name).is_some())
    );
    for name in [
        "high_quality",
        "sigma_svd.d.0",
        "sigma_error.d.0",
        "effective_rank.d.0",
    ] {
        assert!(watched.get(name).is_some(), "{name}");
    }
}

#[test]
fn a_run_that_cannot_begin_leaves_nothing() {
    let home = out();
    let out = home.path().join("run");
    let refuse = |_: &Preset, _| Err("no such device".into());
    let ended = start(fake::options(&out), refuse).unwrap().wait();
    assert_eq!(ended.error.as_deref(), Some("no such device"));
    assert!(!out.exists());
}
