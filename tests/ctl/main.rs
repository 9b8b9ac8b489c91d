//! Programs that act on a run of another process: `sn-tui ctl` and `--on-alarm`.
#![cfg(unix)]

mod alarm;
mod branches;
mod crowd;
mod follow;
mod get;
mod lanes;
#[path = "../common/program.rs"]
mod program;
mod refused;
mod verbs;
#[path = "../common/waiting.rs"]
mod waiting;

use std::{
    fs,
    path::PathBuf,
    process::{Child, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A preset with networks of a few numbers.
const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tiny.ron");

/// A run without a screen, in the folder `run`, that goes on until it is told to end.
struct Run {
    folder: TempDir,
    child: Child,
}

impl Run {
    /// Starts the run, and waits until it can be reached.
    fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let words = ["run", TINY, "--headless", "--quiet", "--threads", "1"];
        let words = [&words[..], &["--out", "run"], more].concat();
        let child = program::program(folder.path(), &words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let run = Self { folder, child };
        waiting::until("the run", || run.ctl("get lanes").0 == 0);
        run
    }

    /// A run that is paused before an early step.
    fn paused() -> Self {
        let run = Self::start(&[]);
        run.applied("pause");
        run
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// Acts on the run in words of a shell. Returns the exit code and the answer, which is null if there is none.
    fn ctl(&self, verb: &str) -> (i32, Value) {
        self.ctl_of("run", verb)
    }

    /// As [`Run::ctl`], for a run or lane in this folder.
    fn ctl_of(&self, directory: &str, verb: &str) -> (i32, Value) {
        let words = shell_words::split(verb).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let words = [&["ctl", directory], &words[..]].concat();
        let output = program::program(self.folder.path(), &words)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{said}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().count() <= 1, "{text}");
        let code = output.status.code().unwrap();
        assert_eq!(code == 2, text.is_empty(), "{verb}: {code} {text}");
        let answer = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        (code, answer)
    }

    /// Acts on the run, which must do it.
    fn applied(&self, verb: &str) -> Value {
        let (code, answer) = self.ctl(verb);
        assert_eq!(
            (code, &answer["applied"]),
            (0, &true.into()),
            "{verb}: {answer}"
        );
        answer
    }

    /// The reason why the run refuses a verb.
    fn refused(&self, verb: &str) -> String {
        let (code, answer) = self.ctl(verb);
        assert_eq!(
            (code, &answer["applied"]),
            (1, &false.into()),
            "{verb}: {answer}"
        );
        answer["why"].as_str().unwrap().to_owned()
    }

    /// A part of the state of the run.
    fn get(&self, part: &str) -> Value {
        let (code, mut answer) = self.ctl(&format!("get {part}"));
        assert_eq!(code, 0, "{answer}");
        answer[part].take()
    }

    /// The journal of the run, or of a lane: all lines that a program caused.
    fn journal(&self, of: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(of).join("journal.jsonl")).unwrap();
        let all = text.lines().map(|line| serde_json::from_str(line).unwrap());
        all.filter(|line: &Value| line["cause"] == "ctl").collect()
    }

    /// Ends the run with `quit`, and returns its exit code.
    fn quit(mut self) -> Option<i32> {
        self.applied("quit");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name of the user, as the system knows it.
fn user() -> String {
    let output = std::process::Command::new("id")
        .arg("-un")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
