//! Runs in whose folders something else stands than what the program put there, runs that are moved, and runs whose files
//! are large beyond measure.

#[path = "../common/folders.rs"]
mod folders;
mod large;
mod matrix;
mod moved;
#[path = "../common/program.rs"]
mod program;

use std::{
    fs,
    path::Path,
    process::{Child, ExitStatus},
    time::{Duration, Instant},
};

use program::sn_tui;

/// No command of these tests takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The smallest run there is: a step takes no time, whatever the build.
const TINY: &str = "tests/files/tiny.ron";

/// Arguments of a tiny run with so many steps.
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

/// How a command ended.
struct Ended {
    /// None where it had to be killed.
    status: Option<ExitStatus>,
    out: String,
    err: String,
    /// Most memory that it was seen to hold, in kilobytes.
    peak: u64,
}

impl Ended {
    fn code(&self) -> Option<i32> {
        self.status?.code()
    }
}

/// Runs a command to its end, or until it has taken too long; `scratch` is for what it says.
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
        peak = peak.max(held(child.id()).unwrap_or(0));
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return (None, peak);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Most memory that a process has held so far, in kilobytes.
fn held(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
