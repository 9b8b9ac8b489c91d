//! The options of a run.

use std::{path::PathBuf, sync::Arc};

use clap::ValueEnum;

use super::device::Device;
use crate::{
    preset::{self, PlannedFork, Preset, Scheduled},
    rundir::about::{About, NUMERICS, SCHEMA, environment, hash, now},
    weights::Init,
};

/// Reaction of a headless run to a non-finite loss or gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnNan {
    /// End with an error.
    #[default]
    Stop,
    /// Rewind to the last checkpoint and halve the learning rates, at most three times.
    Rewind,
}

/// The options of a run, without its engine.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the preset.
    pub name: String,
    /// The effective preset. Its `steps` is the number of steps of the run.
    pub preset: Preset,
    /// Seed of the random streams.
    pub seed: u64,
    /// Weights to start from; `None` for fresh weights.
    pub init: Option<Arc<Init>>,
    /// Number of compute threads, at least 1. It does not affect results.
    pub threads: usize,
    /// The device that trains.
    pub device: Device,
    /// The run directory; `None` for a new one under `runs/`.
    pub out: Option<PathBuf>,
    /// Scheduled changes, already checked against the preset (see [`preset::schedule`](crate::preset::schedule())).
    pub at: Vec<Scheduled>,
    /// Lanes that are split off, already checked (see [`preset::plan`]).
    pub forks: Vec<PlannedFork>,
    /// Whether the run has a screen. A live run stays open after its last step and pauses after a non-finite loss; a
    /// headless run ends.
    pub live: bool,
    /// Whether a live run starts paused.
    pub paused: bool,
    /// Reaction of a headless run to a non-finite loss or gradient.
    pub on_nan: OnNan,
    /// A shell command that is started when an alarm goes on.
    pub on_alarm: Option<String>,
    /// Number of steps between two readings of the measures; 1 on the CPU, where reading is cheap.
    pub measure_every: u64,
    /// Number of steps between two lines of output; `None` without lines.
    pub log_every: Option<u64>,
}

impl Options {
    /// A live run of `preset` into `out` on one thread of the CPU, with seed 0 and without planned changes. Other options
    /// are built on it.
    pub fn new(name: &str, preset: Preset, out: impl Into<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            preset,
            seed: 0,
            init: None,
            threads: 1,
            device: Device::Cpu,
            out: Some(out.into()),
            at: Vec::new(),
            forks: Vec::new(),
            live: true,
            paused: false,
            on_nan: OnNan::default(),
            on_alarm: None,
            measure_every: 1,
            log_every: None,
        }
    }
}

impl About {
    /// The description of a run that starts now.
    pub fn new(options: &Options) -> Self {
        Self {
            schema: Some(SCHEMA),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            numerics: Some(NUMERICS),
            name: Some(options.name.clone()),
            seed: Some(options.seed),
            device: Some(options.device.to_string()),
            tf32: options.device.tf32(),
            compiler: options.device.compiler().map(str::to_owned),
            threads: Some(options.threads),
            started: Some(now()),
            at: Some(options.at.clone()),
            forks: options.forks.clone(),
            parent: None,
            preset: Some(hash(
                preset::print(&options.preset, &options.name).as_bytes(),
            )),
            init: options.init.as_ref().map(|init| init.sha256().to_owned()),
            environment: environment(),
            data: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{files::folder::Folder, run::fake};

    #[test]
    fn a_description_survives_a_round_trip() {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("run.json");
        let options = Options {
            at: vec![fake::at(3, "gain", "2.0")],
            ..fake::options(home.path())
        };
        let about = About::new(&options);
        let started = about.started.as_deref().unwrap();
        assert!(started.parse::<jiff::Timestamp>().is_ok(), "{started}");
        about.write(&place).unwrap();
        assert_eq!(About::read_strict(&place).unwrap(), about);
        place.write(b"{}").unwrap();
        assert!(About::read_strict(&place).is_err());
    }
}
