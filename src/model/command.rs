//! Commands to the worker.

use serde::{Deserialize, Serialize};

use super::{Assignment, LaneId, Updates, Watched};

/// A command with its number. Each snapshot has the number of the last request that the worker executed, so a front
/// end can show which requests are pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Number of the request: 1 for the first of a front end, then counting up.
    pub id: u64,
    /// The command to execute.
    pub command: Command,
}

impl Command {
    /// Whether the command acts on all lanes of a run.
    pub fn acts_on_all_lanes(&self) -> bool {
        match self {
            Self::Pause
            | Self::Resume
            | Self::Step { .. }
            | Self::Pace(_)
            | Self::Mark
            | Self::Rewind(_)
            | Self::Save
            | Self::Quit
            | Self::GoHeadless
            | Self::Terminate
            | Self::Preempt => true,
            Self::Set { .. }
            | Self::SetAll(_)
            | Self::Fork { .. }
            | Self::Join(_)
            | Self::Note(_)
            | Self::Publish
            | Self::SavePicture
            | Self::Watch(_)
            | Self::Interpolate(_)
            | Self::StartGif
            | Self::StopGif
            | Self::SaveScreen(_)
            | Self::SavePane(..) => false,
        }
    }
}

/// A command to a running worker. The worker executes commands in order, between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Change a setting, as `--set` does.
    Set {
        /// Path of the setting in the preset, for example `spectral.iterations`.
        key: String,
        /// The new value in RON.
        value: String,
    },
    /// Change several settings together: only the combination must be valid.
    SetAll(Vec<Assignment>),
    /// Split a lane off, at the present step. The lane that executes this goes on unchanged.
    Fork {
        /// The settings that the new lane changes.
        changes: Vec<Assignment>,
        /// A lane that was ended: it is brought back from where it ended, instead of a copy.
        from: Option<LaneId>,
    },
    /// End a lane: save it as a finished run. The other lanes go on.
    Join(LaneId),
    /// Write a note into the journal.
    Note(String),
    /// Publish the present state and write pending lines, for somebody who is about to read them.
    Publish,
    /// Pause before the next step.
    Pause,
    /// Continue with steps of both networks.
    Resume,
    /// Make a number of steps, then pause.
    Step {
        /// The networks that these steps update.
        updates: Updates,
        /// Number of steps.
        count: u64,
    },
    /// Limit the steps per second (slow motion); `None` removes the limit.
    Pace(Option<f32>),
    /// Write a picture of the current samples into the run directory.
    SavePicture,
    /// Replace the list of costly results that the front end shows. They are computed at once if missing, then
    /// repeatedly.
    Watch(Vec<Watched>),
    /// Interpolate between the fixed latents of two samples, given by index; `None` stops it.
    Interpolate(Option<(usize, usize)>),
    /// Start a GIF of the samples over time. Each new picture becomes a frame.
    StartGif,
    /// Finish the GIF and write it.
    StopGif,
    /// Write a picture of the whole screen (an SVG document) into the run directory.
    SaveScreen(String),
    /// Write a picture of one pane of the screen (an SVG document), and what it shows in numbers (CSV) if it shows any, into
    /// the run directory.
    SavePane(String, Option<String>),
    /// Save a checkpoint now, in addition to the scheduled ones.
    Save,
    /// Save a checkpoint that is never pruned.
    Mark,
    /// Rewind to the latest checkpoint of this step, and pause.
    Rewind(u64),
    /// End the run after the current step, with all its final files.
    Quit,
    /// Continue as a headless run, because the screen was closed. From now on the run ends by itself and handles
    /// errors like a headless run.
    GoHeadless,
    /// End because of a signal: skip the scores.
    Terminate,
    /// End because of a scheduler's signal: write only the checkpoint and the weights.
    Preempt,
}
