//! The runs of one live screen: how another begins beside the first, and how all end.

use std::{cell::RefCell, io, path::PathBuf, rc::Rc, sync::Arc};

use super::Setup;
use crate::{
    command,
    headless::{self, signals::Watch},
    model::{Command, History, RunRequest, Snapshot},
    run::{self, Ended, Handle},
    tui,
};

/// All runs of a live screen, in the order of their start.
pub(super) struct Runs<'a> {
    pub(super) setup: &'a Setup<'a>,
    pub(super) all: RefCell<Vec<Run>>,
}

/// A run of a live screen. One that is over holds no thread, no file and no memory of its training.
pub(super) enum Run {
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
    pub(super) fn going(self) -> Option<Handle> {
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
    pub(super) fn take(&self, handle: Handle) -> Rc<Handle> {
        let handle = Rc::new(handle);
        let mut all = self.all.borrow_mut();
        *all = all.drain(..).map(Run::settled).collect();
        all.push(Run::Going(Rc::clone(&handle)));
        handle
    }

    /// A place for another run beside that of the first: `out-2`, `out-3`, …; none where the first was given none.
    fn beside(&self) -> Option<PathBuf> {
        let out = self.setup.out?;
        let number = self.all.borrow().len() + 1;
        let name = out.file_name().unwrap_or(out.as_os_str());
        let mut name = name.to_owned();
        name.push(format!("-{number}"));
        Some(out.with_file_name(name))
    }

    /// Asks every run to end as the screen did and waits for all; gives them, and the signal that came meanwhile.
    pub(super) fn end(
        self,
        shown: &io::Result<tui::End>,
        watch: Watch,
    ) -> (Vec<Ended>, Option<i32>) {
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
        let ended = ended.filter_map(|run| run.end(|text| self.setup.note(text)));
        let ended = ended.collect();
        match caught {
            Ok(caught) => (ended, caught.get()),
            Err(error) => {
                command::Error::from(error).tell();
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
        // What was set for the first preset may not fit another: only what is asked for counts.
        let effective = command::effective(request).map_err(|error| cannot(error.to_string()))?;
        let seed = request.seed.unwrap_or(self.setup.request.seed());
        let options = self
            .setup
            .options(effective, seed, None, self.beside(), true);
        match self.setup.start(options) {
            Ok(handle) => Ok(self.take(handle)),
            Err(error) => Err(cannot(error.to_string())),
        }
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
