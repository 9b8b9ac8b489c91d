//! A thread that writes checkpoints, so that training does not wait for the disk.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use super::{Checkpoint, Kind, Name, encode, prune};
use crate::{
    files::folder::Place,
    rundir::{WriteError, lock::Lock},
};

/// A checkpoint to be written.
#[derive(Debug)]
pub struct SaveTask {
    /// The folder of checkpoints.
    pub folder: Place,
    /// Why it is made.
    pub kind: Kind,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Number of scheduled checkpoints to keep, including this one.
    pub keep: usize,
    /// The right to write to the directory.
    pub lock: Arc<Lock>,
    /// Files to sync to disk before the checkpoint is written.
    pub before: Vec<Place>,
}

/// The outcome of a [`SaveTask`].
#[derive(Debug)]
pub struct SaveReport {
    /// The step of the checkpoint.
    pub step: u64,
    /// Why it was made.
    pub kind: Kind,
    /// The path of the file.
    pub result: Result<PathBuf, WriteError>,
}

/// The thread, started with its first task. It writes one checkpoint at a time.
#[derive(Debug, Default)]
pub struct Saver {
    link: Option<(SyncSender<SaveTask>, Receiver<SaveReport>)>,
    thread: Option<JoinHandle<()>>,
    busy: bool,
}

impl Drop for Saver {
    /// Waits until the current checkpoint is written.
    fn drop(&mut self) {
        self.link = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Saver {
    /// Whether a checkpoint is being written.
    pub fn busy(&self) -> bool {
        self.busy
    }

    /// Starts to write a checkpoint. No other one may be in progress.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn begin(&mut self, task: SaveTask) -> io::Result<()> {
        let (tasks, _) = match &mut self.link {
            Some(link) => link,
            None => {
                let (link, thread) = start()?;
                self.thread = Some(thread);
                self.link.insert(link)
            }
        };
        self.busy = tasks.send(task).is_ok();
        Ok(())
    }

    /// The outcome of the last task, once it is finished.
    pub fn report(&mut self) -> Option<SaveReport> {
        match self.link.as_ref()?.1.try_recv() {
            Ok(saved) => {
                self.busy = false;
                Some(saved)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                // The thread panicked. The next task starts another one.
                self.link = None;
                self.busy = false;
                None
            }
        }
    }

    /// Waits for the outcome of the last task. `None` if no checkpoint is being written.
    pub fn wait(&mut self) -> Option<SaveReport> {
        let (_, reports) = self.link.as_ref().filter(|_| self.busy)?;
        let saved = reports.recv().ok();
        self.busy = false;
        saved
    }
}

#[allow(clippy::type_complexity)]
fn start() -> io::Result<((SyncSender<SaveTask>, Receiver<SaveReport>), JoinHandle<()>)> {
    let (tasks, task_receiver) = sync_channel::<SaveTask>(1);
    let (report_sender, reports) = sync_channel(1);
    let thread = thread::Builder::new()
        .name("sn-tui saver".into())
        .spawn(move || {
            for task in task_receiver {
                let (step, kind) = (task.checkpoint.position.step, task.kind);
                let result = task.save();
                if report_sender
                    .send(SaveReport { step, kind, result })
                    .is_err()
                {
                    return;
                }
            }
        })?;
    Ok(((tasks, reports), thread))
}

impl SaveTask {
    /// The path of the file. A mark gets a name that no other mark has.
    fn place(&self) -> Place {
        let step = self.checkpoint.position.step;
        let kind = self.kind;
        let place = |number| self.folder.join(Name { step, kind, number }.file());
        let free = |place: &Place| kind == Kind::Scheduled || !place.exists();
        let mut places = (1..).map(place);
        places.find(free).unwrap_or_else(|| place(1))
    }

    /// Writes the checkpoint on the calling thread, then prunes old ones.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self) -> Result<PathBuf, WriteError> {
        let place = self.place();
        self.write(&place).map_err(WriteError::saving(&place))?;
        if let Err(error) = prune(&self.folder, self.keep) {
            tracing::warn!("cannot remove old checkpoints: {error}");
        }
        Ok(place.path())
    }

    fn write(&self, place: &Place) -> io::Result<()> {
        self.lock.must_hold()?;
        let bytes = encode(&self.checkpoint).map_err(io::Error::other)?;
        self.before.iter().try_for_each(sync)?;
        place.write(&bytes)
    }
}

/// Syncs a file to disk if it exists.
fn sync(place: &Place) -> io::Result<()> {
    match place.open() {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::folder::Folder,
        rundir::checkpoint::{list, tests::checkpoint},
    };

    #[test]
    fn checkpoints_are_written_beside_training() {
        let home = tempfile::tempdir().unwrap();
        let mut saver = Saver::default();
        let home = Folder::open(home.path()).unwrap();
        let lock = Arc::new(Lock::take(&home).unwrap());
        let task = |step, folder: &str| SaveTask {
            folder: home.place(folder),
            kind: Kind::Scheduled,
            checkpoint: checkpoint(step, step),
            keep: 2,
            lock: Arc::clone(&lock),
            before: vec![home.place("journal.jsonl")],
        };
        for step in 1..=3 {
            saver.begin(task(step, "checkpoints")).unwrap();
            assert!(saver.busy());
            let saved = saver.wait().unwrap();
            assert_eq!((saved.step, saver.busy()), (step, false));
            assert!(saved.result.unwrap().is_file());
        }
        assert_eq!(list(&home.place("checkpoints")).unwrap().len(), 2);
        saver.begin(task(4, "lock")).unwrap();
        let told = saver.wait().unwrap().result.unwrap_err().to_string();
        assert!(told.contains("lock/step-000004"), "{told}");
        assert!(saver.wait().is_none());
    }
}
