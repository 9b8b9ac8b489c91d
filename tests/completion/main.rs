//! Completion in real shells. A shell that is not installed is skipped.

mod fish;
mod keys;
#[path = "../common/program.rs"]
mod program;
mod typed;

use std::{fs, path::Path, process::Command};

use program::{PROGRAM, sn_tui};
use tempfile::TempDir;

/// A folder that holds a run and a picture.
pub fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("runs/mine");
    fs::create_dir_all(run.join("checkpoints")).unwrap();
    fs::write(run.join("preset.ron"), "()").unwrap();
    fs::write(run.join("checkpoints/step-000120.safetensors"), "").unwrap();
    fs::create_dir(home.path().join("my pictures")).unwrap();
    fs::write(home.path().join("own.ron"), "()").unwrap();
    fs::write(home.path().join("weights.safetensors"), "").unwrap();
    home
}

/// `PATH` with the folder of this build first, so that shells find the program.
pub fn path() -> String {
    let folder = Path::new(PROGRAM).parent().unwrap().display();
    format!("{folder}:{}", std::env::var("PATH").unwrap_or_default())
}

pub fn is_there(shell: &str) -> bool {
    let asked = Command::new(shell).arg("--version").output();
    asked.is_ok_and(|asked| asked.status.success())
}

#[test]
fn a_script_calls_the_program_by_the_path_it_was_called_with() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sn_tui(&["completions", shell]).output();
        let script = String::from_utf8(script.unwrap().stdout).unwrap();
        assert!(script.contains(PROGRAM), "{shell}: {script}");
        let mut called = Command::new("sn-tui");
        called.args(["completions", shell]).env("PATH", path());
        let script = String::from_utf8(called.output().unwrap().stdout).unwrap();
        let folder = Path::new(PROGRAM).parent().unwrap();
        assert!(
            !script.contains(folder.to_str().unwrap()),
            "{shell}: {script}"
        );
    }
}

#[test]
fn an_empty_completion_variable_is_ignored() {
    let output = sn_tui(&["presets"])
        .env("_SN_TUI_COMPLETE", "")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("cifar10")
    );
}
