//! Why a request for a run is refused.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::preset::Diagnostic;

/// Why a request for a run is refused.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum RequestError {
    #[error("a quote is not closed")]
    OpenQuote,
    /// A word that is no option, or an option with a missing or wrong value.
    #[error("{}", message(.0))]
    Option(#[from] clap::Error),
    /// The preset or a setting.
    #[error("{}", .0)]
    Preset(#[from] Box<Diagnostic>),
    #[error("there is nothing at {}", .0.display())]
    NoFile(PathBuf),
    #[error("the data of {preset} are missing ({}): add --data PATH", path.display())]
    NoData { preset: String, path: PathBuf },
}

/// The error of a text that is not a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a whole number")]
pub(super) struct NotWhole;

/// The message of a clap error, without the prefix, usage and hint at `--help`.
fn message(error: &clap::Error) -> String {
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(word))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
        && !word.starts_with('-')
    {
        return format!(
            "`{word}` is neither an option nor KEY=VALUE; put a value with spaces in quotes"
        );
    }
    let text = error.to_string();
    let lines = text.lines().map(str::trim);
    let lines =
        lines.take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let said = lines.join("; ");
    said.strip_prefix("error: ").unwrap_or(&said).to_owned()
}
