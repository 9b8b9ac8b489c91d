//! Runs whose files were replaced by something else, whose folders are moved during training, or whose files are huge.

#[path = "../common/folders.rs"]
mod folders;
mod large;
mod matrix;
mod moved;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/waiting.rs"]
mod waiting;

use std::{
    fs,
    path::Path,
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use program::sn_tui;
use waiting::PATIENCE;

/// A preset so small that a step takes no time in any build.
const TINY: &str = "tests/files/tiny.ron";

/// The arguments of a tiny run with this number of steps.
fn tiny(out: &Path, steps: u64) -> Vec<String> {
    let words = ["run", TINY, "--headless", "--threads", "1", "--seed", "7"];
    let mut arguments: Vec<String> = words.map(str::to_owned).into();
    for setting in ["checkpoints.every=2", "samples.every=2", "scores.every=0"] {
        arguments.extend(["--set".to_owned(), setting.to_owned()]);
    }
    arguments.extend(["--steps".to_owned(), steps.to_string()]);
    arguments.extend(["--out".to_owned(), text(out)]);
    arguments
}

fn resume(out: &Path, steps: u64) -> Vec<String> {
    let steps = steps.to_string();
    let words = ["--headless", "--threads", "1", "--steps", &steps];
    let mut arguments = vec!["resume".to_owned(), text(out)];
    arguments.extend(words.map(str::to_owned));
    arguments
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The end of a command.
struct Ended {
    /// `None` if the command had to be killed.
    status: Option<ExitStatus>,
    out: String,
    err: String,
    /// The largest memory that was observed, in kilobytes.
    peak: u64,
}

impl Ended {
    fn code(&self) -> Option<i32> {
        self.status?.code()
    }
}

/// Runs a command to its end, or kills it after [`PATIENCE`]; its output goes to files in `scratch`.
fn run(arguments: &[String], scratch: &Path) -> Ended {
    let said = [scratch.join("stdout"), scratch.join("stderr")];
    let [out, err] = said.each_ref().map(|path| fs::File::create(path).unwrap());
    let mut child = sn_tui(arguments)
        .env_remove("XDG_CONFIG_HOME")
        .env("HOME", scratch)
        .stdout(out)
        .stderr(err)
        .spawn()
        .unwrap();
    let (status, peak) = wait(&mut child);
    let [out, err] =
        said.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
    Ended {
        status,
        out,
        err,
        peak,
    }
}

fn wait(child: &mut Child) -> (Option<ExitStatus>, u64) {
    let begun = Instant::now();
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (Some(status), peak);
        }
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return (None, peak);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The largest memory of a process so far, in kilobytes.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
