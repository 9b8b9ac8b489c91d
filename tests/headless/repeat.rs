//! What the results of a run depend on.

use crate::run::{json, ring, run};

#[test]
fn the_seed_decides() {
    let hash = |seed| ring(&["--steps", "5", "--seed", seed]).hash();
    assert_eq!(hash("3"), hash("3"));
    assert_ne!(hash("3"), hash("4"));
}

#[test]
fn the_number_of_threads_does_not() {
    for (arguments, steps) in [
        (&["run", "ring"][..], "6"),
        (&["run", "digits"], "3"),
        (&["run", "digits", "--set", "batch=7"], "2"),
        (&["run", "dolls", "--set", "batch=10"], "2"),
    ] {
        let hash = |threads| {
            let run = json(&[arguments, &["--steps", steps, "--threads", threads]].concat());
            (run.hash(), run.lines())
        };
        let one = hash("1");
        assert_eq!(one, hash("2"), "{arguments:?}");
        assert_eq!(one, hash("3"), "{arguments:?}");
    }
}

#[test]
fn observing_a_run_does_not_change_its_results() {
    for preset in ["ring", "digits"] {
        let hash = |arguments: &[&str]| {
            let run = json(
                &[
                    &["run", preset, "--set", "batch=8", "--steps", "6"],
                    arguments,
                ]
                .concat(),
            );
            run.hash()
        };
        let plain = hash(&[]);
        assert_eq!(plain, hash(&["--log-every", "4", "--quiet"]));
        for look in ["samples.every=1", "samples.count=9"] {
            assert_eq!(plain, hash(&["--set", look]), "{preset} {look}");
        }
        assert_eq!(plain, hash(&["--at", "3:samples.every=2"]), "{preset}");
    }
}

#[test]
fn text_and_json_train_the_same() {
    let json = ring(&["--steps", "4"]);
    let text = run(&["run", "ring", "--set", "batch=32", "--steps", "4"]);
    assert!(text.stderr.contains(&json.hash()), "{}", text.stderr);
    assert_eq!(text.weights().0, json.weights().0);
}
