//! Following a run.

use std::{
    io::{BufRead, BufReader},
    process::Child,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::{Run, program, waiting::PATIENCE};

/// `follow` of a run, line by line.
struct Follow {
    child: Child,
    lines: Receiver<Value>,
}

impl Follow {
    /// Starts to follow, and waits until it does.
    fn start(run: &Run, more: &[&str]) -> Self {
        let words = [&["ctl", "run", "follow"], more].concat();
        let mut child = program::program(run.folder.path(), &words).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.lines() {
                let line = serde_json::from_str(&line.unwrap()).unwrap();
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let follow = Self { child, lines };
        for _ in 0..100 {
            run.applied("note 'are you there?'");
            match follow.lines.recv_timeout(Duration::from_millis(300)) {
                Ok(line) => {
                    assert_eq!(line["journal"]["kind"], "note");
                    return follow;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        panic!("it follows nothing");
    }

    /// The next line that is as wanted.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if wanted(&line) {
                return line;
            }
        }
    }

    /// Waits for the end of the program after its last line.
    fn finish(mut self) -> Option<i32> {
        let end = self.lines.recv_timeout(PATIENCE);
        assert_eq!(end, Err(RecvTimeoutError::Disconnected));
        self.child.wait().unwrap().code()
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
    let follow = Follow::start(&run, &[]);
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
    assert_eq!(follow.finish(), Some(0));
}

#[test]
fn lanes_are_named_and_new_ones_are_followed() {
    let run = Run::paused();
    let at = run.get("lanes")[0]["step"].as_u64().unwrap();
    let follow = Follow::start(&run, &["--lane", "*"]);
    run.applied("fork gain=2");
    run.applied("step 4");
    let last =
        |name: &'static str| move |line: &Value| line["lane"] == name && line["step"] == at + 4;
    follow.until(last("b"));
    run.applied("join b");
    follow.until(|line| line["lane"] == "b" && line["end"].is_object());
    run.applied("quit");
    follow.until(|line| line["lane"] == "a" && line["end"].is_object());
    assert_eq!(follow.finish(), Some(0));
}

#[test]
fn a_reader_that_goes_ends_it_quietly() {
    let run = Run::start(&[]);
    let words = ["ctl", "run", "follow"];
    let mut child = program::program(run.folder.path(), &words).spawn().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    assert!(line.contains("\"step\""), "{line}");
    drop(output);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
