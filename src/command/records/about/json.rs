//! A run as JSON, for programs.

use std::{path::Path, time::SystemTime};

use jiff::Timestamp;
use serde::Serialize;

use super::started;
use crate::{
    model::{Parent, Scores},
    rundir::{
        journal::listing::ListedEntry,
        record::{CheckpointFile, Run, State},
    },
};

/// A run as `runs --json` prints it.
#[derive(Serialize)]
pub(crate) struct RunJson<'a> {
    name: &'a str,
    id: Option<&'a str>,
    directory: &'a Path,
    state: &'static str,
    /// Time of the last write of a silent run.
    silent_since: Option<String>,
    preset: Option<&'a str>,
    seed: Option<u64>,
    /// The state from which the run was forked.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a Parent>,
    device: Option<&'a str>,
    version: Option<&'a str>,
    numerics: Option<u32>,
    step: u64,
    steps: Option<u64>,
    seconds: Option<f64>,
    loss_d: Option<f32>,
    loss_g: Option<f32>,
    scores: Option<&'a Scores>,
    scores_step: Option<u64>,
    started: Option<String>,
    written: Option<String>,
    bytes: u64,
}

/// A run with its journal and checkpoints, as `show --json` prints it.
#[derive(Serialize)]
pub(crate) struct DetailsJson<'a> {
    #[serde(flatten)]
    run: RunJson<'a>,
    journal: Vec<&'a ListedEntry>,
    checkpoints: Vec<CheckpointJson<'a>>,
    problems: &'a [String],
}

/// A checkpoint.
#[derive(Serialize)]
struct CheckpointJson<'a> {
    step: u64,
    marked: bool,
    path: &'a Path,
    bytes: u64,
}

impl<'a> DetailsJson<'a> {
    /// Collects everything about a run.
    pub(crate) fn of(run: &'a Run) -> Self {
        Self {
            run: RunJson::of(run),
            journal: run.journal.entries().collect(),
            checkpoints: run.checkpoints.iter().map(CheckpointJson::of).collect(),
            problems: &run.problems,
        }
    }
}

impl<'a> CheckpointJson<'a> {
    fn of(file: &'a CheckpointFile) -> Self {
        Self {
            step: file.step,
            marked: file.marked,
            path: &file.path,
            bytes: file.bytes,
        }
    }
}

impl<'a> RunJson<'a> {
    /// Collects the figures of a run.
    pub(crate) fn of(run: &'a Run) -> Self {
        let last = run.last.as_ref().map(|point| &point.measures);
        let finite = |value: f32| Some(value).filter(|value| value.is_finite());
        Self {
            name: &run.name,
            id: run.id(),
            directory: &run.directory,
            state: run.state.name(),
            silent_since: match run.state {
                State::Silent(since) => stamp(since),
                _ => None,
            },
            preset: run.preset_name(),
            seed: run.about.seed,
            parent: run.about.parent.as_ref(),
            device: run.about.device.as_deref(),
            version: run.about.version.as_deref(),
            numerics: run.about.numerics,
            step: run.step,
            steps: run.steps(),
            seconds: run.seconds(),
            loss_d: last.and_then(|measures| finite(measures.loss_d)),
            loss_g: last.and_then(|measures| finite(measures.loss_g)),
            scores: run.scores.as_deref(),
            scores_step: run.scores.as_ref().map(|scores| scores.step),
            started: started(run).and_then(stamp),
            written: run.written.and_then(stamp),
            bytes: run.bytes,
        }
    }
}

/// Returns a time in RFC 3339, to the second.
fn stamp(time: SystemTime) -> Option<String> {
    let stamp = Timestamp::try_from(time).ok()?;
    Some(format!("{stamp:.0}"))
}
