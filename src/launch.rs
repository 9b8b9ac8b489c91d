//! From the arguments of `run` to a run in one of the front ends.

pub mod attach;
pub mod classifier;
pub mod replay;

use std::{
    cell::RefCell,
    error::Error,
    io::{IsTerminal, Write},
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    thread,
};

use crate::{
    cli::{self, Effective, Manner, ResumeArgs, RunArgs},
    headless::{self, signals::Watch},
    preset::Diagnostic,
    run::{self, Command, Ended, Handle, History, Snapshot},
    tui::{self, order::Order},
};

/// The exit code of a run that could not be started or failed.
const FAILURE: u8 = 1;

/// Trains as the arguments say, on the live screen where standard input and output are terminals; gives the exit code.
///
/// # Errors
/// A preset, setting, planned change or file of keys that is refused.
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
    let manner = &arguments.manner;
    show(
        manner,
        given(arguments),
        |live| start(arguments, effective, init, live),
        |first, options| self::live(arguments, first, options),
    )
}

/// Goes on with a run as the arguments say; gives the exit code.
///
/// # Errors
/// A run that cannot be gone on with, a file of keys that is refused.
pub fn resume(arguments: &ResumeArgs) -> Result<u8, Box<dyn Error>> {
    let manner = &arguments.manner;
    let stored = run::resume::owned(&crate::records::find(&arguments.run)?, arguments.from)?;
    let settings = stored.settings()?;
    let steps = arguments.steps.unwrap_or(settings.steps);
    let effective = Effective {
        name: stored.about.name.clone(),
        preset: settings.until(steps),
        schedule: stored.about.at.clone(),
    };
    let device = match manner.device {
        Some(device) => device,
        None => stored.about.device.parse()?,
    };
    let again = RunArgs {
        seed: stored.about.seed,
        manner: Manner {
            device: Some(device),
            ..manner.clone()
        },
        ..RunArgs::default()
    };
    let begin = |live| {
        let options = options(&again, effective, None, live);
        run::resume(stored, options, move |preset, seed| {
            device.build(preset, seed)
        })
    };
    Ok(show(manner, Order::default(), begin, |first, options| {
        live(&again, first, options)
    })?)
}

