//! `sn-tui demo`: a guided experiment on the live screen.

use std::path::PathBuf;

use clap::Args;

use super::{Setup, live::live};
use crate::{
    command::{self, ComputeArgs, Error, RunMode, ScreenArgs},
    run::OnNan,
    tui::{self, app::demo::Plan},
};

/// Arguments of `demo`.
#[derive(Clone, Debug, PartialEq, Args)]
#[command(after_help = "Examples:
  sn-tui demo
  sn-tui demo --seed 1 --out runs/demo

The preset ring trains without spectral normalization; at step 2,000 a lane with it is split off, and at step 8,000 both are compared. A second run, in DIR-2, then shows the explosion of D's slope under the Wasserstein loss, and how normalization ends it.

Esc leaves the demo at any time, and the run goes on by hand. All keys work meanwhile; who changes a setting leaves the demo as well.")]
pub struct DemoArgs {
    /// Folder for the files of the first run, new or empty [default: runs/DATE-PRESET-ID]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed of all random streams
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// What computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Flags of the screen.
    #[command(flatten)]
    pub screen: ScreenArgs,
}

/// Shows the demo and returns the exit code.
///
/// # Errors
/// There is no terminal, the file of keys is refused, the device or the folder cannot be used, or a run fails.
pub(crate) fn demo(arguments: &DemoArgs) -> Result<u8, Error> {
    let plan = Plan::new(arguments.seed);
    let request = plan.first();
    if !command::is_interactive() {
        let preset = request.preset();
        let options = request.written();
        return Err(Error::failed(format!(
            "the demo is shown on the live screen, which needs a terminal; its first run without one: sn-tui run {preset} \
             {options} --headless"
        )));
    }
    let mode = RunMode {
        headless: false,
        log: None,
        log_every: None,
        paused: false,
        on_nan: OnNan::default(),
        on_alarm: None,
        compute: arguments.compute.clone(),
        screen: arguments.screen.clone(),
        keep_running: false,
        quiet: false,
    };
    let effective = command::effective(&request)?;
    let setup = Setup {
        device: command::device(arguments.compute.device, false, None)?,
        mode: &mode,
        request: Some(&request),
        seed: arguments.seed,
        out: arguments.out.as_deref(),
    };
    let options = tui::Options {
        demo: Some(plan),
        ..setup.screen()?
    };
    let out = arguments.out.clone();
    let first = || setup.start(setup.options(effective, setup.seed, None, out, true));
    live(&setup, first, &options)
}
