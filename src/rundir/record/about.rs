//! run.json and summary.json, read: who made a run, and what it came to.

use std::path::Path;

use serde::Deserialize;

use super::point::RawScores;
use crate::{
    files::open,
    model::Scores,
    rundir::{about::MOST_BYTES, layout},
    text::wording::unreadable,
};

/// Who made a run, as run.json has it; what an older or newer program leaves out is none.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct About {
    pub schema: Option<u64>,
    /// Of the program.
    pub version: Option<String>,
    /// Changes when the same preset and seed give other numbers.
    pub numerics: Option<u64>,
    /// Name of the preset.
    pub name: Option<String>,
    pub seed: Option<u64>,
    /// `cpu`, `cuda:0`.
    pub device: Option<String>,
    pub threads: Option<usize>,
    /// Date and time with the offset.
    pub started: Option<String>,
    /// Changes planned beforehand.
    pub at: Vec<Planned>,
    /// SHA-256 of the data; none until it is known.
    pub data: Option<String>,
    /// SHA-256 of the tensors that the weights began with, where they were given.
    pub init: Option<String>,
}

/// A change planned beforehand.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Planned {
    pub step: u64,
    pub key: String,
    pub value: String,
}

/// What a run came to when its process ended in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    pub steps: u64,
    /// Spent training, pauses left out.
    pub seconds: f64,
    pub weights_sha256: Option<String>,
    pub stopped: Stopped,
    pub scores: Option<Scores>,
}

/// Why it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    Done,
    User,
    Signal,
    Error,
}

#[derive(Deserialize)]
struct Raw {
    steps: u64,
    #[serde(default)]
    seconds: Option<f64>,
    #[serde(default)]
    weights_sha256: Option<String>,
    stopped: Stopped,
    #[serde(flatten)]
    scores: RawScores,
}

/// Reads run.json.
///
/// # Errors
/// Why it cannot be read; that there is none is no error.
pub fn read(directory: &Path) -> Result<Option<About>, String> {
    let Some(bytes) = bytes(directory, layout::ABOUT)? else {
        return Ok(None);
    };
    match serde_json::from_slice(&bytes) {
        Ok(about) => Ok(Some(about)),
        Err(error) => Err(format!("run.json cannot be understood: {error}")),
    }
}

/// Reads summary.json.
///
/// # Errors
/// As [`read`].
pub fn ending(directory: &Path) -> Result<Option<Ending>, String> {
    let Some(bytes) = bytes(directory, layout::SUMMARY)? else {
        return Ok(None);
    };
    match parse_ending(&bytes) {
        Ok(ending) => Ok(Some(ending)),
        Err(error) => Err(format!("summary.json cannot be understood: {error}")),
    }
}

pub(super) fn parse_ending(bytes: &[u8]) -> serde_json::Result<Ending> {
    /// As the last line of headless output has it.
    #[derive(Deserialize)]
    struct Wrapped {
        summary: Raw,
    }
    let raw: Raw = match serde_json::from_slice::<Wrapped>(bytes) {
        Ok(wrapped) => wrapped.summary,
        Err(_) => serde_json::from_slice(bytes)?,
    };
    Ok(Ending {
        steps: raw.steps,
        seconds: raw.seconds.filter(|s| s.is_finite()).unwrap_or(0.0),
        weights_sha256: raw.weights_sha256,
        stopped: raw.stopped,
        scores: raw.scores.scores(raw.steps),
    })
}

fn bytes(directory: &Path, name: &str) -> Result<Option<Vec<u8>>, String> {
    let read = open::read(&directory.join(name), MOST_BYTES);
    read.map_err(|error| unreadable(name, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_summary_are_understood() {
        let plain = r#"{"preset":"ring","seed":0,"steps":50,"seconds":2.5,"stopped":"signal","modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":null}"#;
        for text in [plain.to_owned(), format!("{{\"summary\":{plain}}}")] {
            let ending = parse_ending(text.as_bytes()).unwrap();
            assert_eq!((ending.steps, ending.stopped), (50, Stopped::Signal));
            assert_eq!(ending.scores.unwrap().step, 50);
        }
        assert!(parse_ending(b"{\"steps\":1}").is_err());
    }

    #[test]
    fn an_older_run_says_less() {
        let about: About = serde_json::from_str(r#"{"schema":1,"name":"ring","new":[1]}"#).unwrap();
        assert_eq!((about.name.as_deref(), about.seed), (Some("ring"), None));
        let home = tempfile::tempdir().unwrap();
        assert_eq!(read(home.path()), Ok(None));
        assert_eq!(ending(home.path()), Ok(None));
        std::fs::write(home.path().join("run.json"), "{").unwrap();
        assert!(read(home.path()).unwrap_err().contains("run.json"));
    }
}
