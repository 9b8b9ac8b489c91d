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
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use super::{Effective, Error, ResumeArgs, RunArgs, RunMode};
use crate::{
    command, headless,
    model::RunRequest,
    run::{self, Device, Handle},
    rundir::resume::{Stored, owned},
    text::streams::say,
    tui,
};
use live::live;

/// Trains as the arguments say, on the live screen where standard input and output are terminals; gives the exit code.
///
/// # Errors
/// A preset, setting, planned change or file of keys that is refused; weights to start from, a device or a folder that
/// cannot be used; a run to be gone on with that was begun otherwise.
pub fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let effective = command::effective(&arguments.request)?;
    let init = arguments.init.as_deref();
    let init = init.map(|file| initial(file, &effective)).transpose()?;
    if let Some(out) = arguments.out.as_deref().filter(|_| arguments.go_on)
        && let Some(stored) = continuing::at(out)?
    {
        return continuing::go_on(stored, arguments, effective, init);
    }
    let setup = Setup {
        mode: &arguments.mode,
        device: command::device(arguments.mode.device, arguments.tf32, None)?,
        request: arguments.request.clone(),
        out: arguments.out.as_deref(),
    };
    setup.show(|live| {
        let (seed, out) = (setup.request.seed(), arguments.out.clone());
        setup.start(setup.options(effective, seed, init, out, live))
    })
}

/// The weights to start from, once what they leave open has been told.
fn initial(file: &str, effective: &Effective) -> Result<Arc<run::Init>, Error> {
    let init = run::Init::read(file, &effective.preset, &effective.name)
        .map_err(|error| format!("--init: {error}"))?;
    let notes = init.notes().iter();
    notes.for_each(|note| say(&format!("note: --init: {note}")));
    Ok(Arc::new(init))
}

/// Goes on with a run as the arguments say; gives the exit code.
///
/// # Errors
/// A run that cannot be gone on with, a file of keys that is refused.
pub fn resume(arguments: &ResumeArgs) -> Result<u8, Error> {
    let stored = owned(&super::records::find(&arguments.run)?, arguments.from)?;
    let steps = arguments.steps.unwrap_or(stored.total()?);
    let setup = Setup {
        mode: &arguments.mode,
        device: command::device(arguments.mode.device, stored.about.tf32, Some(&stored))?,
        request: RunRequest {
            seed: Some(stored.about.seed()),
            ..RunRequest::default()
        },
        out: None,
    };
    setup.go_on(stored, steps, None)
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
    fn go_on(&self, stored: Stored, steps: u64, init: Option<Arc<run::Init>>) -> Result<u8, Error> {
        let effective = Effective {
            name: stored.about.name().to_owned(),
            preset: stored.settings()?.until(steps),
            schedule: stored.about.at().to_vec(),
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
    fn show(&self, begin: impl FnOnce(bool) -> Result<Handle, run::Error>) -> Result<u8, Error> {
        let mode = self.mode;
        let terminal = command::can_show();
        if terminal && !mode.headless() {
            let options = tui::Options {
                fps: mode.fps,
                keys: tui::app::keys::load(mode.keys.as_deref())?,
                first_request: RunRequest {
                    seed: Some(self.request.seed()),
                    ..self.request.clone()
                },
                keep_running: mode.keep_running,
                caller_handles_signals: true,
            };
            live(self, || begin(true), &options)
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

/// Threads that compute: those asked for, else one for each processor.
fn threads(asked: Option<usize>) -> usize {
    asked
        .or_else(|| thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1)
}
