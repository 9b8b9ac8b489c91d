//! Full disks, removed directories, and two processes with the same directory.

use std::{fs, process::Command};

use super::{
    program,
    program::{PROGRAM, Running},
    resume, ring, stderr_and_code, text,
    waiting::until,
};

#[test]
fn a_full_disk_keeps_what_was_saved_and_training_continues() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let output = program(&ring(&out, "20", &[])).output().unwrap();
    assert_eq!(stderr_and_code(&output).1, Some(0));
    let saved = fs::read(out.join("checkpoints/step-000020.safetensors")).unwrap();

    // No file may exceed 32 KiB: checkpoints and weights do not fit, nor do all lines.
    let arguments = resume(&out, &["--steps", "400"]);
    let words = arguments.join("' '");
    let script = format!("ulimit -f 64; exec '{PROGRAM}' '{words}'");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let (said, code) = stderr_and_code(&output);
    assert_eq!(code, Some(1), "{said}");
    for words in ["cannot save", "training goes on", "weights.safetensors"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (_, last) = said.split_once("error: ").unwrap();
    assert!(
        last.contains("metrics.jsonl") && last.contains("lines are lost"),
        "{said}"
    );
    assert_eq!(
        fs::read(out.join("checkpoints/step-000020.safetensors")).unwrap(),
        saved
    );
    assert_eq!(fs::read_dir(out.join("checkpoints")).unwrap().count(), 2);

    // With space again, the run resumes and ends like an uninterrupted one.
    let output = program(&resume(&out, &["--steps", "30"])).output().unwrap();
    assert_eq!(super::stderr_and_code(&output), (String::new(), Some(0)));
    let whole = home.path().join("whole");
    program(&ring(&whole, "30", &[])).output().unwrap();
    assert_eq!(
        super::summary(&out)["weights_sha256"],
        super::summary(&whole)["weights_sha256"]
    );
}

#[test]
fn a_removed_directory_does_not_end_training() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let more = [
        "--set",
        "checkpoints.every=10",
        "--set",
        "checkpoints.keep=1000",
    ];
    let child = Running::start(&mut program(&ring(&out, "3000", &more)));
    // Later ones are not certain: one that is due while another is being written is skipped to a later step.
    until("the first checkpoint", || {
        out.join("checkpoints/step-000000.safetensors").exists()
    });
    // Removal is repeated while the run writes into folders that were already listed.
    until("the directory is removed", || {
        fs::remove_dir_all(&out).is_ok() || !out.exists()
    });
    let (said, code) = stderr_and_code(&child.output());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("cannot save") && said.contains("tried again"),
        "{said}"
    );
    assert!(!out.exists());
}

#[test]
fn one_process_writes_into_a_directory() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let mut first = Running::start(&mut program(&ring(&out, "1000000", &[])));
    until("the first checkpoint", || {
        out.join("checkpoints/step-000000.safetensors").exists()
    });
    let (said_second, code) = stderr_and_code(&program(&resume(&out, &[])).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(
        said_second.contains("going on in another process"),
        "{said_second}"
    );
    assert!(said_second.contains(text(&out)));
    first.kill().unwrap();
    first.wait().unwrap();
    let output = program(&resume(&out, &["--steps", "1"])).output().unwrap();
    assert_eq!(stderr_and_code(&output).1, Some(0));
}