/// Shows a run on the live screen where standard input and output are terminals, else follows it.
fn show(
    manner: &Manner,
    given: Order,
    begin: impl FnOnce(bool) -> Result<Handle, run::Error>,
    live: impl FnOnce(Result<Handle, run::Error>, &tui::Options) -> u8,
) -> Result<u8, Diagnostic> {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    Ok(if terminal && !manner.headless() {
        let options = tui::Options {
            fps: manner.fps,
            keys: tui::keys::load(manner.keys.as_deref())?,
            given,
            keep_running: manner.keep_running,
        };
        live(begin(true), &options)
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

fn options(
    arguments: &RunArgs,
    effective: Effective,
    init: Option<Arc<run::Init>>,
    live: bool,
) -> run::Options {
    let manner = &arguments.manner;
    run::Options {
        name: effective.name,
        preset: effective.preset,
        seed: arguments.seed,
        init,
        threads: threads(manner.threads),
        device: manner.device.unwrap_or_default().to_string(),
        out: arguments.out.clone(),
        at: effective.schedule,
        live,
        paused: manner.paused,
        on_nan: manner.on_nan.into(),
        measure_every: manner.device.unwrap_or_default().measure_every(),
        log_every: (!live).then(|| manner.log_every()),
    }
}

/// Threads that compute: those asked for, else one for each processor.
fn threads(asked: Option<usize>) -> usize {
    asked
        .or_else(|| thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1)
}

fn start(
    arguments: &RunArgs,
    effective: Effective,
    init: Option<Arc<run::Init>>,
    live: bool,
) -> Result<Handle, run::Error> {
    let device = arguments.manner.device.unwrap_or_default();
    run::start(
        options(arguments, effective, init, live),
        move |preset, seed| device.build(preset, seed),
    )
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

fn live(arguments: &RunArgs, first: Result<Handle, run::Error>, options: &tui::Options) -> u8 {
    let runs = Runs {
        arguments,
        handles: RefCell::default(),
    };
    // From the beginning, so that no signal meets nobody in between.
    let watch = options.keep_running.then(|| Watch::new(true));
    let shown = match first {
        Ok(first) => tui::run(runs.take(first), &runs, options),
        Err(error) => {
            say(&format!("error: {error}"));
            return FAILURE;
        }
    };
    if let (Ok(tui::End::Kept), Some(watch)) = (&shown, watch) {
        return keep(runs, watch);
    }
    let mut ended = runs.end(match &shown {
        Ok(tui::End::Quit | tui::End::WorkerFailed(_)) => Command::Quit,
        Ok(tui::End::Signal(_) | tui::End::HangUp | tui::End::Kept) | Err(_) => Command::Terminate,
    });
    let Some(last) = ended.pop() else {
        return FAILURE;
    };
    let mut before = 0;
    for ended in &ended {
        report(arguments, ended);
        if let Some(message) = &ended.error {
            say(&headless::failure(ended, message));
            before = FAILURE;
        }
    }
    report(arguments, &last);
    match exit_code(&last, shown) {
        0 => before,
        code => code,
    }
}

/// Follows the last run, whose screen is gone, to its end; gives the exit code.
fn keep(runs: Runs, watch: std::io::Result<Watch>) -> u8 {
    tui::leave_terminal();
    let arguments = runs.arguments;
    let mut handles = runs.handles.into_inner();
    let last = handles.pop().and_then(Rc::into_inner);
    let before = handles.into_iter().filter_map(Rc::into_inner);
    // They have been told to end.
    let before: Vec<_> = before
        .map(|handle| thread::spawn(|| handle.wait()))
        .collect();
    let Some(last) = last else {
        return FAILURE;
    };
    let directory = last.snapshot().directory.display().to_string();
    say(&format!(
        "the screen is gone, the run goes on: sn-tui attach {directory}"
    ));
    let code = match watch.and_then(|watch| headless::keep(last, watch)) {
        Ok((ended, code)) => {
            report(arguments, &ended);
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

/// What a run left, to standard error.
fn report(arguments: &RunArgs, ended: &Ended) {
    if !arguments.manner.quiet {
        say(&headless::closing(ended));
        say(&format!(
            "log: {}",
            ended.directory.join("sn-tui.log").display()
        ));
    }
}

/// All runs of a live screen, in the order of their start.
struct Runs<'a> {
    arguments: &'a RunArgs,
    handles: RefCell<Vec<Rc<Handle>>>,
}

impl Runs<'_> {
    fn begin(
        &self,
        effective: Effective,
        seed: u64,
        init: Option<Arc<run::Init>>,
        out: Option<PathBuf>,
    ) -> Result<Rc<Handle>, run::Error> {
        let arguments = RunArgs {
            out,
            seed,
            ..self.arguments.clone()
        };
        Ok(self.take(start(&arguments, effective, init, true)?))
    }

    fn take(&self, handle: Handle) -> Rc<Handle> {
        let handle = Rc::new(handle);
        self.handles.borrow_mut().push(Rc::clone(&handle));
        handle
    }

    /// A place for another run beside that of the first: `out-2`, `out-3`, …; none where the first was given none.
    fn beside(&self) -> Option<PathBuf> {
        let out = self.arguments.out.as_ref()?;
        let number = self.handles.borrow().len() + 1;
        let name = out.file_name().unwrap_or(out.as_os_str());
        let mut name = name.to_owned();
        name.push(format!("-{number}"));
        Some(out.with_file_name(name))
    }

    /// Asks every run to end and waits for all.
    fn end(self, command: Command) -> Vec<Ended> {
        let handles = self.handles.into_inner();
        handles.iter().for_each(|handle| {
            handle.send(command.clone());
        });
        let alone = handles.into_iter().filter_map(Rc::into_inner);
        alone.map(Handle::wait).collect()
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
        let seed = order.seed.unwrap_or(self.arguments.seed);
        match self.begin(effective, seed, None, self.beside()) {
            Ok(handle) => Ok(handle),
            Err(error) => Err(cannot(error.to_string())),
        }
    }
}

fn exit_code(ended: &Ended, shown: std::io::Result<tui::End>) -> u8 {
    let failed = |message: &str| {
        say(&headless::failure(ended, message));
        FAILURE
    };
    match (shown, &ended.error) {
        (Ok(tui::End::Signal(signal)), _) => u8::try_from(128 + signal).unwrap_or(1),
        (Ok(tui::End::HangUp | tui::End::Kept), _) => 129,
        (_, Some(message)) => failed(message),
        (Ok(tui::End::WorkerFailed(message)), None) => failed(&message),
        (Ok(tui::End::Quit), None) => 0,
        (Err(error), None) => failed(&format!("the terminal failed: {error}")),
    }
}

/// A line to standard error; where that is closed, the exit code has to do.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
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
