//! The runs of one live screen: starting another one, and ending all of them.

use std::{cell::RefCell, io, path::PathBuf, rc::Rc};

use super::Setup;
use crate::{
    command,
    headless::{self, signals::Watch},
    model::{Command, RunRequest},
    run::{Ended, Handle},
    tui,
};

/// All runs of a live screen, in the order in which they were started.
pub(super) struct Runs<'a> {
    pub(super) setup: &'a Setup<'a>,
    pub(super) all: RefCell<Vec<Run>>,
}

/// A run of a live screen.
pub(super) enum Run {
    /// Its worker may still train.
    Active(Rc<Handle>),
    /// Holds no thread, no file and no training buffers.
    Ended(Box<Ended>),
}

impl Run {
    /// Frees the resources of a run whose worker has ended and that no screen shows.
    fn reap(self) -> Self {
        match self {
            Self::Active(handle) if handle.is_over() => match Rc::try_unwrap(handle) {
                Ok(handle) => Self::Ended(Box::new(handle.wait())),
                Err(shared) => Self::Active(shared),
            },
            unchanged => unchanged,
        }
    }

    /// Returns the handle of an active run that no screen shows.
    pub(super) fn into_active(self) -> Option<Handle> {
        match self {
            Self::Active(handle) => Rc::into_inner(handle),
            Self::Ended(_) => None,
        }
    }

    /// Waits for the end of the run and passes messages about slow stages to `report`. Returns `None` if a screen still
    /// shows the run.
    fn wait(self, report: impl FnMut(&str)) -> Option<Ended> {
        match self {
            Self::Active(handle) => {
                let handle = Rc::into_inner(handle)?;
                headless::wait_until_over(&handle, report);
                Some(handle.wait())
            }
            Self::Ended(ended) => Some(*ended),
        }
    }
}

impl Runs<'_> {
    /// Adds a run and returns its handle for the screen.
    pub(super) fn add(&self, handle: Handle) -> Rc<Handle> {
        let handle = Rc::new(handle);
        let mut all = self.all.borrow_mut();
        *all = all.drain(..).map(Run::reap).collect();
        all.push(Run::Active(Rc::clone(&handle)));
        handle
    }

    /// Returns the directory of the next run beside `--out`: `out-2`, `out-3`, … Without `--out` it returns `None`.
    fn next_directory(&self) -> Option<PathBuf> {
        let out = self.setup.out?;
        let number = self.all.borrow().len() + 1;
        let name = out.file_name().unwrap_or(out.as_os_str());
        let mut name = name.to_owned();
        name.push(format!("-{number}"));
        Some(out.with_file_name(name))
    }

    /// Asks every run to end as the screen did, and waits for them. Returns how they ended, and the signal that arrived
    /// meanwhile.
    pub(super) fn end_all(
        self,
        shown: &io::Result<tui::End>,
        watch: Watch,
    ) -> (Vec<Ended>, Option<i32>) {
        let how = shown.as_ref().map_or(Command::Terminate, tui::End::command);
        let quit = how == Command::Quit;
        let all = self.all.into_inner();
        let active = all.iter().filter_map(|run| match run {
            Run::Active(handle) => Some(handle),
            Run::Ended(_) => None,
        });
        let ask = |handle: &Rc<Handle>| {
            handle.send(how.clone());
            handle.requests()
        };
        let caught = watch.attend(active.map(ask).collect(), quit);
        let ended = all.into_iter();
        let ended = ended.filter_map(|run| run.wait(|text| self.setup.note(text)));
        let ended = ended.collect();
        match caught {
            Ok(caught) => (ended, caught.get()),
            Err(error) => {
                command::Error::from(error).print();
                (ended, None)
            }
        }
    }
}

impl tui::Launcher for Runs<'_> {
    fn start(&self, request: &RunRequest) -> Result<Rc<dyn tui::Link>, tui::LaunchError> {
        let cannot = |reason: String| tui::LaunchError::Failed {
            preset: request.preset().to_owned(),
            reason,
        };
        // Settings of the first preset may not fit another one: use only those of the request.
        let effective = command::effective(request).map_err(|error| cannot(error.to_string()))?;
        let seed = request.seed.unwrap_or(self.setup.seed);
        let options = self
            .setup
            .options(effective, seed, None, self.next_directory(), true);
        match self.setup.start(options) {
            Ok(handle) => Ok(Rc::new(tui::OwnRun::of(self.add(handle)))),
            Err(error) => Err(cannot(error.to_string())),
        }
    }
}
