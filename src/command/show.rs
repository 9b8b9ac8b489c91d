//! `sn-tui show`: the effective preset, or how a run went.

use clap::Args;

use super::{Error, effective, records};
use crate::{
    model::RunRequest,
    preset::{OptimizerSetting, print},
    text::streams::write_out,
};

/// Arguments of `show`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui show digits
  sn-tui show ring --set batch=512 > mine.ron
  sn-tui show a1b2c3                  the preset of a run
  sn-tui show a1b2c3 --about          how the run went")]
pub struct ShowArgs {
    /// A built-in preset, a path (ends in .ron or holds a /): a file, or a run's folder; or a run's name or id
    #[arg(value_name = "PRESET|FILE.ron|RUN")]
    pub preset: String,
    /// Print how a run went: state, steps, time, scores, checkpoints, changes, alarms
    #[arg(long, conflicts_with_all = ["setting", "set"])]
    pub about: bool,
    /// Print how a run went as a JSON object
    #[arg(long, conflicts_with_all = ["setting", "set"])]
    pub json: bool,
    /// Optimizer setting of the paper's table 1 for both networks: learning rate, betas, D updates
    #[arg(long, value_name = "A..F")]
    pub setting: Option<OptimizerSetting>,
    /// Change a setting of the preset: a path and a RON value; repeatable
    #[arg(long, value_name = "K=V")]
    pub set: Vec<String>,
}

/// Prints the effective RON of a preset, or how a run went.
///
/// # Errors
/// The preset or a setting is refused, no run has this name, or standard output fails.
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
