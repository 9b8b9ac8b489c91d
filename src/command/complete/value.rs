//! What a value can be, and what is offered for it.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use clap_complete::{
    CompletionCandidate,
    engine::{PathCompleter, ValueCompleter},
};

use super::{super::topics, Given};
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

/// Runs that are offered at most.
const MOST: usize = 1000;

/// A kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Preset,
    Setting,
    Change,
    Optimizer,
    Run,
    /// A step of which the run that is named has a checkpoint.
    Step,
    Network,
    Device,
    /// What there is help about.
    Topic,
    Folder,
    /// A file whose name ends so; every one where none is said.
    File(Option<&'static str>),
}

impl Kind {
    /// The kind of a value that the command line's description calls so; none of free text and numbers.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "PRESET" => Self::Preset,
            "K=V" => Self::Setting,
            "STEP:K=V" => Self::Change,
            "A..F" => Self::Optimizer,
            "RUN" => Self::Run,
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

    /// What begins with the word.
    pub fn offer(self, word: &OsStr, given: &Given) -> Vec<CompletionCandidate> {
        match self {
            Self::Folder => PathCompleter::dir().complete(word),
            Self::File(None) => PathCompleter::file().complete(word),
            Self::File(Some(end)) => {
                let is_such = move |path: &Path| path.extension().is_some_and(|e| e == end);
                PathCompleter::any().filter(is_such).complete(word)
            }
            of_words => match word.to_str() {
                Some(word) => of_words.offer_words(word, given),
                None => Vec::new(),
            },
        }
    }

    fn offer_words(self, word: &str, given: &Given) -> Vec<CompletionCandidate> {
        let preset = || given.preset();
        let all = match self {
            Self::Preset => presets(),
            Self::Optimizer => optimizer_settings(),
            Self::Setting => preset().map_or_else(Vec::new, |p| setting(word, &p, settings)),
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
            Self::Step => steps(given),
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
        let begun = all.into_iter().filter(|one| one.text.starts_with(word));
        begun.map(told).collect()
    }
}

fn told(candidate: Candidate) -> CompletionCandidate {
    let about = Some(candidate.about).filter(|about| !about.is_empty());
    CompletionCandidate::new(candidate.text).help(about.map(Into::into))
}

/// Ways in which `path=value` can go on. Parts of settings are many: they come when their whole is written out.
fn setting(word: &str, preset: &Preset, all: fn(&Preset) -> Vec<Candidate>) -> Vec<Candidate> {
    if let Some((path, _)) = word.split_once('=') {
        let with_path = |one: Candidate| Candidate {
            text: format!("{path}={}", one.text),
            ..one
        };
        return values(preset, path).into_iter().map(with_path).collect();
    }
    let begun = all(preset)
        .into_iter()
        .filter(|one| one.text.starts_with(word));
    let (of_table, parts): (Vec<_>, Vec<_>) =
        begun.partition(|one| setting::exists(one.text.trim_end_matches('=')));
    if of_table.is_empty() { parts } else { of_table }
}

/// Runs by their names in `runs/`, and by their paths.
fn runs(word: &str) -> Vec<CompletionCandidate> {
    let folders = PathCompleter::any().filter(is_run).complete(word.as_ref());
    if word.contains('/') {
        return folders;
    }
    let names = find::names(Path::new(layout::RUNS)).unwrap_or_default();
    let begun = names.into_iter().filter(|name| name.starts_with(word));
    let names = begun
        .take(MOST)
        .map(|name| CompletionCandidate::new(name).help(Some("a run".into())));
    names.chain(folders).collect()
}

/// The steps of the checkpoints of the run that is named.
fn steps(given: &Given) -> Vec<Candidate> {
    let run = given.run.as_deref().and_then(|run| find(run).ok());
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
