//! Opening the weights of a run, for `export` and `sample`.

use super::Error;
use crate::{
    text::streams::say,
    weights::{Origin, WeightsFile},
};

/// Opens the weights of `run` at `step`, by default its latest ones. Prints which files were skipped, and which prefixes
/// were removed from keys.
///
/// # Errors
/// There is no such run or file, or no file of it can be read.
pub(super) fn open(run: &str, step: Option<u64>) -> Result<WeightsFile, Error> {
    let stored = WeightsFile::open(run, step)?;
    for file in &stored.skipped {
        say(&format!("warning: skipped: {file}"));
    }
    if let Some(words) = stored.without_prefixes() {
        say(&format!(
            "note: {} is read {words}",
            stored.path().display()
        ));
    }
    Ok(stored)
}

/// Returns the step of weights as the end of a sentence, `, step 500`, or nothing if it is unknown.
pub(super) fn at_step(origin: &Origin) -> String {
    match origin.step {
        Some(step) => format!(", step {step}"),
        None => String::new(),
    }
}
