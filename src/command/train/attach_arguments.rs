//! `attach`.

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};

/// The run to attach to.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui attach                        the run in runs/ that goes on; where there are several, they are named
  sn-tui attach a1b2c3
  sn-tui attach runs/mine --view       look on, change nothing
  ssh -t box sn-tui attach a1b2c3 --take

The screen of a run that was started with --headless, or with --keep-running and has lost its terminal: the same keys and
commands. q leaves the run running; :quit-run ends it. One attached screen controls, others look on. The screen that
a run was started on keeps control as long as it is there.")]
pub struct AttachArgs {
    /// A run: its folder, its name in runs/, its id, or the beginning of either [default: the only one that goes on]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Only look on
    #[arg(long)]
    pub view: bool,
    /// Take control from another attached screen
    #[arg(long, conflicts_with = "view")]
    pub take: bool,
    /// Most frames a second
    #[arg(long, value_name = "N", default_value_t = crate::tui::FPS, value_parser = RangedU64ValueParser::<u32>::new().range(1..=240))]
    pub fps: u32,
    /// Keys of the screen: a RON file of actions and keys [default: sn-tui/keys.ron in the configuration folder]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub keys: Option<PathBuf>,
}
