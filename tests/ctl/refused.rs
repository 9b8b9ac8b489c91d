//! What is refused, what is wrong, and where nobody is.

use crate::{Run, waiting::until};

#[test]
fn unknown_settings_and_values_that_do_not_fit_are_refused_and_change_nothing() {
    let run = Run::paused();
    for (verb, part) in [
        ("set gian=2", "gain"),
        ("set gain=-1", "gain"),
        ("set gain=many", "gain"),
        ("set gain=", "no value"),
        ("set latent=3", "fixed"),
        ("set gain=2 n_dis=0", "n_dis"),
        ("fork gian=2", "gain"),
        ("fork --lane '*'", "one lane"),
        ("fork --from c", "no lane c"),
        ("join a", "lane a"),
        ("join b", "no lane b"),
        ("pause --lane q", "no lane q"),
        ("set gain=2 --lane b", "no lane b"),
        ("rewind 999999999", "999999999"),
    ] {
        let why = run.refused(verb);
        assert!(why.contains(part), "{verb}: {why}");
        assert!(!why.contains('\u{1b}'), "{why:?}");
    }
    let (code, answer) = run.ctl("get settings --lane c");
    assert_eq!((code, &answer["applied"]), (1, &false.into()), "{answer}");
    let long = "x".repeat(20_000);
    let why = run.refused(&format!("note {long}"));
    assert!(why.contains("20000 bytes"), "{why}");
    assert_eq!(run.journal("run").len(), 1, "only the pause");
}

#[test]
fn wrong_words_end_with_2() {
    let run = Run::paused();
    for verb in [
        "",
        "halt",
        "set",
        "set gain",
        "set =2",
        "step",
        "step 0",
        "step many",
        "step 2 --of x",
        "rewind",
        "rewind back",
        "join",
        "join bb",
        "note",
        "fork gain",
        "fork --from B",
        "pause --lane 1",
        "pause now",
        "get everything",
        "get measures --around x",
        "get measures --window 3",
    ] {
        assert_eq!(run.ctl(verb).0, 2, "{verb}");
    }
    assert_eq!(run.journal("run").len(), 1, "only the pause");
}

#[test]
fn where_nobody_is_the_exit_code_is_3() {
    let mut run = Run::paused();
    run.applied("fork");
    let nobody = |of: &str, verb: &str| {
        let (code, answer) = run.ctl_of(of, verb);
        assert_eq!(
            (code, &answer["applied"]),
            (3, &false.into()),
            "{of} {verb}: {answer}"
        );
        answer["why"].as_str().unwrap().to_owned()
    };
    assert!(nobody("nowhere", "pause").contains("nowhere"));
    assert!(nobody("run/lanes/c", "get").contains("run/lanes/c"));
    run.applied("join b");
    until("the end of b", || !run.path("run/lanes/b/socket").exists());
    assert!(nobody("run/lanes/b", "pause").contains("no process"));
    run.applied("quit");
    run.child.wait().unwrap();
    for verb in ["pause", "get", "set gain=2", "quit"] {
        let (code, answer) = run.ctl(verb);
        assert_eq!(
            (code, &answer["applied"]),
            (3, &false.into()),
            "{verb}: {answer}"
        );
    }
}

#[test]
fn a_run_that_is_killed_is_nobody() {
    let mut run = Run::paused();
    run.child.kill().unwrap();
    run.child.wait().unwrap();
    let (code, answer) = run.ctl("get lanes");
    assert_eq!(code, 3, "{answer}");
    assert!(
        answer["why"].as_str().unwrap().contains("killed"),
        "{answer}"
    );
}
