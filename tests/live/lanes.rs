//! Lanes of a live run: forked, changed, ended and brought back by keys.

mod killed;
mod views;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{live::Live, program};

/// Settings with little work.
const QUICK: [&str; 8] = [
    "--set",
    "samples.count=4",
    "--set",
    "samples.every=100000",
    "--set",
    "scores.every=0",
    "--threads",
    "1",
];

/// The entries of a lane's journal.
fn journal(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("journal.jsonl")).unwrap_or_default();
    // The last line may be half written.
    let lines = text.lines().map(serde_json::from_str);
    lines.filter_map(Result::ok).collect()
}

fn has(out: &Path, kind: &str, key: &str, new: &str) -> bool {
    let is = |entry: &Value| {
        let value = entry["new"].as_str().unwrap_or_default();
        let number = value.parse::<f32>().map(|number| number.to_string());
        entry["kind"] == kind && entry["key"] == key && number.as_deref().unwrap_or(value) == new
    };
    journal(out).iter().any(is)
}

fn until_has(live: &Live, out: &Path, kind: &str, key: &str, new: &str) {
    let what = format!("{kind} {key} {new} in {}", out.display());
    live.wait_for(&what, || has(out, kind, key, new));
}

fn count(out: &Path, kind: &str) -> usize {
    journal(out).iter().filter(|it| it["kind"] == kind).count()
}

fn lane(live: &Live, name: &str) -> PathBuf {
    live.out().join("lanes").join(name)
}

/// A figure of the summary of a lane.
fn summary(out: &Path, name: &str) -> Value {
    let summary = fs::read(out.join("summary.json")).unwrap();
    let summary: Value = serde_json::from_slice(&summary).unwrap();
    summary[name].clone()
}

fn weights(out: &Path) -> Value {
    summary(out, "weights_sha256")
}

/// Marks the state of this step in all lanes.
fn mark(live: &mut Live, step: u64, lanes: &[&Path]) {
    live.press("B");
    let name = format!("checkpoints/mark-{step:06}.safetensors");
    for lane in lanes {
        let file = lane.join(&name);
        live.wait_for(&file.display().to_string(), || file.exists());
    }
}

/// Runs the program to its end in the folder of a run, and returns what it said.
fn run(folder: &Path, words: &[&str]) -> String {
    let output = program::program(folder, words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words:?}\n{said}");
    said
}

/// Replays all lanes of the run in `folder`/`out`. Each must be the same to the bit.
fn replay_all(folder: &Path, out: &str) -> usize {
    let lanes = fs::read_dir(folder.join(out).join("lanes"));
    let lanes = lanes.into_iter().flatten().flatten();
    let lanes = lanes.map(|lane| format!("{out}/lanes/{}", lane.file_name().display()));
    let lanes = lanes.filter(|lane| folder.join(lane).join("run.json").exists());
    let all: Vec<String> = std::iter::once(out.to_owned()).chain(lanes).collect();
    for run in &all {
        let said = self::run(folder, &["replay", run, "--quiet"]);
        assert!(said.contains("the same to the bit"), "{run}: {said}");
    }
    all.len()
}

/// A small paused run of `ring`.
fn paused(more: &[&str]) -> Live {
    let words = ["run", "ring", "--paused", "--set", "batch=8"];
    let live = Live::start(&[&words[..], &QUICK, more].concat());
    live.until_shown("paused");
    live
}

/// Makes steps and waits until the selected lane has made this one.
fn steps(live: &mut Live, count: u64, until: u64) {
    live.press(&format!(":step {count}\r"));
    live.until(&format!("step {until}"), |screen| {
        let text = screen.contents();
        text.contains(&format!(" {until}/")) && text.contains("paused")
    });
}

