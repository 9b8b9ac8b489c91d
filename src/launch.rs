//! From the arguments of `run` to a run in one of the front ends.

pub mod attach;
pub mod classifier;
mod continuing;
pub mod replay;

use std::{
    cell::RefCell,
    error::Error,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    thread,
};

use signal_hook::consts::SIGHUP;

use crate::{
    cli::{self, Effective, Manner, ResumeArgs, RunArgs, say},
    headless::{
        self,
        signals::{self, Watch},
    },
    preset::Diagnostic,
    run::{self, Command, Device, Ended, Handle, History, Snapshot, Stopped, resume::Stored},
    tui::{self, order::Order},
};

/// The exit code of a run that could not be started or failed.
const FAILURE: u8 = 1;

/// Trains as the arguments say, on the live screen where standard input and output are terminals; gives the exit code.
///
/// # Errors
/// A preset, setting, planned change or file of keys that is refused; a run to be gone on with that was begun otherwise.
pub fn run(arguments: &RunArgs) -> Result<u8, Diagnostic> {
    let effective = cli::effective(
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
    let way = Way {
        device: arguments.manner.device.unwrap_or_default(),
        manner: &arguments.manner,
        seed: arguments.seed,
        out: arguments.out.as_deref(),
    };
    show(&way, given(arguments), |live| {
        way.start(effective, way.seed, init, arguments.out.clone(), live)
    })
}

/// Goes on with a run as the arguments say; gives the exit code.
///
/// # Errors
/// A run that cannot be gone on with, a file of keys that is refused.
pub fn resume(arguments: &ResumeArgs) -> Result<u8, Box<dyn Error>> {
    let stored = run::resume::owned(&crate::records::find(&arguments.run)?, arguments.from)?;
    let steps = arguments.steps.unwrap_or(stored.total()?);
    let device = match arguments.manner.device {
        Some(device) => device,
        None => stored.about.device.parse()?,
    };
    let way = Way {
        manner: &arguments.manner,
        device,
        seed: stored.about.seed,
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
    fn start(
        &self,
        effective: Effective,
        seed: u64,
        init: Option<Arc<run::Init>>,
        out: Option<PathBuf>,
        live: bool,
    ) -> Result<Handle, run::Error> {
        let device = self.device;
        run::start(
            self.options(effective, seed, init, out, live),
            move |preset, seed| device.build(preset, seed),
        )
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
                name: stored.about.name.clone(),
                preset: settings.until(steps),
                schedule: stored.about.at.clone(),
            },
            Err(error) => {
                say(&format!("error: {error}"));
                return Ok(FAILURE);
            }
        };
        let device = self.device;
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
            device: self.device.to_string(),
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
    let terminal = cli::can_show();
    Ok(if terminal && !manner.headless() {
        let options = tui::Options {
            fps: manner.fps,
            keys: tui::keys::load(manner.keys.as_deref())?,
            given,
            keep_running: manner.keep_running,
            attended: true,
        };
        live(way, || begin(true), &options)
    } else {
        let log = match manner.log {
            Some(cli::Log::Json) => headless::Log::Json,
            Some(cli::Log::Text) | None => headless::Log::Text,
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

fn live(
    way: &Way,
    begin: impl FnOnce() -> Result<Handle, run::Error>,
    options: &tui::Options,
) -> u8 {
    let runs = Runs {
        way,
        all: RefCell::default(),
    };
    // Before the beginning, so that no signal meets nobody in between.
    let watch = match Watch::new(options.keep_running) {
        Ok(watch) => watch,
        Err(error) => {
            say(&format!("error: {error}"));
            return FAILURE;
        }
    };
    let shown = match begin() {
        Ok(first) => tui::run(runs.take(first), &runs, options),
        Err(error) => {
            say(&format!("error: {error}"));
            return FAILURE;
        }
    };
    if let Ok(tui::End::Kept) = &shown {
        return keep(runs, watch);
    }
    let (mut ended, signal) = runs.end(&shown, watch);
    let Some(last) = ended.pop() else {
        return FAILURE;
    };
    let mut before = 0;
    for ended in &ended {
        way.report(ended);
        if let Some(message) = &ended.error {
            say(&headless::failure(ended, message));
            before = FAILURE;
        }
    }
    way.report(&last);
    match exit_code(&last, shown, signal) {
        0 => before,
        code => code,
    }
}

/// Follows the last run, whose screen is gone, to its end; gives the exit code.
fn keep(runs: Runs, watch: Watch) -> u8 {
    tui::leave_terminal();
    let way = runs.way;
    let mut all = runs.all.into_inner().into_iter().rev();
    let last = all.next().and_then(Run::going);
    // They have been told to end.
    let before: Vec<_> = all
        .filter_map(Run::going)
        .map(|handle| thread::spawn(|| handle.wait()))
        .collect();
    let Some(last) = last else {
        return FAILURE;
    };
    let directory = last.snapshot().directory.display().to_string();
    say(&format!(
        "the screen is gone, the run goes on: sn-tui attach {directory}"
    ));
    let code = match headless::keep(last, watch) {
        Ok((ended, code)) => {
            way.report(&ended);
            if let Some(message) = &ended.error {
                say(&headless::failure(&ended, message));
            }
            code
        }
        Err(error) => {
            say(&format!("error: {error}"));
            FAILURE
        }
    };
    for handle in before {
        // A panic there has been reported.
        let _ = handle.join();
    }
    code
}

impl Way<'_> {
    /// What a run left, to standard error.
    fn report(&self, ended: &Ended) {
        self.note(&headless::closing(ended));
        let log = ended.directory.join("sn-tui.log");
        if log.is_file() {
            self.note(&format!("log: {}", log.display()));
        }
    }

    /// A line that `--quiet` leaves out.
    fn note(&self, text: &str) {
        if !self.manner.quiet {
            say(text);
        }
    }
}

/// All runs of a live screen, in the order of their start.
struct Runs<'a> {
    way: &'a Way<'a>,
    all: RefCell<Vec<Run>>,
}

/// A run of a live screen. One that is over holds no thread, no file and no memory of its training.
enum Run {
    Going(Rc<Handle>),
    Over(Box<Ended>),
}

impl Run {
    /// The same, over where its worker has ended and nobody else holds it.
    fn settled(self) -> Self {
        match self {
            Self::Going(handle) if handle.is_over() => match Rc::try_unwrap(handle) {
                Ok(handle) => Self::Over(Box::new(handle.wait())),
                Err(shared) => Self::Going(shared),
            },
            as_it_was => as_it_was,
        }
    }

    /// The handle of one that goes on, which nobody else holds.
    fn going(self) -> Option<Handle> {
        match self {
            Self::Going(handle) => Rc::into_inner(handle),
            Self::Over(_) => None,
        }
    }

    /// Waits for its end, telling what it does meanwhile; none where somebody else holds it.
    fn end(self, tell: impl FnMut(&str)) -> Option<Ended> {
        match self {
            Self::Going(handle) => {
                let handle = Rc::into_inner(handle)?;
                headless::until_over(&handle, tell);
                Some(handle.wait())
            }
            Self::Over(ended) => Some(*ended),
        }
    }
}

impl Runs<'_> {
    fn take(&self, handle: Handle) -> Rc<Handle> {
        let handle = Rc::new(handle);
        let mut all = self.all.borrow_mut();
        *all = all.drain(..).map(Run::settled).collect();
        all.push(Run::Going(Rc::clone(&handle)));
        handle
    }

    /// A place for another run beside that of the first: `out-2`, `out-3`, …; none where the first was given none.
    fn beside(&self) -> Option<PathBuf> {
        let out = self.way.out?;
        let number = self.all.borrow().len() + 1;
        let name = out.file_name().unwrap_or(out.as_os_str());
        let mut name = name.to_owned();
        name.push(format!("-{number}"));
        Some(out.with_file_name(name))
    }

    /// Asks every run to end as the screen did and waits for all; gives them, and the signal that came meanwhile.
    fn end(self, shown: &std::io::Result<tui::End>, watch: Watch) -> (Vec<Ended>, Option<i32>) {
        let how = shown.as_ref().map_or(Command::Terminate, tui::End::command);
        let quit = how == Command::Quit;
        let all = self.all.into_inner();
        let going = all.iter().filter_map(|run| match run {
            Run::Going(handle) => Some(handle),
            Run::Over(_) => None,
        });
        let tell = |handle: &Rc<Handle>| {
            handle.send(how.clone());
            handle.requests()
        };
        let caught = watch.attend(going.map(tell).collect(), quit);
        let ended = all.into_iter();
        let ended = ended.filter_map(|run| run.end(|text| self.way.note(text)));
        let ended = ended.collect();
        match caught {
            Ok(caught) => (ended, caught.get()),
            Err(error) => {
                say(&format!("error: {error}"));
                (ended, None)
            }
        }
    }
}

impl tui::Launcher for Runs<'_> {
    fn start(&self, order: &Order) -> Result<Rc<dyn tui::Link>, String> {
        let preset = &order.preset;
        let cannot = |why: String| format!("{preset} cannot begin: {why}");
        // What was set for the first preset may not fit another: only what is asked for counts.
        let effective = cli::effective(
            Some(preset),
            order.setting,
            &order.set,
            order.steps,
            order.data.as_deref(),
            &order.at,
        )
        .map_err(|error| cannot(error.to_string()))?;
        let seed = order.seed.unwrap_or(self.way.seed);
        match self.way.start(effective, seed, None, self.beside(), true) {
            Ok(handle) => Ok(self.take(handle)),
            Err(error) => Err(cannot(error.to_string())),
        }
    }
}

fn exit_code(ended: &Ended, shown: std::io::Result<tui::End>, meanwhile: Option<i32>) -> u8 {
    let failed = |message: &str| {
        say(&headless::failure(ended, message));
        FAILURE
    };
    // One that came too late to change anything did not end it.
    let meanwhile = meanwhile.filter(|_| ended.summary.stopped == Stopped::Signal);
    match (shown, &ended.error, meanwhile) {
        (Ok(tui::End::Signal(signal)), ..) => signals::exit_code(signal),
        (Ok(tui::End::HangUp | tui::End::Kept), ..) => signals::exit_code(SIGHUP),
        (_, Some(message), _) => failed(message),
        (Ok(tui::End::WorkerFailed(message)), None, _) => failed(&message),
        (Ok(tui::End::Quit), None, Some(signal)) => signals::exit_code(signal),
        (Ok(tui::End::Quit), None, None) => 0,
        (Err(error), None, _) => failed(&format!("the terminal failed: {error}")),
    }
}

impl tui::Link for Handle {
    fn snapshot(&self) -> Arc<Snapshot> {
        Handle::snapshot(self)
    }

    fn history(&self) -> History {
        Handle::history(self)
    }

    fn catch_up(&self, history: &mut History) {
        Handle::catch_up(self, history);
    }

    fn branch(&self) -> Option<Arc<run::Branch>> {
        Handle::branch(self)
    }

    fn send(&self, command: Command) -> Option<u64> {
        Handle::send(self, command)
    }
}
