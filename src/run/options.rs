//! What a run is started with.

use std::{path::PathBuf, sync::Arc};

use clap::ValueEnum;

use super::device::Device;
use crate::{
    preset::{self, Preset, Scheduled},
    rundir::about::{About, NUMERICS, SCHEMA, environment, hash, now},
    weights::Init,
};

/// What a run does that nobody watches where a loss or gradient is not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnNan {
    /// End, with an error.
    #[default]
    Stop,
    /// Go back to the last checkpoint at half the learning rates, at most three times.
    Rewind,
}

/// Everything that a run is started with, besides its engine.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the preset.
    pub name: String,
    /// The effective preset; its `steps` are those of the run.
    pub preset: Preset,
    pub seed: u64,
    /// Weights to start from; none: fresh ones.
    pub init: Option<Arc<Init>>,
    /// Threads that compute, at least 1. Results do not depend on them.
    pub threads: usize,
    /// Where it trains.
    pub device: Device,
    /// The run's own directory; none: a new one under `runs/`.
    pub out: Option<PathBuf>,
    /// Changes decided beforehand, already tried on the preset (see [`preset::schedule`](crate::preset::schedule())).
    pub at: Vec<Scheduled>,
    /// Whether a person is watching: the worker then stays when all steps are made, and pauses where a loss is not
    /// finite; else it ends.
    pub live: bool,
    /// Whether a live run begins at rest.
    pub paused: bool,
    /// What to do where a loss or gradient is not finite and nobody is watching.
    pub on_nan: OnNan,
    /// Steps between two readings of the measures: 1 where they cost nothing.
    pub measure_every: u64,
    /// Steps between two lines; none where nobody reads lines.
    pub log_every: Option<u64>,
}

impl About {
    /// Of a run that begins now.
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
    fn what_is_written_is_read() {
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
