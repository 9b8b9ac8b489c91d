//! The lanes of a run of another process, found in its directory.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crate::{model::LaneId, rundir::layout};

/// Time between two looks into the directory.
const INTERVAL: Duration = Duration::from_secs(1);

/// The lanes besides lane a of a run. A thread looks for new ones, until this is dropped: no call waits for the file
/// system.
pub(super) struct Finder<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    found: Mutex<Found<T>>,
    closed: Condvar,
}

struct Found<T> {
    /// In the order of their names.
    lanes: Vec<(LaneId, Arc<T>)>,
    is_closed: bool,
}

impl<T: Send + Sync + 'static> Finder<T> {
    /// Looks for the lanes of the run in `directory`. `open` returns a lane, by its directory, if there is one; it is told
    /// whether this is the first look. A lane with which `keep` is not content at two looks in a row is dropped.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(super) fn start(
        directory: &Path,
        mut open: impl FnMut(&Path, bool) -> Option<T> + Send + 'static,
        keep: impl Fn(&T) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let found = Found {
            lanes: Vec::new(),
            is_closed: false,
        };
        let shared = Arc::new(Shared {
            found: Mutex::new(found),
            closed: Condvar::new(),
        });
        let folder = directory.join(layout::LANES);
        shared.add(&folder, &mut |lane| open(lane, true));
        let for_thread = Arc::clone(&shared);
        let mut doubted = Vec::new();
        let look = move || {
            while for_thread.wait() {
                for_thread.drop_ended(&keep, &mut doubted);
                for_thread.add(&folder, &mut |lane| open(lane, false));
            }
        };
        thread::Builder::new()
            .name("sn-tui lanes".to_owned())
            .spawn(look)?;
        Ok(Self { shared })
    }

    /// Returns the lanes so far, in the order of their names.
    pub(super) fn lanes(&self) -> Vec<(LaneId, Arc<T>)> {
        self.shared.lock().lanes.clone()
    }

    /// Returns a lane.
    pub(super) fn lane(&self, lane: LaneId) -> Option<Arc<T>> {
        let lanes = &self.shared.lock().lanes;
        let found = lanes.iter().find(|(id, _)| *id == lane);
        found.map(|(_, lane)| Arc::clone(lane))
    }
}

impl<T> Drop for Finder<T> {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.closed.notify_all();
    }
}

impl<T> Shared<T> {
    /// Adds lanes that are not there yet.
    fn add(&self, folder: &Path, open: &mut dyn FnMut(&Path) -> Option<T>) {
        for (id, path) in named(folder) {
            let is_known = self.lock().lanes.iter().any(|(known, _)| *known == id);
            if is_known {
                continue;
            }
            if let Some(lane) = open(&path) {
                let lanes = &mut self.lock().lanes;
                lanes.push((id, Arc::new(lane)));
                lanes.sort_by_key(|(id, _)| *id);
            }
        }
    }

    fn drop_ended(&self, keep: &dyn Fn(&T) -> bool, doubted: &mut Vec<LaneId>) {
        let mut ended = Vec::new();
        self.lock().lanes.retain(|(id, lane)| {
            let kept = keep(lane);
            if !kept {
                ended.push(*id);
            }
            kept || !doubted.contains(id)
        });
        *doubted = ended;
    }

    /// Waits for the time of the next look. Returns false if the finder was dropped.
    fn wait(&self) -> bool {
        let found = self.lock();
        let open = |found: &mut Found<T>| !found.is_closed;
        let waited = self.closed.wait_timeout_while(found, INTERVAL, open);
        let (found, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !found.is_closed
    }

    fn lock(&self) -> MutexGuard<'_, Found<T>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The folders that have the names of lanes.
fn named(folder: &Path) -> Vec<(LaneId, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let id: LaneId = entry.file_name().to_str()?.parse().ok()?;
        (id != LaneId::A).then(|| (id, entry.path()))
    });
    let mut named: Vec<_> = named.collect();
    named.sort();
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn lanes_come_and_go_with_their_folders() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(layout::LANES);
        for name in ["b", "a", "notes"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let finder = Finder::start(
            home.path(),
            |path, _| Some(path.to_owned()),
            |path| path.exists(),
        );
        let finder = finder.unwrap();
        let names = || {
            let lanes = finder.lanes().into_iter();
            lanes.map(|(id, _)| id.to_string()).collect::<String>()
        };
        let until = |wanted: &str| {
            let start = Instant::now();
            while names() != wanted {
                assert!(start.elapsed() < Duration::from_secs(60), "{}", names());
                thread::sleep(Duration::from_millis(5));
            }
        };
        assert_eq!(names(), "b");
        fs::create_dir(folder.join("d")).unwrap();
        until("bd");
        fs::remove_dir(folder.join("b")).unwrap();
        until("d");
        assert!(finder.lane(LaneId::A).is_none());
    }
}
