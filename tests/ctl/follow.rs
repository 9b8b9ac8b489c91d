//! Following a run.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout},
};

use serde_json::Value;

use crate::{Run, program};

/// `follow` of a run, line by line.
struct Follow {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Follow {
    fn start(run: &Run, more: &[&str]) -> Self {
        let words = [&["ctl", "run", "follow"], more].concat();
        let mut child = program::program(run.folder.path(), &words).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that is as wanted.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        for line in &mut self.lines {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if wanted(&line) {
                return line;
            }
        }
        panic!("it has ended");
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn steps_and_events_are_lines_and_the_end_is_the_last() {
    let run = Run::paused();
    let at = run.get("lanes")[0]["step"].as_u64().unwrap();
    let mut follow = Follow::start(&run, &["--note", "looking"]);
    let note = follow.until(|line| line["journal"]["kind"] == "note");
    assert_eq!(note["journal"]["new"], "looking");
    run.applied("mark");
    run.applied("set gain=3");
    run.applied("step 5");
    let set = follow.until(|line| line["journal"]["kind"] == "set");
    assert_eq!(
        (&set["journal"]["new"], &set["journal"]["cause"]),
        (&"3.0".into(), &"ctl".into())
    );
    for step in at + 1..=at + 5 {
        let line = follow.until(|line| line["step"].is_u64());
        assert_eq!(line["step"], step);
        assert!(
            line["loss_d"].is_number() && line["sigma"]["d.0"].is_number(),
            "{line}"
        );
    }
    // Steps that are made again have lines again.
    run.applied(&format!("rewind {at}"));
    run.applied("step 3");
    follow.until(|line| line["journal"]["kind"] == "rewind");
    for step in at + 1..=at + 3 {
        assert_eq!(follow.until(|line| line["step"].is_u64())["step"], step);
    }
    run.applied("quit");
    let end = follow.until(|line| line["end"].is_object());
    assert_eq!(
        (&end["end"]["state"], &end["end"]["step"]),
        (&"interrupted".into(), &(at + 3).into())
    );
    assert_eq!(end["end"]["summary"]["stopped"], "user");
    assert!(follow.lines.next().is_none());
    assert_eq!(follow.child.wait().unwrap().code(), Some(0));
}

#[test]
fn lanes_are_named_and_new_ones_are_followed() {
    let run = Run::paused();
    let at = run.get("lanes")[0]["step"].as_u64().unwrap();
    let mut follow = Follow::start(&run, &["--lane", "*", "--note", "looking"]);
    follow.until(|line| line["journal"]["kind"] == "note");
    run.applied("fork gain=2");
    run.applied("step 4");
    let last =
        |name: &'static str| move |line: &Value| line["lane"] == name && line["step"] == at + 4;
    follow.until(last("b"));
    run.applied("join b");
    follow.until(|line| line["lane"] == "b" && line["end"].is_object());
    run.applied("quit");
    follow.until(|line| line["lane"] == "a" && line["end"].is_object());
    assert_eq!(follow.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_goes_ends_it_quietly() {
    let run = Run::start(&[]);
    let mut follow = Follow::start(&run, &[]);
    follow.until(|line| line["step"].is_u64());
    let Follow { child, lines } = &mut follow;
    // Only this process reads the pipe.
    drop(std::mem::replace(lines, BufReader::new(dead_end()).lines()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The output of a program that says nothing.
fn dead_end() -> ChildStdout {
    let mut child = std::process::Command::new("true")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    child.wait().unwrap();
    output
}
