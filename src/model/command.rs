//! What goes into the worker.

use serde::{Deserialize, Serialize};

use super::{Look, Updates};

/// A command and its number; the worker names the last number it has carried out in each snapshot, so that a front
/// end can show what is still pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Rises by one with each request of a front end, from 1.
    pub id: u64,
    pub command: Command,
}

/// What a person can ask of a running worker. Carried out between two steps, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Change a setting: a path of the preset (`spectral.iterations`) and a RON value, as in `--set`.
    Set { key: String, value: String },
    /// Stop before the next step.
    Pause,
    /// Go on.
    Resume,
    /// Make so many steps with updates of these networks, then pause.
    Step { updates: Updates, count: u64 },
    /// At most so many steps a second (slow motion); none: as fast as it goes.
    Pace(Option<f32>),
    /// Write a picture of the present samples into the run directory.
    SavePicture,
    /// What the front end shows of what takes work to look at; it is made on a schedule while it is watched, and at once
    /// where it is missing.
    Watch(Vec<Look>),
    /// Make samples of latents on the way from the fixed latent of one sample to that of another; none ends it.
    Interpolate(Option<(usize, usize)>),
    /// Begin a GIF of the samples over time; each new picture becomes a frame.
    StartGif,
    /// Write the GIF that was begun.
    StopGif,
    /// Write a picture of the whole screen (an SVG document) into the run directory.
    SaveScreen(String),
    /// Save a checkpoint now, beside those that are due.
    Save,
    /// Save a checkpoint that stays.
    Mark,
    /// Go back to the checkpoint of this step, the last one made of it, and pause.
    Rewind(u64),
    /// Finish the step, write what a run leaves behind, end.
    Quit,
    /// The screen is gone and nobody watches: from now on the run ends, and deals with what goes wrong, as one without a
    /// screen does.
    GoHeadless,
    /// End in a hurry, for a signal: without scores.
    Terminate,
    /// End at once, for a scheduler's signal: checkpoint and weights, nothing else.
    Preempt,
}
