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

use super::{Effective, Manner, ResumeArgs, RunArgs};
use crate::{
    command, headless,
    preset::Diagnostic,
    run::{self, Device, Handle},
    rundir::resume::Stored,
    text::streams::say,
    tui::{self, line::order::Order},
};
use live::live;

/// The exit code of a run that could not be started or failed.
const FAILURE: u8 = 1;

/// Trains as the arguments say, on the live screen where standard input and output are terminals; gives the exit code.
///
/// # Errors
/// A preset, setting, planned change or file of keys that is refused; a run to be gone on with that was begun otherwise.
pub fn run(arguments: &RunArgs) -> Result<u8, Diagnostic> {
    let effective = command::effective(
        arguments.preset.as_deref(),
        arguments.setting,
        &arguments.set,
        arguments.steps,
        arguments.data.as_deref(),
        &arguments.at,
    )?;
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
    let device = match command::device(arguments.manner.device, arguments.tf32, None) {
        Ok(device) => device,
        Err(error) => {
            say(&format!("error: {error}"));
            return Ok(FAILURE);
        }
    };
    let way = Way {
        device,
        manner: &arguments.manner,
        seed: arguments.seed,
        out: arguments.out.as_deref(),
    };
    show(&way, given(arguments), |live| {
        way.start(way.options(effective, way.seed, init, arguments.out.clone(), live))
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
    let device = command::device(arguments.manner.device, stored.about.tf32, Some(&stored))?;
    let way = Way {
        manner: &arguments.manner,
        device,
        seed: stored.about.seed(),
        out: None,
    };
    Ok(way.go_on(stored, steps, None, Order::default())?)
}

/// What the runs of one command have in common.
struct Way<'a> {
    manner: &'a Manner,
    device: Device,
    /// Of runs that are given no other.
    seed: u64,
    /// The folder of the first one, where it was given one.
    out: Option<&'a Path>,
}

impl Way<'_> {
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
        given: Order,
    ) -> Result<u8, Diagnostic> {
        let effective = match stored.settings() {
            Ok(settings) => Effective {
                name: stored.about.name().to_owned(),
                preset: settings.until(steps),
                schedule: stored.about.at().to_vec(),
            },
            Err(error) => {
                say(&format!("error: {error}"));
                return Ok(FAILURE);
            }
        };
        let device = self.device.clone();
        show(self, given, |live| {
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
        let manner = self.manner;
        run::Options {
            name: effective.name,
            preset: effective.preset,
            seed,
            init,
            threads: threads(manner.threads),
            device: self.device.clone(),
            out,
            at: effective.schedule,
            live,
            paused: manner.paused,
            on_nan: manner.on_nan.into(),
            measure_every: self.device.measure_every(),
            log_every: (!live).then(|| manner.log_every()),
        }
    }
}

/// Shows a run on the live screen where standard input and output are terminals, else follows it.
fn show(
    way: &Way,
    given: Order,
    begin: impl FnOnce(bool) -> Result<Handle, run::Error>,
) -> Result<u8, Diagnostic> {
    let manner = way.manner;
    let terminal = command::can_show();
    Ok(if terminal && !manner.headless() {
        let options = tui::Options {
            fps: manner.fps,
            keys: tui::app::keys::load(manner.keys.as_deref())?,
            given,
            keep_running: manner.keep_running,
            attended: true,
        };
        live(way, || begin(true), &options)
    } else {
        let log = match manner.log {
            Some(command::Log::Json) => headless::Log::Json,
            Some(command::Log::Text) | None => headless::Log::Text,
        };
        let options = headless::Options {
            log,
            quiet: manner.quiet,
            keep_running: manner.keep_running,
        };
        headless::run(|| begin(false), options)
    })
}

/// Threads that compute: those asked for, else one for each processor.
fn threads(asked: Option<usize>) -> usize {
    asked
        .or_else(|| thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1)
}

/// The options that another run may take along.
fn given(arguments: &RunArgs) -> Order {
    Order {
        setting: arguments.setting,
        set: arguments.set.clone(),
        steps: arguments.steps,
        data: arguments.data.clone(),
        at: arguments.at.clone(),
        seed: Some(arguments.seed),
        ..Order::default()
    }
}
