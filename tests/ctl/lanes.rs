//! Verbs on lanes: fork, changes of one lane or of all, and the end of one.

use serde_json::{Value, json};

use crate::{Run, program, waiting::until};

fn names(lanes: &Value) -> Vec<&str> {
    let lanes = lanes.as_array().unwrap().iter();
    lanes.map(|lane| lane["lane"].as_str().unwrap()).collect()
}

#[test]
fn a_lane_is_split_off_changed_and_ended() {
    let run = Run::paused();
    let answer = run.applied("fork gain=2 --note 'half of it'");
    assert_eq!(answer["lane"], "b");
    let change = |old, new, lane| json!({"key": "gain", "old": old, "new": new, "lane": lane});
    assert_eq!(answer["changes"], json!([change("16.0", "2.0", "b")]));
    assert_eq!(names(&run.get("lanes")), ["a", "b"]);

    assert_eq!(
        run.applied("set gain=3 --lane b")["changes"],
        json!([change("2.0", "3.0", "b")])
    );
    let (_, own) = run.ctl_of("run/lanes/b", "set gain=4");
    assert_eq!(own["changes"], json!([change("3.0", "4.0", "b")]));
    let (_, first) = run.ctl_of("run/lanes/b", "set gain=5 --lane a");
    assert_eq!(first["changes"], json!([change("16.0", "5.0", "a")]));
    let all = run.applied("set gain=6 --lane '*'");
    assert_eq!(
        all["changes"],
        json!([change("5.0", "6.0", "a"), change("4.0", "6.0", "b")])
    );

    let (code, every) = run.ctl("get settings lanes --lane '*'");
    assert_eq!(code, 0);
    for lane in ["a", "b"] {
        assert_eq!(every[lane]["settings"]["gain"], 6.0);
        assert_eq!(names(&every[lane]["lanes"]), ["a", "b"]);
    }
    let (_, one) = run.ctl("get settings --lane b");
    assert_eq!(one["settings"]["gain"], 6.0);

    let journal = run.journal("run");
    let forked = journal.iter().find(|line| line["kind"] == "fork").unwrap();
    assert_eq!(
        (&forked["lane"], &forked["note"]),
        (&json!("b"), &json!("half of it"))
    );
    let of_b = run.journal("run/lanes/b");
    let values: Vec<&Value> = of_b
        .iter()
        .filter(|line| line["kind"] == "set")
        .map(|line| &line["new"])
        .collect();
    assert_eq!(values, ["3.0", "4.0", "6.0"]);

    run.applied("join b --note 'no better'");
    assert_eq!(names(&run.get("lanes")), ["a"]);
    let last = run.journal("run").pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["lane"], &last["note"]),
        (&json!("join"), &json!("b"), &json!("no better"))
    );
    assert!(run.path("run/lanes/b/summary.json").exists());
    let back = run.applied("fork gain=7 --from b");
    assert_eq!(back["lane"], "b");
    assert_eq!(names(&run.get("lanes")), ["a", "b"]);
    let (code, _) = run.ctl_of("run/lanes/b", "join b");
    assert_eq!(code, 0);
    assert_eq!(run.quit(), Some(0));
}

#[test]
fn who_is_attached_to_a_lane_does_not_keep_it() {
    let run = Run::paused();
    run.applied("fork");
    // A peer that never says a word.
    let peer = std::os::unix::net::UnixStream::connect(run.path("run/lanes/b/socket")).unwrap();
    run.applied("join b");
    assert_eq!(run.applied("fork --from b")["lane"], "b");
    until("lane b", || run.ctl_of("run/lanes/b", "get lanes").0 == 0);
    drop(peer);
    assert_eq!(run.quit(), Some(0));
}

#[test]
fn a_lane_that_has_ended_is_locked_while_its_run_goes_on() {
    let mut run = Run::paused();
    run.applied("fork");
    run.applied("join b");
    let resume = |run: &Run| {
        let words = [
            "resume",
            "run/lanes/b",
            "--headless",
            "--quiet",
            "--steps",
            "200",
        ];
        program::program(run.folder.path(), &words)
            .output()
            .unwrap()
    };
    let refused = resume(&run);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("a lane of") && said.contains(":fork --from"),
        "{said}"
    );
    assert_eq!(run.applied("fork --from b")["lane"], "b");
    run.applied("quit");
    run.child.wait().unwrap();
    let resumed = resume(&run);
    let said = String::from_utf8_lossy(&resumed.stderr);
    assert!(resumed.status.success(), "{said}");
}
