//! Every verb: its answer, and its line in the journal.

use serde_json::json;

use crate::{Run, user, waiting::until};

#[test]
fn a_change_is_answered_and_journaled_with_its_user_and_note() {
    let run = Run::paused();
    let step = run.applied("pause")["step"].clone();
    let answer = run.applied("set gain=2 n_dis=2 --note 'D is too weak'");
    let change = |key, old, new| json!({"key": key, "old": old, "new": new, "lane": "a"});
    let expected = json!({
        "applied": true,
        "step": step,
        "changes": [change("gain", "16.0", "2.0"), change("n_dis", "1", "2")],
    });
    assert_eq!(answer, expected);
    let line = |key, old, new| {
        json!({
            "step": step, "kind": "set", "key": key, "old": old, "new": new,
            "cause": "ctl", "by": user(), "note": "D is too weak",
        })
    };
    let journal = run.journal("run");
    assert_eq!(
        journal[1..],
        [line("gain", "16.0", "2.0"), line("n_dis", "1", "2")]
    );
    // What is in force already is no change.
    assert_eq!(run.applied("set gain=2.0")["changes"], json!([]));
    assert_eq!(run.journal("run").len(), 3);
    let settings = run.get("settings");
    assert_eq!(
        (&settings["gain"], &settings["n_dis"]),
        (&json!(2.0), &json!(2))
    );
    assert_eq!(run.quit(), Some(0));
}

#[test]
fn pause_step_and_go_are_answered_when_they_are_accepted() {
    let run = Run::paused();
    let at = run.get("lanes")[0]["step"].as_u64().unwrap();
    assert_eq!(run.get("lanes")[0]["status"], "paused");
    let answer = run.applied("step 3 --of d");
    assert_eq!(
        (&answer["step"], &answer["changes"]),
        (&json!(at + 1), &json!([]))
    );
    let is_paused_at = |step| {
        let lanes = run.get("lanes");
        lanes[0]["step"] == step && lanes[0]["status"] == "paused"
    };
    until("three steps of D", || is_paused_at(at + 3));
    run.applied("step 2 --note 'both again'");
    until("two steps", || is_paused_at(at + 5));
    run.applied("go");
    until("more steps", || {
        run.get("lanes")[0]["step"].as_u64() > Some(at + 5)
    });
    let journal = run.journal("run");
    let kinds: Vec<&str> = journal
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["pause", "step_d", "note", "resume"]);
    // Steps of both networks after all others have no line of their own.
    assert_eq!(journal[2]["new"], "both again");
    assert_eq!(run.quit(), Some(0));
}

#[test]
fn a_mark_can_be_returned_to() {
    let run = Run::paused();
    let at = run.get("lanes")[0]["step"].as_u64().unwrap();
    assert_eq!(run.applied("mark")["step"], at + 1);
    run.applied("set gain=1");
    run.applied("step 5");
    until("five steps", || run.get("lanes")[0]["step"] == at + 5);
    let answer = run.applied(&format!("rewind {at} --note 'gain 1 is too low'"));
    assert_eq!(answer["step"], at + 1);
    let lane = run.get("lanes")[0].clone();
    assert_eq!(
        (&lane["step"], &lane["status"]),
        (&json!(at), &json!("paused"))
    );
    assert_eq!(run.get("settings")["gain"], 16.0);
    let journal = run.journal("run");
    let last = journal.last().unwrap();
    assert_eq!(
        (&last["kind"], &last["note"]),
        (&json!("rewind"), &json!("gain 1 is too low"))
    );
    assert!(run.refused("rewind 999999999").contains("999999999"));
}

#[test]
fn notes_are_kept_whatever_the_verb() {
    let run = Run::paused();
    run.applied("note 'a \"word\" and a\nline' --note why");
    run.applied("save --note 'before the night'");
    let (code, _) = run.ctl("get alarms --note 'looked at it'");
    assert_eq!(code, 0);
    let journal = run.journal("run");
    let notes: Vec<_> = journal[1..]
        .iter()
        .map(|line| (&line["kind"], &line["new"], &line["by"]))
        .collect();
    let note = json!("note");
    let by = json!(user());
    let texts =
        ["a \"word\" and a\nline", "before the night", "looked at it"].map(|text| json!(text));
    let expected: Vec<_> = texts.iter().map(|text| (&note, text, &by)).collect();
    assert_eq!(notes, expected);
    assert_eq!(journal[1]["note"], "why");
    assert!(run.path("run/checkpoints").read_dir().unwrap().count() > 0);
    run.applied("quit --note 'enough for today'");
    until("the end", || !run.path("run/socket").exists());
    assert_eq!(
        run.journal("run").last().unwrap()["new"],
        "enough for today"
    );
}
