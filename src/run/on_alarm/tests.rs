//! The real command, of a run that is only a folder.

use std::fs;

use super::*;
use crate::{files::folder::Folder, model::AlarmKind};

/// The longest time to wait, with a slow machine in mind.
const PATIENCE: Duration = Duration::from_secs(60);

fn alarm(step: u64) -> Alarm {
    Alarm {
        kind: AlarmKind::EstimateDrift,
        step,
        layer: "d.0".into(),
        text: "σ is \"off\"".into(),
    }
}

fn command(home: &tempfile::TempDir, text: &str) -> AlarmCommand {
    let output = Folder::open(home.path()).unwrap().place("log");
    let run = home.path().to_owned();
    AlarmCommand::start(text, run, output, Dispatch::none()).unwrap()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_command_reads_the_alarm_and_its_words_go_to_the_log() {
    let home = tempfile::tempdir().unwrap();
    let told = home.path().join("told");
    let text = format!("cat > {}; echo words; echo more >&2", told.display());
    let commanded = command(&home, &text);
    let b = LaneId::A.next().unwrap();
    commanded.raised().put(b, &alarm(7));
    commanded.finish();
    let line = fs::read_to_string(told).unwrap();
    let expected = serde_json::json!({
        "run": home.path(), "step": 7, "alarm": "estimate_drift.d.0", "text": "σ is \"off\"", "lane": "b",
    });
    assert_eq!(line, format!("{expected}\n"));
    let log = fs::read_to_string(home.path().join("log")).unwrap();
    assert_eq!(log, "words\nmore\n");
}

#[test]
fn only_the_first_of_many_is_told_at_once_and_the_end_does_not_wait_for_the_rest() {
    let home = tempfile::tempdir().unwrap();
    let told = home.path().join("told");
    let commanded = command(&home, &format!("cat >> {}", told.display()));
    let raised = commanded.raised();
    raised.put(LaneId::A, &alarm(1));
    until("the first alarm", || {
        fs::read_to_string(&told).is_ok_and(|text| text.ends_with('\n'))
    });
    for step in 2..5 {
        raised.put(LaneId::A, &alarm(step));
    }
    commanded.finish();
    assert_eq!(fs::read_to_string(told).unwrap().lines().count(), 1);
    let waiting = raised.0.lock().next.clone().unwrap();
    assert_eq!(waiting.step, 4);
}

#[test]
fn a_failure_is_told_once_and_a_command_need_not_read() {
    let home = tempfile::tempdir().unwrap();
    let commanded = command(&home, "exit 3");
    let raised = commanded.raised();
    raised.put(LaneId::A, &alarm(1));
    let mut failure = None;
    let start = Instant::now();
    while failure.is_none() && start.elapsed() < PATIENCE {
        failure = raised.take_failure();
        thread::sleep(Duration::from_millis(5));
    }
    assert!(failure.unwrap().contains("exit status: 3"));
    assert_eq!(raised.take_failure(), None);
    commanded.finish();
}

#[test]
fn the_end_of_a_run_leaves_a_command_that_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let done = home.path().join("done");
    let go = home.path().join("go");
    let text = format!(
        "until [ -e {} ]; do sleep 0.05; done; touch {}",
        go.display(),
        done.display()
    );
    let commanded = command(&home, &text);
    commanded.raised().put(LaneId::A, &alarm(1));
    commanded.finish();
    assert!(!done.exists());
    fs::write(go, "").unwrap();
    until("the command's own end", || done.exists());
}
