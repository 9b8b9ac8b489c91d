//! Timing a network in a process of its own.

use std::{
    env,
    process::{Command, Stdio},
};

use super::report::Report;
use crate::{command::BenchArgs, run::Failure};

/// Runs `sn-tui bench` for one network in a child process, with the same flags, and returns its report. The child shares
/// standard error.
///
/// # Errors
/// The child cannot be started, fails, or prints no report.
pub(super) fn report(name: &str, arguments: &BenchArgs) -> Result<Report, Failure> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["bench", name, "--json"]);
    if let Some(device) = arguments.device {
        command.args(["--device", &device.to_string()]);
    }
    if arguments.tf32 {
        command.arg("--tf32");
    }
    let numbers = [
        ("--steps", arguments.steps),
        ("--threads", arguments.threads.map(|count| count as u64)),
        ("--n-dis", arguments.n_dis.map(|count| count as u64)),
    ];
    for (flag, number) in numbers {
        if let Some(number) = number {
            command.args([flag, &number.to_string()]);
        }
    }
    if arguments.no_sn {
        command.arg("--no-sn");
    }
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("timing {name} failed: {}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
