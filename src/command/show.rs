//! `sn-tui show`: what a run is made from, or how one went.

use clap::Args;

use super::{Error, effective, records};
use crate::{
    model::RunRequest,
    preset::{OptimizerSetting, print},
    text::streams::write_out,
};

/// A preset to print.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui show digits
  sn-tui show ring --set batch=512 > mine.ron
  sn-tui show a1b2c3                  what a run was made from
  sn-tui show a1b2c3 --about          how it went: steps, time, changes, alarms, checkpoints, scores")]
pub struct ShowArgs {
    /// A built-in preset, a path (ends in .ron or holds a /): a file, or a run's folder; or a run's name or id
    #[arg(value_name = "PRESET|FILE.ron|RUN")]
    pub preset: String,
    /// Tell how a run went instead
    #[arg(long, conflicts_with_all = ["setting", "set"])]
    pub about: bool,
    /// The same as a JSON object
    #[arg(long, conflicts_with_all = ["setting", "set"])]
    pub json: bool,
    /// Optimizer setting of the paper's table 1 for both networks: learning rate, betas, D updates
    #[arg(long, value_name = "A..F")]
    pub setting: Option<OptimizerSetting>,
    /// Change a setting of the preset: a path and a RON value; repeatable
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
}

/// Prints the effective RON of a preset, or tells how a run went.
///
/// # Errors
/// A preset or setting that is refused, a name of no run; standard output fails.
pub(super) fn show(arguments: &ShowArgs) -> Result<(), Error> {
    if arguments.about || arguments.json {
        let directory = records::find(&arguments.preset)?;
        return records::about(&directory, arguments.json);
    }
    let effective = effective(&RunRequest {
        preset: Some(arguments.preset.clone()),
        setting: arguments.setting,
        set: arguments.set.clone(),
        ..RunRequest::default()
    })?;
    let text = print(&effective.preset, &effective.name);
    Ok(write_out(text.as_bytes())?)
}
