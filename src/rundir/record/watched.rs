//! Reading a run's directory repeatedly into a snapshot for the screen.

mod files;
mod journal;
mod status;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    fmt::Display,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{State, pictures::Pictures, preset_of};
use crate::{
    model::{History, Notice, Snapshot, Status, Summary},
    preset::{Diagnostic, Preset, Shape, parameters},
    rundir::{
        about::About,
        journal::Listing,
        lines::Lines,
        metrics::{MetricsReader, Record},
    },
};

/// Maximum number of journal entries in a snapshot.
const MAX_ENTRIES: usize = 2000;
/// Time between two checks of the lock and of other things that rarely change.
const SLOW_INTERVAL: Duration = Duration::from_secs(1);

/// The state of a run as read so far. Each [`update`](WatchedRun::update) reads what is new.
#[derive(Debug)]
pub(crate) struct WatchedRun {
    directory: PathBuf,
    metrics: MetricsReader,
    /// All curves.
    pub history: History,
    journal: Listing,
    entries: Option<Lines<fs::File>>,
    about: About,
    /// The effective preset at the start.
    initial_settings: Option<Arc<Preset>>,
    /// Number of changes that are in the snapshot's settings, and the number of branches in the journal then.
    applied: (usize, u64),
    ending: Option<Summary>,
    /// Which version of each file was read, for files that are read as a whole.
    seen: [Option<Identity>; 4],
    pub state: State,
    locked: bool,
    /// When the lock was last checked.
    slow_checked: Option<Instant>,
    /// Number of calls.
    updates: u32,
    /// Whether the directory does not exist.
    gone: bool,
    /// Recently reported errors.
    problems: VecDeque<String>,
    notices: u64,
    pictures: Pictures,
    snapshot: Snapshot,
}

/// Device, inode, length and modification time of a file. The file was changed or replaced if any of them differs.
type Identity = (u64, u64, u64, i64, i64);

impl WatchedRun {
    /// A reader that has read nothing but the preset.
    ///
    /// # Errors
    /// If the preset cannot be read: the screen needs it.
    pub(crate) fn new(directory: &Path) -> Result<Self, Diagnostic> {
        let named = preset_of(directory)?;
        let settings = Arc::new(named.preset);
        let snapshot = Snapshot {
            parameters: sizes(&settings),
            device: String::new(),
            ..Snapshot::starting(named.name, Arc::clone(&settings), directory.to_owned())
        };
        Ok(Self {
            directory: directory.to_owned(),
            metrics: MetricsReader::of(directory),
            history: History::default(),
            journal: Listing::default(),
            entries: None,
            about: About::default(),
            initial_settings: Some(settings),
            applied: (0, 0),
            ending: None,
            seen: [None; 4],
            state: State::Interrupted,
            locked: false,
            slow_checked: None,
            updates: 0,
            gone: false,
            problems: VecDeque::new(),
            notices: 0,
            pictures: Pictures::default(),
            snapshot,
        })
    }

    /// The current snapshot.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The journal as read so far.
    pub(crate) fn journal(&self) -> &Listing {
        &self.journal
    }

    /// The summary, if the process ended in order.
    pub(crate) fn summary(&self) -> Option<&Summary> {
        self.ending.as_ref()
    }

    /// Shows a notice to the user.
    pub(crate) fn notify(&mut self, text: String, error: bool) {
        self.notices += 1;
        self.snapshot.notice = Some(Notice {
            number: self.notices,
            text,
            error,
        });
    }

    /// Reads what is new. Returns whether anything is. `each` is called with the new records; if the run went back,
    /// with all records.
    pub(crate) fn update(&mut self, each: impl FnMut(&Record)) -> bool {
        if !self.directory.is_dir() {
            let news = !std::mem::replace(&mut self.gone, true);
            if news {
                self.state = State::Interrupted;
                self.snapshot.status = Status::Still("its directory is gone".to_owned());
                self.snapshot.steps_per_second = 0.0;
                self.notify(format!("{} is gone.", self.directory.display()), true);
            }
            return news;
        }
        let mut news = std::mem::take(&mut self.gone);
        news |= self.read_about();
        news |= self.read_journal();
        news |= self.read_metrics(each);
        news |= self.read_samples();
        news |= self.read_ending();
        let now = Instant::now();
        if self
            .slow_checked
            .is_none_or(|slow_checked| now - slow_checked >= SLOW_INTERVAL)
            || news
        {
            self.slow_checked = Some(now);
            news |= self.read_checkpoints();
            news |= self.update_status();
        }
        news
    }

    /// Whether a file was changed or replaced since the last call.
    fn is_new(&mut self, place: usize, name: &str) -> bool {
        let there = fs::metadata(self.directory.join(name)).ok();
        let there = there.as_ref().map(identity);
        let before = std::mem::replace(&mut self.seen[place], there);
        before != there
    }

    /// The value, or `None` after reporting the error. Each error is reported once.
    fn report<T>(&mut self, read: Result<T, impl Display>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                let problem = error.to_string();
                if !self.problems.contains(&problem) {
                    self.notify(problem.clone(), true);
                    self.problems.push_back(problem);
                    if self.problems.len() > 16 {
                        self.problems.pop_front();
                    }
                }
                None
            }
        }
    }
}

fn identity(metadata: &fs::Metadata) -> Identity {
    (
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        metadata.mtime(),
        metadata.mtime_nsec(),
    )
}

/// Number of parameters of (G, D). 0 for layers that do not fit together.
fn sizes(preset: &Preset) -> (usize, usize) {
    let count = |layers, input| {
        let count = parameters(layers, input).unwrap_or(0);
        usize::try_from(count).unwrap_or(usize::MAX)
    };
    (
        count(&preset.generator.layers, Shape::Flat(preset.latent)),
        count(&preset.discriminator.layers, preset.data.sample_shape()),
    )
}
