//! `--on-alarm` of the real program.

use std::fs;

use serde_json::Value;

use crate::{TINY, program, waiting::until};

#[test]
fn a_command_is_told_of_an_alarm_and_does_not_disturb_the_output() {
    let home = tempfile::tempdir().unwrap();
    let words = [
        "run", TINY, "--log", "json", "--out", "run", "--steps", "400",
    ];
    let rate = ["--at", "5:generator.learning_rate=1e30"];
    let alarm = [
        "--on-alarm",
        "cat > told; echo words of the command; exit 4",
    ];
    let words = [&words[..], &rate, &alarm].concat();
    let output = program::program(home.path(), &words).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8(output.stdout).unwrap();
    for line in lines.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    assert!(
        !String::from_utf8(output.stderr)
            .unwrap()
            .contains("words of the command")
    );
    let told = home.path().join("told");
    until("the command", || {
        fs::read_to_string(&told).is_ok_and(|text| text.ends_with('\n'))
    });
    let message: Value = serde_json::from_str(&fs::read_to_string(told).unwrap()).unwrap();
    assert_eq!(
        (&message["lane"], &message["alarm"]),
        (&"a".into(), &"non_finite".into())
    );
    let run = home.path().join("run");
    assert_eq!(
        message["run"],
        run.canonicalize().unwrap().to_str().unwrap()
    );
    assert!(message["step"].is_u64() && !message["text"].as_str().unwrap().is_empty());
    let log = fs::read_to_string(run.join("sn-tui.log")).unwrap();
    assert!(log.contains("words of the command"), "{log}");
    assert!(log.contains("exit status: 4"), "{log}");
}
