//! Rewinds between branches of a run.

use serde_json::Value;

use crate::{Run, program, waiting::until};

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
    let replay = ["replay", "run", "--quiet"];
    let output = program::program(run.folder.path(), &replay)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("the same to the bit"), "{said}");

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
