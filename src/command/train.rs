//! From the arguments of `run` to a run in one of the front ends.

pub mod arguments;
pub mod attach_arguments;

pub mod attach;
pub mod classifier;
mod continuing;
mod live;
pub mod replay;
mod runs;

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use super::{Effective, ResumeArgs, RunArgs, RunMode};
use crate::{
    command, headless,
    model::RunRequest,
    preset::Diagnostic,
    run::{self, Device, Handle},
    rundir::resume::Stored,
    text::streams::say,
    tui,
};
use live::live;

/// The exit code of a run that could not be started or failed.
const FAILURE: u8 = 1;

/// Trains as the arguments say, on the live screen where standard input and output are terminals; gives the exit code.
///
/// # Errors
/// A preset, setting, planned change or file of keys that is refused; a run to be gone on with that was begun otherwise.
pub fn run(arguments: &RunArgs) -> Result<u8, Diagnostic> {
    let effective = command::effective(&arguments.request)?;
    let init = match arguments.init.as_deref() {
        None => None,
        Some(file) => match run::Init::read(file, &effective.preset, &effective.name) {
            Ok(init) => {
                let notes = init.notes().iter();
                notes.for_each(|note| say(&format!("note: --init: {note}")));
                Some(Arc::new(init))
            }
            Err(error) => {
                say(&format!("error: --init: {error}"));
                return Ok(FAILURE);
            }
        },
    };
    if let Some(out) = arguments.out.as_deref().filter(|_| arguments.go_on) {
        match continuing::at(out) {
            Ok(Some(stored)) => return continuing::go_on(stored, arguments, effective, init),
            Ok(None) => {}
            Err(error) => {
                say(&format!("error: {error}"));
                return Ok(FAILURE);
            }
        }
    }
    let device = match command::device(arguments.mode.device, arguments.tf32, None) {
        Ok(device) => device,
        Err(error) => {
            say(&format!("error: {error}"));
            return Ok(FAILURE);
        }
    };
    let setup = Setup {
        mode: &arguments.mode,
        device,
        request: arguments.request.clone(),
        out: arguments.out.as_deref(),
    };
    setup.show(|live| {
        setup.start(setup.options(
            effective,
            setup.request.seed(),
            init,
            arguments.out.clone(),
            live,
        ))
    })
}

/// Goes on with a run as the arguments say; gives the exit code.
///
/// # Errors
/// A run that cannot be gone on with, a file of keys that is refused.
pub fn resume(arguments: &ResumeArgs) -> Result<u8, Box<dyn Error>> {
    let stored =
        crate::rundir::resume::owned(&super::records::find(&arguments.run)?, arguments.from)?;
    let steps = arguments.steps.unwrap_or(stored.total()?);
    let device = command::device(arguments.mode.device, stored.about.tf32, Some(&stored))?;
    let setup = Setup {
        mode: &arguments.mode,
        device,
        request: RunRequest {
            seed: Some(stored.about.seed),
            ..RunRequest::default()
        },
        out: None,
    };
    Ok(setup.go_on(stored, steps, None)?)
}

/// What the runs of one command have in common.
struct Setup<'a> {
    mode: &'a RunMode,
    device: Device,
    /// What the first one was asked for, to be taken along to another.
    request: RunRequest,
    /// The folder of the first one, where it was given one.
    out: Option<&'a Path>,
}

impl Setup<'_> {
    fn start(&self, options: run::Options) -> Result<Handle, run::Error> {
        let device = self.device.clone();
        run::start(options, move |preset, seed| device.build(preset, seed))
    }

    /// Goes on with a run up to `steps`; `init` is for one without a checkpoint.
    fn go_on(
        &self,
        stored: Stored,
        steps: u64,
        init: Option<Arc<run::Init>>,
    ) -> Result<u8, Diagnostic> {
        let effective = match stored.settings() {
            Ok(settings) => Effective {
                name: stored.about.name.clone(),
                preset: settings.until(steps),
                schedule: stored.about.at.clone(),
            },
            Err(error) => {
                say(&format!("error: {error}"));
                return Ok(FAILURE);
            }
        };
        let device = self.device.clone();
        self.show(|live| {
            let options = self.options(effective, self.request.seed(), init, None, live);
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
            threads: threads(mode.threads),
            device: self.device.clone(),
            out,
            at: effective.schedule,
            live,
            paused: mode.paused,
            on_nan: mode.on_nan,
            measure_every: self.device.measure_every(),
            log_every: (!live).then(|| mode.log_every()),
        }
    }

    /// Shows a run on the live screen where standard input and output are terminals, else follows it.
    fn show(
        &self,
        begin: impl FnOnce(bool) -> Result<Handle, run::Error>,
    ) -> Result<u8, Diagnostic> {
        let mode = self.mode;
        let terminal = command::can_show();
        Ok(if terminal && !mode.headless() {
            let options = tui::Options {
                fps: mode.fps,
                keys: tui::app::keys::load(mode.keys.as_deref())?,
                given: RunRequest {
                    seed: Some(self.request.seed()),
                    ..self.request.clone()
                },
                keep_running: mode.keep_running,
                attended: true,
            };
            live(self, || begin(true), &options)
        } else {
            let options = headless::Options {
                log: mode.log.unwrap_or_default(),
                quiet: mode.quiet,
                keep_running: mode.keep_running,
            };
            headless::run(|| begin(false), options)
        })
    }
}

/// Threads that compute: those asked for, else one for each processor.
fn threads(asked: Option<usize>) -> usize {
    asked
        .or_else(|| thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1)
}
