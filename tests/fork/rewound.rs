//! Live runs that are forked during steps of D alone, and forks that go back to their start.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sn_tui::{
    files::folder::Folder,
    model::{Cause, Command, FIRST_LANE, Parent, Snapshot, Status, Updates},
    preset::{Preset, builtin::builtin, set_all},
    run::{self, Device, Handle, Options, replay::Verdict},
    rundir::{
        checkpoint,
        fork::{Fork, at_after, forked},
        resume::{load, load_to_fork},
    },
};

fn options(settings: &[&str], out: &Path) -> Options {
    let preset = set_all(&builtin("ring").unwrap(), settings).unwrap();
    Options {
        seed: 3,
        paused: true,
        ..Options::new("ring", preset, out)
    }
}

/// Forks the newest or the given state of a run, as `sn-tui fork` does.
fn fork(parent: &Path, from: Option<u64>, set: &[&str], of: &Options) -> Handle {
    let mut stored = load_to_fork(parent, from).unwrap();
    let steps = stored.total().unwrap();
    let start = stored.take_state().unwrap();
    let settings = forked(&start.position, steps, set).unwrap();
    let options = Options {
        at: at_after(stored.about.at(), &start.position, &settings).unwrap(),
        preset: settings.start,
        ..of.clone()
    };
    let fork = Fork {
        parent: Parent {
            run: parent.to_str().unwrap().to_owned(),
            lane: FIRST_LANE.to_owned(),
            step: start.position.step,
            numerics: None,
        },
        start,
        changes: settings.changes,
        preset: settings.preset,
        cause: Cause::Key,
    };
    run::fork(options, fork, build).unwrap()
}

fn build(preset: &Preset, seed: u64) -> Result<Box<dyn run::Engine>, run::Failure> {
    Device::Cpu.build(preset, seed)
}

/// Sends a command and waits until it was executed and the run is paused.
fn execute(handle: &Handle, command: Command) -> Snapshot {
    let number = handle.send(command).unwrap();
    let start = Instant::now();
    loop {
        let snapshot = handle.snapshot();
        if snapshot.acknowledged >= number && snapshot.status == Status::Paused {
            return (*snapshot).clone();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{snapshot:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn steps(updates: Updates, count: u64) -> Command {
    Command::Step { updates, count }
}

fn quit(handle: Handle) -> Option<String> {
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!(ended.error, None);
    ended.summary.weights_sha256
}

fn replayed(out: &Path) -> u64 {
    let stored = load(out, None).unwrap();
    match run::replay::replay(&stored, None, 1, build, &mut |_| {}).unwrap() {
        Verdict::Same { steps, .. } => steps,
        Verdict::Differs { step, what } => panic!("step {step}: {what}"),
    }
}

#[test]
fn a_fork_goes_back_to_its_start_with_its_changes() {
    let home = tempfile::tempdir().unwrap();
    let [parent, out, straight] = ["parent", "fork", "straight"].map(|name| home.path().join(name));
    let of = options(&["batch=8", "samples.count=4"], &parent);
    let handle = run::start(of, build).unwrap();
    execute(&handle, steps(Updates::Both, 4));
    quit(handle);

    let of = options(&[], &out);
    let changes = ["spectral.enabled=false", "gain=2"];
    let handle = fork(&parent, None, &changes, &of);
    let first = execute(&handle, steps(Updates::Both, 3));
    assert_eq!((first.step, first.settings.gain), (7, 2.0));
    assert!(!first.settings.spectral.enabled);
    let back = execute(&handle, Command::Rewind(4));
    assert_eq!((back.step, back.settings.gain), (4, 2.0));
    assert!(!back.settings.spectral.enabled);
    let before = execute(&handle, Command::Rewind(3));
    let notice = before.notice.unwrap();
    assert!(
        notice.error && notice.text.contains("begins at step 4"),
        "{notice:?}"
    );
    execute(&handle, steps(Updates::Both, 5));
    let weights = quit(handle);
    assert_eq!(replayed(&out), 5);

    let handle = fork(&parent, None, &changes, &options(&[], &straight));
    execute(&handle, steps(Updates::Both, 5));
    assert_eq!(quit(handle), weights);
}

#[test]
fn steps_of_one_network_go_on_in_the_fork() {
    let home = tempfile::tempdir().unwrap();
    let [parent, out] = ["parent", "fork"].map(|name| home.path().join(name));
    let settings = [
        "batch=8",
        "samples.count=4",
        "checkpoints.every=1",
        "checkpoints.keep=100",
        "steps=12",
    ];
    let handle = run::start(options(&settings, &parent), build).unwrap();
    execute(&handle, steps(Updates::Both, 2));
    // Slowly, so that states are saved during these.
    execute(&handle, Command::Pace(Some(10.0)));
    execute(&handle, steps(Updates::Discriminator, 5));
    let weights = quit(handle);
    let folder = Folder::open(&parent).unwrap().place("checkpoints");
    let listed = checkpoint::list(&folder).unwrap();
    let mut saved = listed.iter().map(|file| file.position.as_ref().unwrap());
    let during = saved.find(|position| position.updates == Updates::Discriminator);
    let from = during.unwrap().step;

    let handle = fork(
        &parent,
        Some(from),
        &[],
        &Options {
            paused: false,
            ..options(&[], &out)
        },
    );
    let start = Instant::now();
    while handle.snapshot().status != Status::Paused {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(handle.snapshot().step, 7);
    assert_eq!(quit(handle), weights);
    assert_eq!(replayed(&out), 7 - from);
    // The fork and its resumption begin with steps of D, which no line of its journal says.
    let state = load(&out, Some(from)).unwrap().start_state().unwrap();
    assert_eq!(state.requested, Updates::Discriminator);
}
