//! What `fork` refuses, and what other commands refuse of forks.

use std::{fs, process::Command};

use super::{Home, ends, folders::names, program::PROGRAM};

/// The limit of address space in kilobytes: enough for `ring` as shipped.
const LIMIT: u32 = 700_000;

#[test]
fn wrong_arguments_create_nothing() {
    let home = Home::new();
    home.run("ring", "parent", &[5, 10], &["--at", "9:gain=2"]);
    home.run("ring", "empty", &[3], &[]);
    fs::remove_dir_all(home.path().join("empty/checkpoints")).unwrap();
    fs::create_dir(home.path().join("taken")).unwrap();
    fs::write(home.path().join("taken/thesis.tex"), "x").unwrap();
    let before = names(home.path());
    let new = ["--out", "new"];
    for (words, more, code, reason) in [
        (&["fork"][..], &[][..], 2, "<RUN>"),
        (&["fork", "./nothing"], &new, 2, "there is no ./nothing"),
        (&["fork", "empty"], &new, 1, "there is no state"),
        (
            &["fork", "parent", "--from", "7"],
            &new,
            1,
            "there are those of steps 0, 5, 10",
        ),
        (&["fork", "parent"], &new, 2, "all 10 steps were made"),
        (
            &["fork", "parent", "--from", "5", "--steps", "5"],
            &new,
            2,
            "no step is left",
        ),
        (&["fork", "parent", "--steps", "x"], &new, 2, "invalid"),
        (
            &["fork", "parent", "--from", "5", "--set", "latent=3"],
            &new,
            2,
            "fixed once a run has started",
        ),
        (
            &["fork", "parent", "--from", "5", "--set", "seed=3"],
            &new,
            2,
            "unknown setting",
        ),
        (
            &["fork", "parent", "--from", "5", "--set", "steps=30"],
            &new,
            2,
            "give --steps",
        ),
        (
            &["fork", "parent", "--from", "5", "--set", "gian=3"],
            &new,
            2,
            "did you mean `gain`",
        ),
        (
            &["fork", "parent", "--from", "5", "--set", "gain=no"],
            &new,
            2,
            "--set",
        ),
        (
            &["fork", "parent", "--from", "5", "--set", "gain"],
            &new,
            2,
            "KEY=VALUE",
        ),
        (
            &["fork", "parent", "--from", "5", "--out", "taken"],
            &[],
            1,
            "taken is not empty",
        ),
        (
            &["fork", "parent", "--from", "5", "--keys", "nowhere.ron"],
            &["--out", "new"],
            0,
            "",
        ),
    ] {
        let said = ends(home.command(words, more), code);
        assert!(said.contains(reason), "{words:?}: {said}");
        if code == 0 {
            fs::remove_dir_all(home.path().join("new")).unwrap();
        }
        assert_eq!(names(home.path()), before, "{words:?}");
    }
    assert_eq!(names(&home.path().join("taken")), ["thesis.tex"]);
}

#[test]
fn a_fork_that_does_not_start_leaves_no_trace() {
    let home = Home::new();
    home.run("ring", "parent", &[5, 10], &[]);
    let before = names(home.path());
    // The memory that its change needs is not there: the worker refuses it, once the directory is made.
    let limit = format!("ulimit -v {LIMIT}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.env("MALLOC_ARENA_MAX", "1");
    command.args(["-c", &limit, "sh", PROGRAM, "fork", "parent"]);
    command.args([
        "--steps",
        "20",
        "--out",
        "new/run",
        "--threads",
        "1",
        "--headless",
    ]);
    command
        .args(["--set", "batch=65536"])
        .current_dir(home.path());
    let said = ends(command, 1);
    assert!(
        said.contains("`batch`") && said.contains("ulimit -v"),
        "{said}"
    );
    assert_eq!(names(home.path()), before, "{said}");
}

#[test]
fn nothing_goes_back_to_before_the_fork() {
    let home = Home::new();
    home.run("ring", "parent", &[5, 10], &[]);
    home.fork("parent", "fork", &["--from", "5"]);
    let begins = "this run begins at step 5, where it was forked from";
    let said = ends(home.command(&["resume", "fork", "--from", "0"], &[]), 1);
    assert!(said.contains(begins), "{said}");
    let said = ends(home.command(&["fork", "fork", "--from", "0"], &[]), 1);
    assert!(said.contains(begins), "{said}");
    let replay = super::program::program(home.path(), &["replay", "fork", "--until", "4"]);
    let said = ends(replay, 1);
    assert!(said.contains("begins at its fork, step 5"), "{said}");
    let again = home.command(
        &["run", "ring", "--out", "fork", "--continue"],
        &super::QUICK,
    );
    let said = ends(again, 2);
    assert!(said.contains("`sn-tui resume` goes on with it"), "{said}");
}

#[test]
fn a_fork_without_any_state_is_refused() {
    let home = Home::new();
    home.run("ring", "parent", &[5, 10], &[]);
    home.fork("parent", "fork", &["--from", "5"]);
    let mark = home.path().join("fork/checkpoints/mark-000005.safetensors");
    let mut bytes = fs::read(&mark).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&mark, bytes).unwrap();
    // A later checkpoint is enough to resume, and not to replay.
    ends(home.command(&["resume", "fork"], &["--steps", "12"]), 0);
    let replay = super::program::program(home.path(), &["replay", "fork"]);
    let said = ends(replay, 1);
    assert!(said.contains("its checksum does not match"), "{said}");
    for file in names(&home.path().join("fork/checkpoints")) {
        if file.starts_with("step") {
            fs::remove_file(home.path().join("fork/checkpoints").join(file)).unwrap();
        }
    }
    let said = ends(home.command(&["resume", "fork"], &[]), 1);
    assert!(said.contains("did not begin at step 0"), "{said}");
    assert!(said.contains("Fork that run again"), "{said}");
}