#[test]
fn lanes_are_split_off_changed_ended_and_brought_back_by_keys() {
    let mut live = paused(&["--steps", "1000"]);
    let (a, b, c) = (live.out(), lane(&live, "b"), lane(&live, "c"));
    steps(&mut live, 5, 5);
    live.press("Ygain=2\r");
    live.until_shown("The run has lanes a and b now");
    assert_eq!(count(&a, "fork"), 1);
    // The selected lane goes on as it was; keys act on it until another one is selected.
    live.press("m");
    until_has(&live, &a, "set", "n_dis", "1");
    live.press("A:n_dis=3\r:note look here\r");
    until_has(&live, &b, "set", "n_dis", "3");
    live.wait_for("the note", || count(&b, "note") == 1);
    assert_eq!(
        (count(&a, "note"), has(&a, "set", "n_dis", "3")),
        (0, false)
    );
    steps(&mut live, 5, 10);
    mark(&mut live, 10, &[&a, &b]);

    // Joining asks once. The screen goes to lane a.
    live.press(":join b\r");
    live.until_shown("This ends lane b");
    assert_eq!(count(&a, "join"), 0);
    live.press("\r");
    live.until_shown("Lane b has ended");
    assert_eq!(count(&a, "join"), 1);
    live.wait_for("the end of lane b", || b.join("summary.json").exists());
    steps(&mut live, 1, 11);
    assert_eq!(summary(&b, "steps"), 10);

    live.press(":fork --from b gain=3\r");
    until_has(&live, &b, "set", "gain", "3");
    live.until_shown("The run has lanes a and b now");
    live.press(":all n_dis=2\r");
    until_has(&live, &a, "set", "n_dis", "2");
    until_has(&live, &b, "set", "n_dis", "2");
    // Lane b is a step behind, and makes it first.
    steps(&mut live, 5, 15);
    mark(&mut live, 15, &[&a, &b]);

    // A rewind goes back in all lanes, and ends those that were split off later.
    steps(&mut live, 3, 18);
    live.press("Y\r");
    live.until_shown("The run has lanes a, b and c now");
    steps(&mut live, 3, 21);
    live.press(":rewind 15\r");
    live.until_shown("ends lane c, split off after step 15");
    assert_eq!(count(&a, "rewind"), 0);
    live.press("\r");
    live.until_shown("Lane c has ended");
    live.wait_for("the rewind", || count(&b, "rewind") == 1);
    live.wait_for("the end of lane c", || c.join("summary.json").exists());
    steps(&mut live, 5, 20);
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    for told in ["lane a: stopped", "lane b: stopped", "lanes/b/sn-tui.log"] {
        live.wait_for(told, || live.transcript().contains(told));
    }
    assert_eq!(replay_all(live.folder(), "out"), 3);
}

#[test]
fn a_lane_that_changed_nothing_stays_its_parent_whatever_was_pressed() {
    let more = ["--steps", "600"];
    let mut live = paused(&more);
    steps(&mut live, 50, 50);
    let (b, c) = (lane(&live, "b"), lane(&live, "c"));
    live.press("Y\r");
    live.until_shown("The run has lanes a and b now");
    // Lane b is selected, changed and changed back; a third lane comes, changes and goes.
    live.press("A:gain=2\r:gain=16\r");
    until_has(&live, &b, "set", "gain", "16");
    live.press("2:fork gain=2\r");
    live.until_shown("The run has lanes a, b and c now");
    live.press(":lane c\r3");
    steps(&mut live, 20, 70);
    live.press(":join c\r");
    live.until_shown("This ends lane c");
    live.press("\r");
    live.until_shown("Lane c has ended");
    live.wait_for("the end of lane c", || c.join("summary.json").exists());
    live.press("A1A \u{1b}A");
    for reached in (100..=600).step_by(100) {
        live.until(&format!("step {reached}"), |screen| {
            let text = screen.contents();
            let step = text.split("/600").next().unwrap().rsplit(' ').next();
            step.is_some_and(|step| step.parse().is_ok_and(|step: u64| step >= reached))
        });
    }
    live.until_shown("finished");
    // A finished run is not forked.
    live.press("Y\r");
    live.until_shown("the run is finished");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    assert_eq!(weights(&live.out()), weights(&b));
    assert_ne!(weights(&b), weights(&c));
    assert!(!lane(&live, "d").exists());
    replay_all(live.folder(), "out");
    // Lane a is the run without lanes.
    let words = ["run", "ring", "--headless", "--quiet", "--out", "plain"];
    let plain = [&words[..], &["--set", "batch=8"], &QUICK, &more].concat();
    run(live.folder(), &plain);
    assert_eq!(weights(&live.out()), weights(&live.folder().join("plain")));
}

