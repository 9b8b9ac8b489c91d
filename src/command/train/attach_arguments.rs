//! The arguments of `attach`.

use clap::Args;

use crate::command::ScreenArgs;

/// Arguments of `attach`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui attach                        the only run in runs/ that is training
  sn-tui attach a1b2c3
  sn-tui attach runs/mine --view       view only
  ssh -t box sn-tui attach a1b2c3 --take

Shows a run that was started with --headless, or with --keep-running and has lost its terminal. Keys and commands are those of the live screen. q leaves the run running; :quit-run ends it. One attached screen controls the run, others view it. The screen on which a run was started keeps control while it is open.")]
pub struct AttachArgs {
    /// The run: its folder, its name in runs/, its id, or the beginning of either [default: the only one that is training]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// View the run without control
    #[arg(long)]
    pub view: bool,
    /// Take control from another attached screen
    #[arg(long, conflicts_with = "view")]
    pub take: bool,
    /// Flags of the screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}
