//! Alarms of real runs: healthy runs raise none, and each alarm is raised by a run that is made to fail.

mod failing;
mod healthy;
mod margins;
mod repaired;

use std::{fs, path::Path, time::Duration};

use margins::Margins;
use sn_tui::{
    model::{Command, Entry, Event, Watched},
    preset::{builtin::builtin, schedule, set_all},
    run::{self, Device, Handle, Options},
};

/// The run to train.
#[derive(Clone, Copy, Debug, Default)]
struct Plan<'a> {
    preset: &'a str,
    seed: u64,
    /// The number of steps; 0 for the preset's own.
    steps: u64,
    settings: &'a [&'a str],
    /// Live changes in the form of `--at`.
    at: &'a [&'a str],
}

/// The result of a run.
struct Trained {
    journal: Vec<Entry>,
    margins: Margins,
}

impl Plan<'_> {
    /// Starts the run with the real engine on one thread.
    fn start(&self, out: &Path, live: bool) -> Handle {
        let preset = set_all(&builtin(self.preset).unwrap(), self.settings).unwrap();
        let steps = match self.steps {
            0 => preset.steps,
            steps => steps,
        };
        let preset = set_all(&preset, &[format!("steps={steps}")]).unwrap();
        let device = Device::Cpu;
        let options = Options {
            at: schedule(&preset, self.at).unwrap(),
            seed: self.seed,
            live,
            log_every: Some(1),
            ..Options::new(self.preset, preset, out)
        };
        let handle = run::start(options, move |preset, seed| device.build(preset, seed)).unwrap();
        // Spectra are watched, as on the screen, so that every alarm has its input.
        handle.send(Command::Watch(vec![Watched::Spectra])).unwrap();
        handle
    }

    fn train(&self) -> Trained {
        let out = tempfile::tempdir().unwrap();
        let mut handle = self.start(out.path(), false);
        let mut margins = Margins::default();
        for line in handle.take_lines().unwrap() {
            margins.take(&line, &handle.snapshot());
        }
        margins.curves(&handle.history(), &handle.snapshot());
        handle.wait();
        Trained {
            journal: journal(out.path()),
            margins,
        }
    }
}

fn journal(out: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(out.join("journal.jsonl")).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The key and text of an alarm that went on.
fn on(entry: &Entry) -> Option<(&str, &str)> {
    match &entry.event {
        Event::Alarm { key, text } => Some((key, text)),
        _ => None,
    }
}

/// The key and text of an alarm that went off.
fn off(entry: &Entry) -> Option<(&str, &str)> {
    match &entry.event {
        Event::AlarmEnd { key, text } => Some((key, text)),
        _ => None,
    }
}

/// Keys of the alarms that went on, or off.
fn keys(journal: &[Entry], turn: fn(&Entry) -> Option<(&str, &str)>) -> Vec<&str> {
    let turns = journal.iter().filter_map(turn);
    turns.map(|(key, _)| key).collect()
}

/// Waits until a snapshot meets a condition.
fn until(
    handle: &Handle,
    wanted: impl Fn(&run::Snapshot) -> bool,
) -> std::sync::Arc<run::Snapshot> {
    let start = std::time::Instant::now();
    loop {
        let snapshot = handle.snapshot();
        if wanted(&snapshot) {
            return snapshot;
        }
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{:?} at step {}: {:?}",
            snapshot.status,
            snapshot.step,
            snapshot.alarms
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}
