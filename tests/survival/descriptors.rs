//! A process that runs out of file descriptors.

use std::{
    fs,
    os::unix::net::UnixStream,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{program::PROGRAM, stderr_and_code};

#[test]
fn peers_that_take_all_descriptors_lose_no_checkpoint_time_or_disk() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let preset = home.path().join("tiny.ron");
    fs::write(&preset, include_str!("../tiny.ron")).unwrap();
    let (run, to) = (preset.display(), out.display());
    let schedule = "--set checkpoints.every=200 --set checkpoints.keep=1000 --quiet";
    let script =
        format!("ulimit -n 24; exec '{PROGRAM}' run '{run}' --headless --out '{to}' {schedule}");
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let socket = out.join("socket");
    let checkpoints = || fs::read_dir(out.join("checkpoints")).map_or(0, Iterator::count);
    let start = Instant::now();
    while checkpoints() == 0 {
        assert!(start.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(10));
    }
    // More peers connect than there are descriptors; the rest wait in the queue.
    let knock = thread::spawn(move || {
        let peer = |_| UnixStream::connect(&socket).ok();
        let peers: Vec<_> = (0..20).map_while(peer).collect();
        thread::sleep(Duration::from_secs(4));
        drop(peers);
    });
    let before = checkpoints();
    knock.join().unwrap();
    assert!(
        checkpoints() > before,
        "checkpoints while the peers are there"
    );
    let pid = Pid::from_raw(child.id() as i32).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(130));
    let (said, _) = stderr_and_code(&child.wait_with_output().unwrap());
    assert!(!said.contains("cannot"), "{said}");
    let log = fs::read_to_string(out.join("sn-tui.log")).unwrap();
    // The message appears once at the start, and again after each time that there was room.
    let told = log.matches("no peers are accepted for now").count();
    assert!((1..10).contains(&told), "{told} times: {log}");
    assert!(!log.contains("cannot save"), "{log}");
    assert!(log.len() < 1 << 20, "{} bytes", log.len());
}
