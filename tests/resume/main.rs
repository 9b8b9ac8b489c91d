//! Runs that are left and resumed give the same results to the bit as uninterrupted ones.

mod pending;
mod scores;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sn_tui::{
    files::{folder::Folder, tensors::StateTensor},
    model::{Command, Event, Snapshot, Status, Updates},
    preset::{Preset, Scheduled, builtin::builtin, set_all},
    run::{self, Device, Ended, Handle, Options, replay::Verdict},
    rundir::{
        checkpoint,
        journal::JournalIndex,
        resume::{StoredRun, load},
    },
};

fn options(name: &str, settings: &[&str], out: &Path) -> Options {
    let preset = set_all(&builtin(name).unwrap(), settings).unwrap();
    Options {
        seed: 3,
        threads: 2,
        paused: true,
        ..Options::new(name, preset, out)
    }
}

fn begin(options: Options) -> Handle {
    run::start(options, |preset, seed| Device::Cpu.build(preset, seed)).unwrap()
}

/// Resumes the newest checkpoint of a run, with these options.
fn resume(out: &Path, steps: u64, of: &Options) -> Handle {
    resume_from(load(out, None).unwrap(), steps, of)
}

fn resume_from(stored: StoredRun, steps: u64, of: &Options) -> Handle {
    let options = Options {
        preset: stored.settings().unwrap().until(steps),
        at: stored.about.at().to_vec(),
        ..of.clone()
    };
    run::resume(stored, options, |preset, seed| {
        Device::Cpu.build(preset, seed)
    })
    .unwrap()
}

