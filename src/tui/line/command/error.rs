//! Why a line is not carried out.

use crate::{
    model::{LaneId, NotALane, RequestError},
    preset::Diagnostic,
    tui::app::lanes::and,
};

/// Why a line, or a change of a setting, is not carried out. The message is shown beside the line.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum ParseError {
    #[error("there is no command `{word}`{}", hint(*nearest))]
    NoCommand {
        word: String,
        /// The command word that was probably meant.
        nearest: Option<&'static str>,
    },
    #[error("`{0}` takes nothing after it")]
    TakesNothing(String),
    #[error("`{0}` takes one number")]
    TakesOneNumber(String),
    #[error("`{0}` is not a number of steps")]
    NotSteps(String),
    #[error("`pace` takes steps a second, or full")]
    TakesPace,
    #[error("`{0}` is not a number of steps a second above 0")]
    NotPace(String),
    #[error("`rewind` takes the step of a saved state: {}", list(saved))]
    TakesState { saved: Vec<u64> },
    #[error("there is no saved state of step {text}: {}", list(saved))]
    NoState { text: String, saved: Vec<u64> },
    #[error("lane {lane} has no saved state of step {step}, and all lanes rewind together")]
    NoStateOfLane { lane: LaneId, step: u64 },
    #[error("`{word}` takes the name of a lane: {}", and(known))]
    TakesLane {
        word: &'static str,
        known: Vec<LaneId>,
    },
    #[error("there is no lane {lane}: going are {}", and(known))]
    NoLane { lane: LaneId, known: Vec<LaneId> },
    #[error(transparent)]
    NotALane(NotALane),
    #[error("lane {0} is going: `lane {0}` selects it")]
    LaneIsGoing(LaneId),
    #[error("lane a is the run itself: `quit-run` ends it, with all lanes")]
    JoinsTheRun,
    #[error("`{0}` takes settings: {0} gain=2 loss=hinge")]
    TakesSettings(&'static str),
    #[error("`{0}` is not KEY=VALUE; write it without spaces around =, as gain=2")]
    NotSetting(String),
    #[error("`note` takes a text")]
    TakesText,
    #[error("`sn` takes on or off, and may name a layer: sn d.2 off")]
    TakesSwitch,
    #[error("`{0}` is neither on nor off")]
    NotSwitch(String),
    #[error("there is no layer `{layer}`: {}", known.join(", "))]
    NoLayer { layer: String, known: Vec<String> },
    /// A setting that is unknown, or a value that it does not take.
    #[error("{}{}", .0.message, help(.0))]
    Setting(#[from] Box<Diagnostic>),
    #[error("`{0}` is fixed once a run has started")]
    Fixed(String),
    /// The preset of another run, or its options.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// The end of the message about an unknown word.
fn hint(nearest: Option<&str>) -> String {
    match nearest {
        Some(near) => format!(": did you mean `{near}`?"),
        None => "; Tab shows what there is".to_owned(),
    }
}

/// The steps of the saved states, as the end of a sentence.
fn list(saved: &[u64]) -> String {
    if saved.is_empty() {
        return "nothing is saved yet".to_owned();
    }
    let steps: Vec<String> = saved.iter().map(u64::to_string).collect();
    format!("saved are {}", steps.join(", "))
}

/// The help of a diagnostic after a colon; empty if it has none.
fn help(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.as_ref();
    help.map_or_else(String::new, |help| format!(": {help}"))
}