#[test]
fn attached_and_watching_screens_have_all_lanes() {
    let ring = ["run", "ring", "--headless", "--set", "batch=8"];
    let long = ["--steps", "100000000", "--keep-running"];
    let mut run = Live::start(&[&ring[..], &QUICK, &long].concat());
    run.wait_for("the socket", || run.out().join("socket").exists());
    let mut screen = run.start_again(&["attach", "out"]);
    screen.until_shown("ttached to");
    screen.press(":pace 50\rYgain=2\r");
    screen.until_shown("The run has lanes a and b now");
    let (a, b) = (run.out(), lane(&run, "b"));
    screen.press("A:n_dis=3\r:all loss=wasserstein\r");
    until_has(&run, &b, "set", "n_dis", "3");
    for lane in [&a, &b] {
        until_has(&run, lane, "set", "loss", "wasserstein");
    }
    assert!(!has(&a, "set", "n_dis", "3"));
    let mut watch = run.start_again(&["watch", "out"]);
    // Its first message says that it only watches: what stays is the header.
    watch.until_shown("lanes ▸a b");
    watch.press("A:gain=9\r");
    watch.until_shown("only watches");
    // One lane alone, beside the screen that controls all.
    let mut alone = run.start_again(&["attach", "out/lanes/b", "--view"]);
    alone.until_shown("as a viewer");
    alone.press("q");
    assert_eq!(alone.code_and_terminal(), 0);

    // It ends while a screen watches its spectra.
    screen.press("3");
    screen.until_shown("σᵢ");
    screen.press(":join b\r");
    screen.until_shown("This ends lane b");
    screen.press("\r");
    screen.until_shown("Lane b has ended");
    screen.press(":fork --from b\r");
    screen.until_shown("The run has lanes a and b now");
    screen.press(":quit-run\r");
    screen.until_shown("was ended by a person");
    assert_eq!(run.code(), 0);
    assert!(!run.log().contains("there is no lane"), "{}", run.log());
    // Ended lanes are still watched.
    watch.until_shown("interrupted");
    for screen in [&mut screen, &mut watch] {
        screen.press("\u{1b}A1q");
        assert_eq!(screen.code_and_terminal(), 0);
    }
    replay_all(run.folder(), "out");
}

#[test]
fn a_run_that_was_moved_with_its_lanes_goes_on() {
    let mut live = paused(&["--steps", "40"]);
    steps(&mut live, 5, 5);
    live.press("Ygain=2\r");
    live.until_shown("The run has lanes a and b now");
    live.press("AYn_dis=1\r");
    live.until_shown("The run has lanes a, b and c now");
    steps(&mut live, 5, 10);
    live.press(":join b\r");
    live.until_shown("This ends lane b");
    live.press("\r");
    live.until_shown("Lane b has ended");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    fs::rename(live.out(), live.folder().join("moved")).unwrap();
    let moved = live.folder().join("moved");
    run(live.folder(), &["resume", "moved", "--headless", "--quiet"]);
    for (lane, steps) in [("", 40), ("lanes/b", 10), ("lanes/c", 40)] {
        assert_eq!(summary(&moved.join(lane), "steps"), steps, "lane {lane}");
    }
    assert_eq!(replay_all(live.folder(), "moved"), 3);
}
