//! Kinds of values and their candidates.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use clap_complete::{
    CompletionCandidate,
    engine::{PathCompleter, ValueCompleter},
};

use super::{super::topics, Context};
use crate::{
    command::bench::networks::PEERS,
    preset::{
        Preset,
        complete::{Candidate, live, optimizer_settings, presets, settings, values},
        setting,
    },
    rundir::{
        layout,
        record::{checkpoints, find, is_run},
    },
};

/// Number of runs that are offered, at most.
const MAX_RUNS: usize = 1000;

/// A kind of value of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Preset,
    Setting,
    /// A planned change, `STEP:K=V`.
    Change,
    /// An optimizer setting, A to F.
    Optimizer,
    Run,
    /// A lane, or all.
    Lane,
    /// A step with a checkpoint of the named run.
    Step,
    Network,
    Device,
    /// A topic of `help`.
    Topic,
    Folder,
    /// A file with this extension, or any file.
    File(Option<&'static str>),
}

impl Kind {
    /// Returns the kind of a value by its name in the definition of the arguments, `None` for free text and numbers.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "PRESET" => Self::Preset,
            "K=V" => Self::Setting,
            "STEP:K=V" => Self::Change,
            "A..F" => Self::Optimizer,
            "RUN" => Self::Run,
            "LANE" => Self::Lane,
            "STEP" => Self::Step,
            "NETWORK" => Self::Network,
            "DEVICE" => Self::Device,
            "TOPIC" => Self::Topic,
            "DIR" => Self::Folder,
            "FILE" | "PATH" => Self::File(None),
            "FILE.ron" => Self::File(Some("ron")),
            "FILE.safetensors" => Self::File(Some("safetensors")),
            _ => return None,
        })
    }

    /// Returns the candidates that begin with `word`.
    pub(super) fn candidates(self, word: &OsStr, context: &Context) -> Vec<CompletionCandidate> {
        match self {
            Self::Folder => PathCompleter::dir().complete(word),
            Self::File(None) => PathCompleter::file().complete(word),
            Self::File(Some(end)) => {
                let has_extension = move |path: &Path| path.extension().is_some_and(|e| e == end);
                PathCompleter::any().filter(has_extension).complete(word)
            }
            _ => match word.to_str() {
                Some(word) => self.words(word, context),
                None => Vec::new(),
            },
        }
    }

    fn words(self, word: &str, context: &Context) -> Vec<CompletionCandidate> {
        let preset = || context.preset();
        let all = match self {
            Self::Preset => presets(),
            Self::Optimizer => optimizer_settings(),
            Self::Setting => {
                let all = if context.live { live } else { settings };
                preset().map_or_else(Vec::new, |p| setting(word, &p, all))
            }
            Self::Change => match word.split_once(':') {
                Some((step, change)) => {
                    let all = preset().map_or_else(Vec::new, |p| setting(change, &p, live));
                    let with_step = |one: Candidate| Candidate {
                        text: format!("{step}:{}", one.text),
                        ..one
                    };
                    all.into_iter().map(with_step).collect()
                }
                None => Vec::new(),
            },
            Self::Run => return runs(word),
            Self::Lane => ["a", "b", "c", "d", "*"]
                .map(|name| Candidate::new(name, ""))
                .to_vec(),
            Self::Step => steps(context),
            Self::Network => PEERS
                .map(|name| Candidate::new(name, "a network of benches/torch_step.py"))
                .to_vec(),
            Self::Device => ["auto", "cpu", "cuda", "cuda:0"]
                .map(|name| Candidate::new(name, ""))
                .to_vec(),
            Self::Topic => {
                let names = topics::names();
                names.iter().map(|name| Candidate::new(name, "")).collect()
            }
            Self::Folder | Self::File(_) => Vec::new(),
        };
        let matching = all.into_iter().filter(|one| one.text.starts_with(word));
        matching.map(with_help).collect()
    }
}

fn with_help(candidate: Candidate) -> CompletionCandidate {
    let about = Some(candidate.about).filter(|about| !about.is_empty());
    CompletionCandidate::new(candidate.text).help(about.map(Into::into))
}

/// Returns the candidates for `path=value`. Parts of a setting are offered only after its full name, because there are
/// many.
fn setting(word: &str, preset: &Preset, all: fn(&Preset) -> Vec<Candidate>) -> Vec<Candidate> {
    if let Some((path, _)) = word.split_once('=') {
        let with_path = |one: Candidate| Candidate {
            text: format!("{path}={}", one.text),
            ..one
        };
        return values(preset, path).into_iter().map(with_path).collect();
    }
    let matching = all(preset)
        .into_iter()
        .filter(|one| one.text.starts_with(word));
    let (of_table, parts): (Vec<_>, Vec<_>) =
        matching.partition(|one| setting::exists(one.text.trim_end_matches('=')));
    if of_table.is_empty() { parts } else { of_table }
}

/// Returns the runs whose name in `runs/`, or whose path, begins with `word`.
fn runs(word: &str) -> Vec<CompletionCandidate> {
    let folders = PathCompleter::any().filter(is_run).complete(word.as_ref());
    if word.contains('/') {
        return folders;
    }
    let names = find::names(Path::new(layout::RUNS)).unwrap_or_default();
    let matching = names.into_iter().filter(|name| name.starts_with(word));
    let names = matching
        .take(MAX_RUNS)
        .map(|name| CompletionCandidate::new(name).help(Some("a run".into())));
    names.chain(folders).collect()
}

/// Returns the steps of the checkpoints of the named run.
fn steps(context: &Context) -> Vec<Candidate> {
    let run = context.run.as_deref().and_then(|run| find(run).ok());
    let files = run.map_or_else(Vec::new, |run: PathBuf| checkpoints(&run));
    let mut all: Vec<Candidate> = Vec::new();
    for file in files {
        let text = file.step.to_string();
        if all.iter().all(|known| known.text != text) {
            let about = if file.marked {
                "marked"
            } else {
                "a checkpoint"
            };
            all.push(Candidate::new(text, about));
        }
    }
    all
}
