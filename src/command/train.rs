//! `sn-tui run` and `resume`: starts or resumes a run in one of the front ends.

pub(crate) mod arguments;
pub(crate) mod attach_arguments;

pub(crate) mod attach;
pub(crate) mod classifier;
mod continuing;
pub(crate) mod demo;
pub(crate) mod fork;
mod live;
pub(crate) mod replay;
mod runs;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Effective, Error, ResumeArgs, RunArgs, RunMode};
use crate::{
    command, headless,
    model::RunRequest,
    preset::Plan,
    run::{self, Device, Handle},
    rundir::resume::{StoredRun, lock_and_load},
    text::streams::say,
    tui,
};
use live::live;

/// Trains and returns the exit code. Shows the live screen if standard input and output are terminals.
///
/// # Errors
/// - The preset, a setting, a planned change or the file of keys is refused.
/// - The weights to start from, the device or the folder cannot be used.
/// - With `--continue`: the run in the folder was started with other arguments.
pub(crate) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let effective = command::effective(&arguments.request)?;
    let init = arguments.init.as_deref();
    let init = init.map(|file| initial(file, &effective)).transpose()?;
    if let Some(out) = arguments.out.as_deref().filter(|_| arguments.continue_run)
        && let Some(stored) = continuing::find(out)?
    {
        return continuing::resume(stored, arguments, effective, init);
    }
    let setup = Setup {
        mode: &arguments.mode,
        device: command::device(arguments.mode.compute.device, arguments.tf32, None)?,
        request: Some(&arguments.request),
        seed: arguments.request.seed(),
        out: arguments.out.as_deref(),
    };
    setup.show(|live| {
        let out = arguments.out.clone();
        setup.start(setup.options(effective, setup.seed, init, out, live))
    })
}

/// Reads the weights to start from, and prints notes about them.
fn initial(file: &str, effective: &Effective) -> Result<Arc<run::Init>, Error> {
    let init = run::Init::read(file, &effective.preset, &effective.name)
        .map_err(|error| Error::failed(format!("--init: {error}")))?;
    let notes = init.notes().iter();
    notes.for_each(|note| say(&format!("note: --init: {note}")));
    Ok(Arc::new(init))
}

/// Resumes a run and returns the exit code.
///
/// # Errors
/// The run cannot be resumed, or the file of keys is refused.
pub(crate) fn resume(arguments: &ResumeArgs) -> Result<u8, Error> {
    let stored = lock_and_load(&super::records::find(&arguments.run)?, arguments.from)?;
    let steps = arguments.steps.unwrap_or(stored.total()?);
    let setup = Setup {
        mode: &arguments.mode,
        device: command::device(
            arguments.mode.compute.device,
            stored.about.tf32,
            Some(&stored),
        )?,
        request: None,
        seed: stored.about.seed(),
        out: None,
    };
    setup.resume(stored, steps, None)
}

/// What all runs of one command share.
struct Setup<'a> {
    mode: &'a RunMode,
    device: Device,
    /// The request of the first run; `None` if it is resumed.
    request: Option<&'a RunRequest>,
    /// The seed of the first run, and of later ones that are given none.
    seed: u64,
    /// The folder given for the first run.
    out: Option<&'a Path>,
}

impl Setup<'_> {
    fn start(&self, options: run::Options) -> Result<Handle, run::Error> {
        let device = self.device.clone();
        run::start(options, move |preset, seed| device.build(preset, seed))
    }

    /// Resumes a run up to `steps`. A run without a checkpoint starts from `init`.
    fn resume(
        &self,
        stored: StoredRun,
        steps: u64,
        init: Option<Arc<run::Init>>,
    ) -> Result<u8, Error> {
        let effective = Effective {
            name: stored.about.name().to_owned(),
            preset: stored.settings()?.until(steps),
            plan: Plan {
                at: stored.about.at().to_vec(),
                forks: stored.about.forks.clone(),
            },
        };
        let device = self.device.clone();
        self.show(|live| {
            let options = self.options(effective, self.seed, init, None, live);
            run::resume(stored, options, move |preset, seed| {
                device.build(preset, seed)
            })
        })
    }

    fn options(
        &self,
        effective: Effective,
        seed: u64,
        init: Option<Arc<run::Init>>,
        out: Option<PathBuf>,
        live: bool,
    ) -> run::Options {
        let mode = self.mode;
        run::Options {
            name: effective.name,
            preset: effective.preset,
            seed,
            init,
            threads: command::threads(mode.compute.threads),
            device: self.device.clone(),
            out,
            at: effective.plan.at,
            forks: effective.plan.forks,
            live,
            paused: mode.paused,
            on_nan: mode.on_nan,
            on_alarm: mode.on_alarm.clone(),
            measure_every: self.device.measure_every(),
            log_every: (!live).then(|| mode.log_every()),
        }
    }

    /// The options of the live screen.
    ///
    /// # Errors
    /// The file of keys is refused.
    fn screen(&self) -> Result<tui::Options, Error> {
        Ok(tui::Options {
            fps: self.mode.screen.fps,
            mouse: self.mode.screen.mouse,
            keys: self.mode.screen.key_table()?,
            first_request: self.request.cloned(),
            seed: Some(self.seed),
            demo: None,
            keep_running: self.mode.keep_running,
            caller_handles_signals: true,
        })
    }

    /// Shows a run on the live screen if possible, else follows it without one.
    fn show(&self, begin: impl FnOnce(bool) -> Result<Handle, run::Error>) -> Result<u8, Error> {
        let mode = self.mode;
        if command::is_interactive() && !mode.headless() {
            live(self, || begin(true), &self.screen()?)
        } else {
            let options = headless::Options {
                log: mode.log.unwrap_or_default(),
                quiet: mode.quiet,
                keep_running: mode.keep_running,
            };
            headless::run(|| Ok(begin(false)?), options)
        }
    }
}
