//! `sn-tui attach`: shows and controls a run of another process.

mod attached;

use std::{
    fs, io,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use attached::Attached;

use crate::{
    command::{
        AttachArgs, Error,
        exit::FAILURE,
        is_interactive,
        viewer::{self, NoLauncher},
    },
    model::Status,
    remote as socket,
    remote::{Client, Role, Wants},
    rundir::{layout, record::find},
    text::streams::say,
    tui,
};

/// Attaches to a run, shows it until the screen closes, and returns the exit code.
///
/// # Errors
/// There is no terminal, no such run, or no process that trains it; or the file of keys is refused.
pub(crate) fn attach(arguments: &AttachArgs) -> Result<u8, Error> {
    let options = viewer::options(&arguments.screen)?;
    if !is_interactive() {
        return Err(Error::failed(
            "attach shows a screen: standard input and output must be a terminal",
        ));
    }
    let directory = match &arguments.run {
        Some(name) => find::find(name)?,
        None => only_training_run()?,
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
    let client = Arc::new(Client::attach(&directory, wants, between)?);
    let attached = Attached::start(Arc::clone(&client), &directory, wants, between);
    let shown = tui::run(Rc::new(attached?), &NO_LAUNCHER, &options);
    detach(&client, &directory, shown)
}

/// Refuses to start another run.
const NO_LAUNCHER: NoLauncher =
    NoLauncher("This screen is attached to a run: `sn-tui run` starts another one.");

/// Returns the directory of the only run in `runs/` that is training.
fn only_training_run() -> Result<PathBuf, Error> {
    let runs = Path::new(layout::RUNS);
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut training: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|directory| socket::is_alive(directory))
        .collect();
    training.sort();
    match training.len() {
        0 => Err(Error::failed(
            "no run in runs/ is training: name the folder of one",
        )),
        1 => Ok(training.remove(0)),
        _ => {
            let names = training
                .iter()
                .map(|run| format!("\n  sn-tui attach {}", run.display()));
            let names: String = names.collect();
            Err(Error::failed(format!(
                "several runs are training; choose one:{names}"
            )))
        }
    }
}

/// Prints the state of the run after the screen has closed, and returns the exit code.
///
/// # Errors
/// The terminal failed.
fn detach(client: &Client, directory: &Path, shown: io::Result<tui::End>) -> Result<u8, Error> {
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
            Status::Paused if client.role() == Role::Controller => " and stays paused",
            _ => "",
        };
        say(&format!(
            "detached: the run goes on{paused}. To attach again: sn-tui attach {directory}; to end it: \
             :quit-run there, or kill {}",
            client.pid()
        ));
    }
    match shown {
        Ok(end) => Ok(viewer::exit_code(&end, FAILURE)),
        Err(error) => Err(Error::failed(format!("the terminal failed: {error}"))),
    }
}
