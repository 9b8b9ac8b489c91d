//! Runs whose folders are moved, emptied or replaced during training.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    folders::below,
    program::{Running, sn_tui},
    resume, run, tiny,
    waiting::until,
};

fn checkpoints(run: &Path) -> Vec<String> {
    let entries = fs::read_dir(run.join("checkpoints")).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

#[test]
fn a_moved_run_keeps_writing_to_its_folder_and_not_to_the_old_path() {
    let home = tempfile::tempdir().unwrap();
    let (old, new) = (home.path().join("old"), home.path().join("new"));
    let child = Running::start(
        sn_tui(&tiny(&old, 1_000_000))
            .stdout(Stdio::null())
            .stderr(Stdio::piped()),
    );
    until("it begins", || checkpoints(&old).len() > 1);
    fs::rename(&old, &new).unwrap();
    fs::create_dir_all(old.join("samples")).unwrap();
    fs::create_dir_all(old.join("checkpoints")).unwrap();
    fs::write(old.join("mine.txt"), "mine").unwrap();
    let before = checkpoints(&new);
    until("it goes on", || {
        checkpoints(&new).iter().any(|name| !before.contains(name))
    });
    let process = Pid::from_child(&child);
    kill_process(process, Signal::TERM).unwrap();
    let ended = child.output();
    assert_eq!(ended.status.code(), Some(128 + 15), "{ended:?}");
    if cfg!(target_os = "linux") {
        let said = String::from_utf8(ended.stderr).unwrap();
        let weights = new.join("weights.safetensors").display().to_string();
        assert!(said.contains(&weights), "{said}");
    }
    assert_eq!(below(&old), [Path::new("mine.txt")]);
    let there = |name: &str| new.join(name).exists();
    assert!(there("weights.safetensors") && there("summary.json"));
    assert!(there("journal.jsonl") || there("metrics.jsonl"));
    assert!(!there("socket"), "the way in is taken away where it is now");
}

#[test]
fn a_folder_of_samples_that_was_removed_is_made_again() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    assert_eq!(run(&tiny(&out, 2), home.path()).code(), Some(0));
    fs::remove_dir_all(out.join("samples")).unwrap();
    let ended = run(&resume(&out, 4), home.path());
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(out.join("samples/final.png").is_file());
}

#[test]
fn a_lock_is_private_to_its_user() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    assert_eq!(run(&tiny(&out, 2), home.path()).code(), Some(0));
    let mode = fs::metadata(out.join("lock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_torn_newest_checkpoint_is_named_by_every_command() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    assert_eq!(run(&tiny(&out, 4), home.path()).code(), Some(0));
    fs::remove_file(out.join("summary.json")).unwrap();
    let newest = out.join("checkpoints/step-000004.safetensors");
    let whole = fs::read(&newest).unwrap();
    // First its header is torn, then its tensors.
    for bytes in [&whole[..7], &whole[..whole.len() - 1]] {
        fs::write(&newest, bytes).unwrap();
        let (of, to) = (
            super::text(&out),
            super::text(&home.path().join("w.safetensors")),
        );
        let init = super::text(&home.path().join("init"));
        for arguments in [
            vec!["show", &of, "--about"],
            vec!["export", &of, "--what", "g", "-o", &to],
            vec!["sample", &of, "-o", &to],
            vec!["audit", &of],
            vec![
                "run",
                super::TINY,
                "--init",
                &of,
                "--steps",
                "0",
                "--headless",
                "--out",
                &init,
            ],
            vec!["resume", &of, "--steps", "2", "--headless"],
        ] {
            let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
            let ended = run(&arguments, home.path());
            assert_eq!(ended.code(), Some(0), "{arguments:?}: {}", ended.err);
            let said = ended.err + &ended.out;
            assert!(said.contains("step-000004"), "{arguments:?}: {said}");
            let _ = fs::remove_dir_all(&init);
            let _ = fs::remove_file(out.join("summary.json"));
        }
    }
}
