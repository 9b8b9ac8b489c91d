//! Rewinds between branches of a run.

use serde_json::Value;

use crate::{Run, program, waiting::until};

/// Replays a run or lane, which must be the same to the bit.
fn replays(run: &Run, directory: &str) {
    let words = ["replay", directory, "--quiet"];
    let output = program::program(run.folder.path(), &words)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the same to the bit"), "{directory}: {said}");
}

#[test]
fn a_rewind_to_an_abandoned_branch_brings_its_measures_back() {
    let mut run = Run::paused();
    let start = run.get("lanes")[0]["step"].as_u64().unwrap();
    let go = |run: &Run, steps: u64| {
        let from = run.get("lanes")[0]["step"].as_u64().unwrap();
        run.applied(&format!("step {steps}"));
        until("steps", || run.get("lanes")[0]["step"] == from + steps);
    };
    let measures = |run: &Run| -> Vec<Value> {
        let around = format!("get measures --around {start} --window 20");
        let (code, mut answer) = run.ctl(&around);
        assert_eq!(code, 0);
        let Value::Array(mut records) = answer["measures"].take() else {
            panic!("{answer}");
        };
        for record in &mut records {
            record.as_object_mut().unwrap().remove("seconds");
        }
        records
    };
    go(&run, 10);
    run.applied("mark");
    go(&run, 10);
    run.applied("mark");
    let first_branch = measures(&run);
    assert_eq!(first_branch.last().unwrap()["step"], start + 20);

    run.applied(&format!("rewind {}", start + 10));
    run.applied("set gain=2");
    go(&run, 5);
    assert_ne!(measures(&run)[..], first_branch[..first_branch.len() - 5]);

    run.applied(&format!("rewind {}", start + 20));
    assert_eq!(measures(&run), first_branch);
    go(&run, 5);
    run.applied("quit");
    run.child.wait().unwrap();
    replays(&run, "run");

    // The steps that count are in the file once, in order.
    let words = ["metrics", "run", "--json"];
    let output = program::program(run.folder.path(), &words)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let steps: Vec<u64> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["step"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(steps, (1..=start + 25).collect::<Vec<_>>());
}

#[test]
fn changes_before_the_first_step_are_part_of_the_last_state() {
    let mut run = Run::start(&["--at", "1:gain=2", "--steps", "100000"]);
    run.applied("pause");
    // A lane whose first state is also its last, but for a change that folds σ into the weights.
    run.applied("fork spectral.enabled=false");
    run.applied("join b");
    run.applied("quit");
    run.child.wait().unwrap();
    replays(&run, "run");
    replays(&run, "run/lanes/b");
}

#[test]
fn a_change_after_a_kill_leaves_the_steps_behind_that_were_not_saved() {
    let mut run = Run::paused();
    let start = run.get("lanes")[0]["step"].as_u64().unwrap();
    run.applied("mark");
    run.applied("step 10");
    until("ten steps", || run.get("lanes")[0]["step"] == start + 10);
    // The lines of the steps are on the disk once they have been asked for.
    assert_eq!(run.get("measures")["step"], start + 10);
    run.child.kill().unwrap();
    run.child.wait().unwrap();
    let words = ["resume", "run", "--headless", "--quiet"];
    run.child = program::program(run.folder.path(), &words).spawn().unwrap();
    until("the run again", || run.ctl("get lanes").0 == 0);
    run.applied("set gain=3");
    run.applied("quit");
    run.child.wait().unwrap();
    replays(&run, "run");
}
