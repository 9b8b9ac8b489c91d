//! From the arguments of `attach` to a screen at a run of another process.

use std::{
    fs, io,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use crate::{
    command::{AttachArgs, Error, can_show, exit::FAILURE},
    feed::Branch,
    model::{Command, History, RunRequest, Snapshot, Status},
    preset::Preset,
    remote as socket,
    remote::{Client, Role, Wants},
    rundir::{layout, record::find},
    text::streams::say,
    tui,
};

/// Shows a run of another process; gives the exit code.
///
/// # Errors
/// No terminal, no such run, one that nobody can attach to, a file of keys that is refused.
pub fn attach(arguments: &AttachArgs) -> Result<u8, Error> {
    let options = tui::Options {
        fps: arguments.fps,
        first_request: Default::default(),
        keys: tui::app::keys::load(arguments.keys.as_deref())?,
        keep_running: false,
        caller_handles_signals: false,
    };
    if !can_show() {
        return Err(Error::failed(
            "attach shows a screen: standard input and output must be a terminal",
        ));
    }
    let directory = match &arguments.run {
        Some(name) => find::find(name)?,
        None => only()?,
    };
    let wants = Wants {
        role: if arguments.view {
            Role::Viewer
        } else {
            Role::Controller
        },
        take: arguments.take,
    };
    let between = Duration::from_secs(1) / options.fps.max(1);
    let client = Rc::new(Client::attach(&directory, wants, between)?);
    let shown = tui::run(Rc::clone(&client) as _, &Alone, &options);
    close(&client, &directory, shown)
}

/// The only run in `runs/` that goes on.
fn only() -> Result<PathBuf, Error> {
    let runs = Path::new(layout::RUNS);
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut going: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|directory| socket::is_alive(directory))
        .collect();
    going.sort();
    match going.len() {
        0 => Err(Error::failed(
            "no run in runs/ goes on: name the folder of one",
        )),
        1 => Ok(going.remove(0)),
        _ => {
            let names = going
                .iter()
                .map(|run| format!("\n  sn-tui attach {}", run.display()));
            let names: String = names.collect();
            Err(Error::failed(format!(
                "several runs go on; which one?{names}"
            )))
        }
    }
}

/// Says how it stands with the run; gives the exit code.
///
/// # Errors
/// A terminal that failed.
fn close(client: &Client, directory: &Path, shown: io::Result<tui::End>) -> Result<u8, Error> {
    let snapshot = client.snapshot();
    let directory = directory.display();
    if client.is_over() {
        let how = snapshot.outcome();
        say(&format!("the run {how}; its files are in {directory}"));
    } else if client.is_lost() {
        say(&format!(
            "the run's process is gone; what it saved is in {directory}"
        ));
    } else {
        let paused = match snapshot.status {
            Status::Paused if client.role() == Role::Controller => ", paused as it is",
            _ => "",
        };
        say(&format!(
            "detached: the run goes on{paused}. Again: sn-tui attach {directory}; to end it: \
             :quit-run there, or kill {}",
            client.pid()
        ));
    }
    let shown = shown.map_err(|error| format!("the terminal failed: {error}"))?;
    Ok(match shown {
        tui::End::Quit => 0,
        tui::End::Signal(signal) => u8::try_from(128 + signal).unwrap_or(FAILURE),
        tui::End::HangUp | tui::End::Detached => 129,
        tui::End::WorkerFailed(_) => FAILURE,
    })
}

/// An attached screen is at one run.
struct Alone;

impl tui::Launcher for Alone {
    fn start(&self, _: &RunRequest) -> Result<Rc<dyn tui::Link>, tui::LaunchError> {
        Err(tui::LaunchError::Unsupported(
            "This screen is attached to a run: start another with `sn-tui run`.",
        ))
    }
}

impl tui::Link for Client {
    fn snapshot(&self) -> Arc<Snapshot> {
        Client::snapshot(self)
    }

    fn history(&self) -> History {
        Client::history(self)
    }

    fn catch_up(&self, history: &mut History) {
        Client::catch_up(self, history);
    }

    fn branch(&self) -> Option<Arc<Branch>> {
        Client::branch(self)
    }

    fn send(&self, command: Command) -> Option<u64> {
        Client::send(self, command)
    }

    fn refusal(&self) -> Option<String> {
        Some(Client::refusal(self))
    }

    /// The run goes on.
    fn release(&self, _: Command) {}

    fn initial(&self) -> Option<Arc<Preset>> {
        Some(Client::initial(self))
    }
}
