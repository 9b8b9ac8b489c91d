//! A run as a screen shows it, from its directory alone.

mod files;
mod journal;
mod standing;
#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{State, preset_of};
use crate::{
    model::{History, Notice, Snapshot, Status, Summary},
    preset::{Preset, Shape, parameters},
    rundir::{
        about::About,
        journal::Listing,
        lines::Lines,
        metrics::{Growing, Record},
    },
};

/// Entries of the journal that a snapshot holds.
const ENTRIES: usize = 2000;
/// Time between two questions for the lock, and between two looks at what seldom changes.
const SELDOM: Duration = Duration::from_secs(1);

/// What was read of a run so far. Each [`look`](Watched::look) reads what is new.
#[derive(Debug)]
pub(crate) struct Watched {
    directory: PathBuf,
    metrics: Growing,
    /// All curves.
    pub history: History,
    journal: Listing,
    entries: Option<Lines<fs::File>>,
    about: About,
    /// What the run was made from.
    made_from: Option<Arc<Preset>>,
    /// Changes of settings that the snapshot's settings have, and the branches of the journal when they were made.
    applied: (usize, u64),
    ending: Option<Summary>,
    /// Which files were read, by their place among those that are read as a whole.
    seen: [Option<Identity>; 4],
    pub state: State,
    locked: bool,
    asked: Option<Instant>,
    looks: u32,
    gone: bool,
    /// What could not be read and was told.
    problems: VecDeque<String>,
    notices: u64,
    snapshot: Snapshot,
}

/// Device, number, length and time of a file: another one where any of them differs.
type Identity = (u64, u64, u64, i64, i64);

impl Watched {
    /// Nothing is read yet.
    ///
    /// # Errors
    /// What the run was made from cannot be read, in words: no screen could show it.
    pub(crate) fn new(directory: &Path) -> Result<Self, String> {
        let named = preset_of(directory)?;
        let settings = Arc::new(named.preset);
        let snapshot = Snapshot {
            parameters: sizes(&settings),
            device: String::new(),
            ..Snapshot::starting(named.name, Arc::clone(&settings), directory.to_owned())
        };
        Ok(Self {
            directory: directory.to_owned(),
            metrics: Growing::of(directory),
            history: History::default(),
            journal: Listing::default(),
            entries: None,
            about: About::default(),
            made_from: Some(settings),
            applied: (0, 0),
            ending: None,
            seen: [None; 4],
            state: State::Interrupted,
            locked: false,
            asked: None,
            looks: 0,
            gone: false,
            problems: VecDeque::new(),
            notices: 0,
            snapshot,
        })
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// A line for the person.
    pub(crate) fn say(&mut self, text: String, error: bool) {
        self.notices += 1;
        self.snapshot.notice = Some(Notice {
            number: self.notices,
            text,
            error,
        });
    }

    /// Reads what is new; whether anything is. `each` sees the new lines of the metrics, after a run that went back all of
    /// them again.
    pub(crate) fn look(&mut self, each: impl FnMut(&Record)) -> bool {
        if !self.directory.is_dir() {
            let news = !std::mem::replace(&mut self.gone, true);
            if news {
                self.state = State::Interrupted;
                self.snapshot.status = Status::Still("its directory is gone".to_owned());
                self.snapshot.steps_per_second = 0.0;
                self.say(format!("{} is gone.", self.directory.display()), true);
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
        if self.asked.is_none_or(|asked| now - asked >= SELDOM) || news {
            self.asked = Some(now);
            news |= self.read_checkpoints();
            news |= self.judge();
        }
        news
    }

    /// Whether a file is another one than at the last look.
    fn is_new(&mut self, place: usize, name: &str) -> bool {
        let there = fs::metadata(self.directory.join(name)).ok();
        let there = there.as_ref().map(identity);
        let before = std::mem::replace(&mut self.seen[place], there);
        before != there
    }

    /// What was read; what stands in the way is told once.
    fn told<T>(&mut self, read: Result<T, String>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(problem) => {
                if !self.problems.contains(&problem) {
                    self.say(problem.clone(), true);
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

/// Parameters of (G, D); 0 where they do not fit together.
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
