//! Many programs at once, and the end of a run among them.

use std::thread;

use serde_json::Value;

use crate::Run;

/// Verbs of each of four programs.
const EACH: usize = 25;

#[test]
fn a_hundred_verbs_of_four_programs_are_answered_and_journaled_in_order() {
    let run = Run::start(&[]);
    thread::scope(|scope| {
        for program in 0..4 {
            let run = &run;
            scope.spawn(move || {
                for turn in 0..EACH {
                    let gain = 1 + program * EACH + turn;
                    let note = format!("program {program} turn {turn}");
                    match turn % 5 {
                        0 => {
                            run.applied(&format!("note 'note of {note}'"));
                        }
                        1 => {
                            assert_eq!(run.ctl("get lanes scores").0, 0);
                        }
                        _ => {
                            let answer = run.applied(&format!("set gain={gain} --note '{note}'"));
                            let change = &answer["changes"][0];
                            assert_eq!(change["new"], format!("{gain}.0"));
                        }
                    }
                }
            });
        }
    });
    let journal = run.journal("run");
    let steps: Vec<u64> = journal
        .iter()
        .map(|line| line["step"].as_u64().unwrap())
        .collect();
    assert!(steps.is_sorted(), "{steps:?}");
    let of_kind = |kind: &str| -> Vec<&Value> {
        journal.iter().filter(|line| line["kind"] == kind).collect()
    };
    // Each change begins with what the one before it made.
    let sets = of_kind("set");
    assert_eq!(sets.len(), 4 * EACH * 3 / 5);
    let mut before = "16.0";
    for set in &sets {
        assert_eq!(set["old"], before);
        before = set["new"].as_str().unwrap();
    }
    assert_eq!(of_kind("note").len(), 4 * EACH / 5);
    for program in 0..4 {
        let own = format!("program {program} turn ");
        let turns: Vec<usize> = sets
            .iter()
            .filter_map(|set| set["note"].as_str()?.strip_prefix(&own)?.parse().ok())
            .collect();
        let expected: Vec<usize> = (0..EACH).filter(|turn| turn % 5 > 1).collect();
        assert_eq!(turns, expected);
    }
    assert_eq!(run.quit(), Some(0));
}

#[test]
fn every_request_is_answered_while_the_run_ends() {
    let run = Run::start(&[]);
    let codes = thread::scope(|scope| {
        let programs: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        let (code, answer) = run.ctl("get lanes");
                        if code != 0 {
                            assert_eq!(answer["applied"], false, "{answer}");
                            return code;
                        }
                    }
                    0
                })
            })
            .collect();
        run.applied("quit");
        let codes = programs.into_iter().map(|program| program.join().unwrap());
        codes.collect::<Vec<i32>>()
    });
    assert_eq!(codes, [3, 3, 3]);
}
