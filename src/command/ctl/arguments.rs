//! The arguments of `ctl`.

use clap::{Args, Subcommand, ValueEnum, builder::RangedU64ValueParser};

use crate::{
    command::Invalid,
    model::{Assignment, LaneId, Target, Updates},
};

/// Arguments of `ctl`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    disable_help_subcommand = true,
    after_help = "Examples:
  sn-tui ctl runs/mine set gain=2 n_dis=1 --note 'D is too weak'
  sn-tui ctl runs/mine fork spectral.enabled=false
  sn-tui ctl runs/mine set gain=4 --lane b
  sn-tui ctl runs/mine get measures --lane '*'
  sn-tui ctl runs/mine get measures --around 620 --window 20
  sn-tui ctl runs/mine follow | jq .loss_d

A verb acts between two steps and answers with one JSON object: {\"applied\": true, \"step\": 620, \"changes\": […]} (exit code 0) or {\"applied\": false, \"why\": \"…\"} (1, and 3 if nobody is there). The journal names the verb's user and its note. `sn-tui help ctl` has all answers."
)]
pub struct CtlArgs {
    /// The run: its folder, name or id; a lane's folder is that lane
    #[arg(value_name = "RUN")]
    pub run: String,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
    /// The lane to act on, or * for all [default: a, or the one whose folder RUN is]
    #[arg(long, value_name = "LANE", global = true)]
    pub lane: Option<Target>,
    /// Why: the journal keeps it
    #[arg(long, value_name = "TEXT", global = true, allow_hyphen_values = true)]
    pub note: Option<String>,
}

/// What a program can do with a run.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Verb {
    /// Change settings together, before the next step
    Set {
        /// Settings and their new values, as for --set of `run`
        #[arg(value_name = "K=V", required = true, value_parser = assignment)]
        changes: Vec<Assignment>,
    },
    /// Pause before the next step, with all lanes
    Pause,
    /// Go on with steps of both networks, with all lanes
    Go,
    /// Make steps, then pause, with all lanes; answers at once
    Step {
        /// Number of steps
        #[arg(value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
        count: u64,
        /// The network that is updated alone
        #[arg(long, value_name = "NETWORK")]
        of: Option<Of>,
    },
    /// Save a checkpoint that is never pruned
    Mark,
    /// Go back to the state of a saved step, and pause, with all lanes
    Rewind {
        /// The step of the state
        #[arg(value_name = "STEP")]
        step: u64,
    },
    /// Split a lane off, at the present step, with these changes
    Fork {
        /// Settings that the new lane changes
        #[arg(value_name = "K=V", value_parser = assignment)]
        changes: Vec<Assignment>,
        /// Bring this lane back, which was ended, instead of a copy
        #[arg(long, value_name = "LANE")]
        from: Option<LaneId>,
    },
    /// End a lane other than a: it is saved as a finished run
    Join {
        /// The lane to end
        #[arg(value_name = "LANE")]
        ended: LaneId,
    },
    /// Write a note into the journal
    Note {
        /// The note
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Save a checkpoint now
    Save,
    /// End the run after the current step, with all its final files
    Quit,
    /// Print the state of the run
    Get {
        /// What to print [default: all]
        #[arg(value_name = "WHAT")]
        what: Vec<What>,
        /// Print the measures of the steps around this one, instead of the last ones
        #[arg(long, value_name = "STEP")]
        around: Option<u64>,
        /// Steps before and after the one of --around
        #[arg(long, value_name = "N", default_value_t = 10, requires = "around")]
        window: u64,
    },
    /// Print a line for every step and every entry of the journal from now on, until the run ends
    Follow,
}

/// A network that is updated alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Of {
    G,
    D,
}

/// A part of the state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    Settings,
    Measures,
    Scores,
    Alarms,
    Spectra,
    Lanes,
}

impl What {
    /// All parts, in the order in which they are printed.
    pub const ALL: [Self; 6] = [
        Self::Settings,
        Self::Measures,
        Self::Scores,
        Self::Alarms,
        Self::Spectra,
        Self::Lanes,
    ];

    /// The key of the part.
    pub fn name(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Measures => "measures",
            Self::Scores => "scores",
            Self::Alarms => "alarms",
            Self::Spectra => "spectra",
            Self::Lanes => "lanes",
        }
    }
}

impl From<Option<Of>> for Updates {
    fn from(of: Option<Of>) -> Self {
        match of {
            None => Self::Both,
            Some(Of::G) => Self::Generator,
            Some(Of::D) => Self::Discriminator,
        }
    }
}

/// Parses `KEY=VALUE`.
fn assignment(text: &str) -> Result<Assignment, Invalid> {
    let (key, value) = text
        .split_once('=')
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| Invalid::Expected("KEY=VALUE, such as gain=2".to_owned()))?;
    Ok(Assignment {
        key: key.to_owned(),
        value: value.to_owned(),
    })
}
