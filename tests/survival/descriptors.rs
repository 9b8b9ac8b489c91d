//! A process that runs out of file descriptors.

use std::{
    fs::{self, File},
    os::unix::net::UnixStream,
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    program::{PROGRAM, Running},
    waiting::{PATIENCE, until},
};

#[test]
fn peers_that_take_all_descriptors_lose_no_checkpoint_time_or_disk() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let preset = home.path().join("tiny.ron");
    fs::write(&preset, include_str!("../tiny.ron")).unwrap();
    let (run, to) = (preset.display(), out.display());
    let schedule = "--set checkpoints.every=200 --set checkpoints.keep=1000 --quiet";
    // 24 descriptors, and those that the shell of this test leaks into all its children: 0, 1, 2 and the folder itself
    // are four.
    let script = format!(
        "set -- /dev/fd/*; ulimit -n $((20 + $#)); \
         exec '{PROGRAM}' run '{run}' --headless --out '{to}' {schedule}"
    );
    let errors = home.path().join("errors");
    let mut child = Running::start(
        Command::new("sh")
            .args(["-c", &script])
            .stderr(File::create(&errors).unwrap()),
    );
    let socket = out.join("socket");
    let checkpoints = || fs::read_dir(out.join("checkpoints")).map_or(0, Iterator::count);
    until("the first checkpoint", || checkpoints() > 0);
    // More peers connect than there are descriptors; the rest wait in the queue. A thread of its own connects: it would
    // wait for ever for a place in a queue that is full.
    let (connected, peers) = mpsc::channel();
    thread::spawn(move || {
        let peer = |_| UnixStream::connect(&socket).ok();
        connected.send((0..20).map_while(peer).collect::<Vec<_>>())
    });
    let peers = peers.recv_timeout(PATIENCE).expect("a place in the queue");
    assert_eq!(peers.len(), 20);
    let before = checkpoints();
    thread::sleep(Duration::from_secs(4));
    assert!(
        checkpoints() > before,
        "checkpoints while the peers are there"
    );
    // A signal ends the run while they are still there.
    let pid = Pid::from_child(&child);
    kill_process(pid, Signal::INT).unwrap();
    until("the end after a signal", || {
        fs::read_to_string(out.join("summary.json")).is_ok_and(|text| text.contains("signal"))
    });
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(130));
    drop(peers);
    let said = fs::read_to_string(&errors).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    assert!(!said.contains("cannot"), "{said}");
    let log = fs::read_to_string(out.join("sn-tui.log")).unwrap();
    // The message appears once at the start, and again after each time that there was room.
    let told = log.matches("no peers are accepted for now").count();
    assert!((1..10).contains(&told), "{told} times: {log}");
    assert!(!log.contains("cannot save"), "{log}");
    assert!(log.len() < 1 << 20, "{} bytes", log.len());
}