fn until(handle: &Handle, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let start = Instant::now();
    loop {
        let snapshot = handle.snapshot();
        if wanted(&snapshot) {
            return (*snapshot).clone();
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{snapshot:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sends commands and waits until the last one has been executed.
fn execute(handle: &Handle, commands: &[Command]) -> Snapshot {
    let mut last = 0;
    for command in commands {
        last = handle.send(command.clone()).unwrap();
    }
    until(handle, |snapshot| snapshot.acknowledged >= last)
}

fn set(key: &str, value: &str) -> Command {
    Command::Set {
        key: key.into(),
        value: value.into(),
    }
}

fn steps(count: u64) -> Command {
    Command::Step {
        updates: Updates::Both,
        count,
    }
}

/// Makes steps and waits for the pause after them.
fn step(handle: &Handle, step: Command) {
    execute(handle, &[step]);
    until(handle, |snapshot| snapshot.status == Status::Paused);
}

fn quit(handle: Handle) -> Ended {
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!(ended.error, None);
    ended
}

/// The step and every tensor of the newest checkpoint, as bits.
fn state(out: &Path) -> (u64, Vec<(String, Vec<u32>)>) {
    let folder = Folder::open(out).unwrap().place("checkpoints");
    let newest = checkpoint::newest(&folder).unwrap().0;
    let checkpoint = newest.unwrap().1;
    let bits = |tensor: &StateTensor| {
        let bits = tensor.data.iter().map(|x| x.to_bits()).collect();
        (tensor.key.clone(), bits)
    };
    let tensors = checkpoint.state.tensors.iter().map(bits).collect();
    (checkpoint.position.step, tensors)
}

fn replayed(out: &Path) -> Verdict {
    let stored = load(out, None).unwrap();
    let build = |preset: &Preset, seed| Device::Cpu.build(preset, seed);
    run::replay::replay(&stored, None, 1, build, &mut |_| {}).unwrap()
}

/// The commands of five sessions, between which a run may be left.
fn sessions() -> [Vec<Command>; 5] {
    [
        vec![steps(3)],
        vec![
            set("spectral.generator", "true"),
            set("spectral.layers.d.2.enabled", "false"),
            set("discriminator.betas", "(0.5, 0.99)"),
            steps(2),
        ],
        vec![
            set("spectral.generator", "false"),
            set("batch", "24"),
            Command::Step {
                updates: Updates::Discriminator,
                count: 2,
            },
        ],
        vec![
            set("spectral.enabled", "false"),
            set("n_dis", "2"),
            Command::Step {
                updates: Updates::Generator,
                count: 2,
            },
        ],
        vec![
            set("spectral.generator", "true"),
            set("spectral.enabled", "true"),
            set("data.noise", "0.1"),
            steps(3),
        ],
    ]
}

/// Executes the commands of a session.
fn perform(handle: &Handle, commands: &[Command]) {
    for command in commands {
        match command {
            Command::Set { .. } => drop(execute(handle, std::slice::from_ref(command))),
            command => step(handle, command.clone()),
        }
    }
}

const RUNS: [(&str, &[&str]); 3] = [
    ("ring", &["batch=32", "ema=0.9", "samples.count=4"]),
    ("digits", &["batch=16", "samples.count=4", "scores.count=2"]),
    ("dolls", &["batch=4", "samples.count=4", "scores.count=2"]),
];

#[test]
fn an_interrupted_run_equals_an_uninterrupted_one() {
    for (name, settings) in RUNS {
        let home = tempfile::tempdir().unwrap();
        let (whole, parts) = (home.path().join("whole"), home.path().join("parts"));
        let of = options(name, settings, &whole);
        let handle = begin(of.clone());
        sessions()
            .iter()
            .for_each(|session| perform(&handle, session));
        let sum = quit(handle).summary.weights_sha256;

        // The run is left after each session, and uses another number of threads.
        let of = Options {
            threads: 1,
            ..options(name, settings, &parts)
        };
        let mut last = None;
        for (number, session) in sessions().iter().enumerate() {
            let handle = match number {
                0 => begin(of.clone()),
                _ => resume(&parts, of.preset.steps, &of),
            };
            perform(&handle, session);
            last = quit(handle).summary.weights_sha256;
        }
        assert_eq!(state(&parts), state(&whole), "{name}");
        assert_eq!(last, sum);
        assert!(sum.is_some());
        // Steps of G alone right after a start measure nothing, because D's part is that of an earlier step.
        for (out, compared) in [(&whole, 12), (&parts, 10)] {
            let same = Verdict::Same {
                steps: 12,
                compared,
                state: Some(12),
            };
            assert_eq!(replayed(out), same, "{name}");
        }
    }
}

#[test]
fn changes_planned_beforehand_are_made_once() {
    let home = tempfile::tempdir().unwrap();
    let run = |out: &Path, stops: &[u64]| {
        let at = |step, key: &str, value: &str| Scheduled {
            step,
            key: key.into(),
            value: value.into(),
        };
        let mut of = options("ring", &["batch=16", "steps=9"], out);
        of.at = vec![
            at(3, "gain", "8.0"),
            at(5, "spectral.enabled", "false"),
            at(5, "gain", "8.0"),
            at(8, "spectral.enabled", "true"),
        ];
        of.paused = true;
        of.preset = of.preset.until(stops[0]);
        of.live = false;
        let mut ended = begin(of.clone()).wait();
        for &stop in &stops[1..] {
            ended = resume(out, stop, &of).wait();
        }
        assert_eq!(ended.error, None);
        (state(out), ended.summary.weights_sha256)
    };
    let whole = home.path().join("whole");
    let one = run(&whole, &[9]);
    let two = home.path().join("parts");
    assert_eq!(run(&two, &[2, 4, 5, 7, 9]), one);
    let sets = |out: &Path| {
        let journal = Folder::open(out).unwrap().place("journal.jsonl");
        let past = JournalIndex::read(&journal).unwrap();
        let lines = past.readable().iter().map(|line| past.entry(line).unwrap());
        lines
            .filter(|line| matches!(line.event, Event::Set { .. }))
            .collect::<Vec<_>>()
    };
    assert_eq!(sets(&two), sets(&whole));
    assert_eq!(sets(&two).len(), 3);
}

#[test]
fn a_rewind_restores_everything_and_the_journal_keeps_both_branches() {
    let home = tempfile::tempdir().unwrap();
    let settings = ["batch=16", "samples.count=4"];
    let (there, back) = (home.path().join("there"), home.path().join("back"));
    let handle = begin(options("ring", &settings, &there));
    step(&handle, steps(6));
    quit(handle);

    let handle = begin(options("ring", &settings, &back));
    step(&handle, steps(4));
    execute(&handle, &[Command::Mark]);
    execute(
        &handle,
        &[set("gain", "1.0"), set("spectral.enabled", "false")],
    );
    step(&handle, steps(5));
    let nine = handle.snapshot();
    assert_eq!((nine.step, nine.settings.gain), (9, 1.0));
    let marked = |snapshot: &Snapshot| snapshot.states.iter().any(|s| s.marked && s.step == 4);
    assert!(marked(&nine), "{:?}", nine.states);

    let four = execute(&handle, &[Command::Rewind(4)]);
    assert_eq!((four.step, four.status), (4, Status::Paused));
    assert_eq!(
        (four.settings.gain, four.settings.spectral.enabled),
        (16.0, true)
    );
    let left = handle.branch().unwrap();
    assert_eq!(
        (left.step, left.history.get("loss_d").unwrap().recent.len()),
        (9, 9)
    );
    assert_eq!(handle.history().get("loss_d").unwrap().recent.len(), 4);
    let refused = execute(&handle, &[Command::Rewind(77)]);
    assert!(
        refused
            .notice
            .unwrap()
            .text
            .contains("no checkpoint of step 77")
    );
    step(&handle, steps(2));
    quit(handle);
    assert_eq!(state(&back), state(&there));
    let verdict = replayed(&back);
    assert!(
        matches!(verdict, Verdict::Same { steps: 6, .. }),
        "{verdict}"
    );
}

#[test]
fn a_run_is_resumed_from_an_earlier_checkpoint() {
    let home = tempfile::tempdir().unwrap();
    let settings = ["batch=16", "checkpoints.keep=9"];
    let (there, back) = (home.path().join("there"), home.path().join("back"));
    let of = options("ring", &settings, &there);
    let handle = begin(of.clone());
    step(&handle, steps(5));
    quit(handle);

    let handle = begin(options("ring", &settings, &back));
    step(&handle, steps(3));
    quit(handle);
    let handle = resume(&back, of.preset.steps, &of);
    execute(&handle, &[set("gain", "1.0")]);
    step(&handle, steps(4));
    quit(handle);
    let wrong = load(&back, Some(4)).unwrap_err().to_string();
    assert!(
        wrong.contains("no checkpoint of step 4: there are those of steps 0, 3, 7"),
        "{wrong}"
    );
    let handle = resume_from(load(&back, Some(3)).unwrap(), of.preset.steps, &of);
    step(&handle, steps(2));
    quit(handle);
    assert_eq!(state(&back), state(&there));
    let verdict = replayed(&back);
    assert!(
        matches!(verdict, Verdict::Same { steps: 5, .. }),
        "{verdict}"
    );
}

#[test]
fn a_kill_after_a_rewind_does_not_restore_the_branch() {
    let home = tempfile::tempdir().unwrap();
    let settings = ["batch=16", "checkpoints.keep=9"];
    let (there, back) = (home.path().join("there"), home.path().join("back"));
    let of = options("ring", &settings, &there);
    let handle = begin(of.clone());
    step(&handle, steps(3));
    execute(&handle, &[set("gain", "2.0")]);
    step(&handle, steps(4));
    quit(handle);

    let handle = begin(options("ring", &settings, &back));
    step(&handle, steps(3));
    execute(&handle, &[Command::Mark, set("spectral.enabled", "false")]);
    step(&handle, steps(5));
    execute(&handle, &[Command::Mark, Command::Rewind(3)]);
    execute(&handle, &[set("gain", "2.0")]);
    step(&handle, steps(2));
    quit(handle);
    // The checkpoint is removed as if the run had been killed before it.
    std::fs::remove_file(back.join("checkpoints/step-000005.safetensors")).unwrap();
    std::fs::remove_file(back.join("summary.json")).unwrap();
    let again = load(&back, None).unwrap();
    let saved = again.checkpoint.as_ref().unwrap().position.step;
    assert!(saved == 3 || saved == 4, "{saved}");
    let handle = resume_from(again, of.preset.steps, &of);
    step(&handle, steps(7 - saved));
    assert_eq!(handle.snapshot().settings.gain, 2.0);
    quit(handle);
    assert_eq!(state(&back), state(&there));
    let verdict = replayed(&back);
    assert!(
        matches!(verdict, Verdict::Same { steps: 7, .. }),
        "{verdict}"
    );
}

#[test]
fn a_replay_ends_where_a_rewind_did() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let handle = begin(options("ring", &["batch=16"], &out));
    step(&handle, steps(2));
    execute(&handle, &[Command::Mark, set("gain", "2.0")]);
    step(&handle, steps(4));
    execute(&handle, &[Command::Rewind(2)]);
    quit(handle);
    let verdict = replayed(&out);
    assert!(
        matches!(verdict, Verdict::Same { steps: 2, .. }),
        "{verdict}"
    );
}

#[test]
fn changes_after_the_last_step_are_part_of_the_replayed_state() {
    // Switching spectral normalization off folds the weights at once.
    let off = || set("spectral.enabled", "false");
    for commands in [
        vec![off()],
        vec![off(), Command::Mark, set("spectral.enabled", "true")],
        vec![Command::Mark, off(), set("gain", "2.0")],
    ] {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("out");
        let handle = begin(options("ring", &["batch=16"], &out));
        step(&handle, steps(3));
        execute(&handle, &commands);
        quit(handle);
        let verdict = replayed(&out);
        let whole = matches!(
            verdict,
            Verdict::Same {
                steps: 3,
                state: Some(3),
                ..
            }
        );
        assert!(whole, "{commands:?}: {verdict}");
    }
}

#[test]
fn a_replay_repeats_updates_that_are_not_finite() {
    let home = tempfile::tempdir().unwrap();
    let stopped = home.path().join("stopped");
    let settings = ["batch=16", "spectral.enabled=false"];
    let at = |step, value: &str| Scheduled {
        step,
        key: "discriminator.learning_rate".into(),
        value: value.into(),
    };
    let headless = Options {
        at: vec![at(4, "1e30")],
        live: false,
        ..options("ring", &settings, &stopped)
    };
    assert!(begin(headless).wait().error.unwrap().contains("not finite"));
    let verdict = replayed(&stopped);
    assert!(matches!(verdict, Verdict::Same { .. }), "{verdict}");

    // The run is repaired at once, by another setting.
    let repaired = home.path().join("repaired");
    let handle = begin(options("ring", &["batch=16"], &repaired));
    step(&handle, steps(3));
    execute(
        &handle,
        &[Command::Mark, set("gain", "1e38"), Command::Resume],
    );
    let paused =
        |snapshot: &Snapshot| snapshot.status == Status::Paused && !snapshot.alarms.is_empty();
    until(&handle, paused);
    execute(&handle, &[set("gain", "16.0")]);
    step(&handle, steps(3));
    quit(handle);
    let verdict = replayed(&repaired);
    assert!(matches!(verdict, Verdict::Same { .. }), "{verdict}");
}

#[test]
fn changes_before_a_kill_precede_changes_after_the_resume() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let of = options("ring", &["batch=16", "checkpoints.keep=9"], &out);
    let handle = begin(of.clone());
    step(&handle, steps(3));
    execute(&handle, &[Command::Mark, set("gain", "1.0")]);
    quit(handle);
    // The checkpoint is removed as if the run had been killed after the change.
    std::fs::remove_file(out.join("checkpoints/step-000003.safetensors")).unwrap();
    let handle = resume(&out, of.preset.steps, &of);
    let changed = execute(&handle, &[set("n_dis", "1")]);
    assert_eq!((changed.settings.gain, changed.settings.n_dis), (1.0, 1));
    let changed = execute(&handle, &[set("gain", "2.0")]);
    assert_eq!(changed.settings.gain, 2.0);
    step(&handle, steps(2));
    assert_eq!(handle.snapshot().settings.gain, 2.0);
    quit(handle);
    let verdict = replayed(&out);
    assert!(
        matches!(verdict, Verdict::Same { steps: 5, .. }),
        "{verdict}"
    );
}

#[test]
fn a_changed_run_is_refused_with_the_reason() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let handle = begin(options("ring", &["batch=16"], &out));
    step(&handle, steps(1));
    quit(handle);
    let numerics = format!("\"numerics\": {}", sn_tui::rundir::about::NUMERICS);
    for (file, old, new, reason) in [
        (
            "preset.ron",
            "gain: 16.0",
            "gain: 17.0",
            "it was changed since",
        ),
        (
            "run.json",
            numerics.as_str(),
            "\"numerics\": 99",
            "with numerics 99",
        ),
        (
            "run.json",
            "\"schema\": 1",
            "\"schema\": 99",
            "of a newer program",
        ),
        (
            "run.json",
            "\"seed\": 3",
            "\"seed\": 4",
            "another run: ring, seed 3",
        ),
    ] {
        let path = out.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file}: {text}");
        std::fs::write(&path, text.replace(old, new)).unwrap();
        let said = match load(&out, None) {
            Ok(stored) => stored.warnings.join("; "),
            Err(error) => error.to_string(),
        };
        assert!(said.contains(reason), "{said}");
        std::fs::write(&path, text).unwrap();
    }
    assert!(load(&out, None).unwrap().warnings.is_empty());
}
