//! What the demo does, and when: the requests of its two runs.

use crate::model::RunRequest;

/// The preset of both runs.
const PRESET: &str = "ring";
/// The setting that the demo is about.
const NORMALIZATION: &str = "spectral.enabled";

/// The steps of the demo, and how fast it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The step before which a lane with spectral normalization is split off the first run.
    pub fork: u64,
    /// Number of steps of both runs; `None` for those of the preset.
    pub steps: Option<u64>,
    /// The step of the second run before which spectral normalization is switched on.
    pub on: u64,
    /// Steps per second of the first and of the second run, so that texts can be read.
    pub paces: [f32; 2],
    /// Settings of both runs besides those of the experiment, as `--set` takes them.
    pub set: Vec<String>,
    /// Seed of both runs.
    pub seed: u64,
}

impl Plan {
    /// The plan of three minutes.
    pub fn new(seed: u64) -> Self {
        Self {
            fork: 2_000,
            steps: None,
            on: 1_001,
            paces: [80.0, 40.0],
            set: Vec::new(),
            seed,
        }
    }

    /// The run of two lanes: without spectral normalization, and with it from the fork on.
    pub fn first(&self) -> RunRequest {
        RunRequest {
            fork: vec![format!("{}:{NORMALIZATION}=true", self.fork)],
            ..self.without(&[])
        }
    }

    /// The run whose slope grows without end, under the Wasserstein loss.
    pub fn second(&self) -> RunRequest {
        RunRequest {
            at: vec![format!("{}:{NORMALIZATION}=true", self.on)],
            ..self.without(&["loss=wasserstein"])
        }
    }

    fn without(&self, set: &[&str]) -> RunRequest {
        let own = format!("{NORMALIZATION}=false");
        let set = set.iter().map(ToString::to_string);
        RunRequest {
            set: set.chain([own]).chain(self.set.clone()).collect(),
            steps: self.steps,
            seed: Some(self.seed),
            ..RunRequest::of(PRESET)
        }
    }
}
