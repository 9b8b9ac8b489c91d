//! Lines of output, metrics.jsonl and curves.

use std::fs;

use super::{finish, out};
use crate::{
    model::{
        History,
        measures::{EXACT, SLOPES},
    },
    run::{
        fake::{self, Fake},
        start,
    },
    rundir::{
        Reading,
        metrics::{MetricsReader, Record},
    },
};

#[test]
fn lines_come_every_so_many_steps_and_for_the_last() {
    let out = out();
    let mut options = fake::options(out.path());
    options.log_every = Some(7);
    options.measure_every = 1000;
    assert_eq!(finish(options, Fake::default()).1, [7, 14, 20]);
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
    // As on a GPU, whose measures are not read after every step.
    options.measure_every = 5;
    options.log_every = Some(4);
    let mut handle = start(options, Fake::default().build()).unwrap();
    let lines = handle.take_lines().unwrap();
    handle.wait();
    let logged: Vec<(u64, Option<u64>)> = lines
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
    assert_eq!(logged, expected);
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
    // The channel closes when the worker ends.
    assert_eq!(handle.take_lines().unwrap().iter().count(), 20);
    let live = handle.history();
    let mut watched = History::default();
    let mut metrics = MetricsReader::of(out.path());
    metrics.read(&mut watched, |_| {}).unwrap();
    // The input of an alarm is not recorded.
    for series in live.iter().filter(|series| series.name != "spread") {
        let there = watched.get(&series.name);
        let there = there.unwrap_or_else(|| panic!("{} is live alone", series.name));
        // Unscheduled exact measures are shown, but not recorded.
        let names = EXACT.iter().map(|measure| measure.name);
        let mut names = names.chain(SLOPES.iter().map(|measure| measure.name));
        let exact = names.any(|name| series.name.starts_with(name));
        if exact {
            let mut points = there.recent.iter();
            assert!(points.all(|point| series.recent.contains(point)));
        } else {
            assert_eq!(series.recent, there.recent, "{}", series.name);
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
