//! What front ends hold of a running worker.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread::{self, JoinHandle},
};

use tracing::Dispatch;

use super::{
    Options,
    engine::{Engine, Failure},
    load::Gauge,
    pool::Pool,
    worker,
};
use crate::{
    feed::{Branch, Feed, Requests, Stage},
    model::{Command, History, Logged, Notice, Snapshot, Status, Stopped, Summary},
    preset::Preset,
    remote::{self, Server},
    rundir::{
        Error,
        about::About,
        directory::RunDirectory,
        lock::Lock,
        log,
        resume::{StartState, StoredRun},
        schedule::Schedule,
    },
    weights::Init,
};

/// A running worker. When it and all its [`Requests`] are dropped, the worker ends as if asked to quit.
#[derive(Debug)]
pub struct Handle {
    feed: Arc<Feed>,
    requests: Requests,
    lines: Option<Receiver<Logged>>,
    thread: JoinHandle<Ended>,
    door: Arc<Door>,
}

/// The way of other processes to a run; none where it could not be made, or the run is over. The worker closes it when
/// it ends, so that nothing of a run outlives its training, whoever still holds the handle.
#[derive(Debug, Default)]
struct Door(Mutex<Option<Server>>);

impl Door {
    fn lock(&self) -> MutexGuard<'_, Option<Server>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the peers fetch the last news, and takes the socket away.
    fn close(&self) {
        let server = self.lock().take();
        if let Some(server) = server {
            server.finish();
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub summary: Summary,
    /// What went wrong, for the person; the exit code is then 1.
    pub error: Option<String>,
    /// Where the run's files are.
    pub directory: PathBuf,
    /// Step of the last checkpoint on the disk, from which the run can be gone on with.
    pub saved: Option<u64>,
}

impl Handle {
    /// The latest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.feed.snapshot()
    }

    /// All curves so far.
    pub fn history(&self) -> History {
        self.feed.history()
    }

    /// The curves of the branch that was left last; none where the run never returned to an earlier step.
    pub fn branch(&self) -> Option<Arc<Branch>> {
        self.feed.branch()
    }

    /// Notices after the one of this number, which a snapshot has the last of.
    pub fn notices(&self, after: u64) -> Vec<Notice> {
        self.feed.notices(after)
    }

    /// Brings an earlier copy of the curves up to date.
    pub fn catch_up(&self, history: &mut History) {
        self.feed.catch_up(history);
    }

    /// See [`Requests::send`].
    pub fn send(&self, command: Command) -> Option<u64> {
        self.requests.send(command)
    }

    /// What the worker is at.
    pub fn stage(&self) -> Stage {
        self.feed.closing().stage()
    }

    /// Steps made, up to the moment.
    pub fn steps(&self) -> u64 {
        self.feed.steps()
    }

    /// Whether the worker has ended.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// A way in for another thread.
    pub fn requests(&self) -> Requests {
        self.requests.clone()
    }

    /// The measures of every step that has a line, where [`Options::log_every`] asked for them; the channel closes when
    /// the worker ends. They are given once.
    pub fn take_lines(&mut self) -> Option<Receiver<Logged>> {
        self.lines.take()
    }

    /// The screen of this process is gone: the run goes on as one without a screen, and others may control it.
    pub fn go_headless(&self) {
        self.requests.leave();
        self.send(Command::GoHeadless);
        if let Some(server) = &*self.door.lock() {
            server.free();
        }
    }

    /// Waits for the worker to end.
    pub fn wait(self) -> Ended {
        let Self { feed, thread, .. } = self;
        thread
            .join()
            .unwrap_or_else(|payload| failed(&feed, &panic_message(&*payload)))
    }
}

/// Makes the run directory and starts the worker, which then loads the data and calls `build` on its own thread, inside
/// a pool of [`Options::threads`].
///
/// # Errors
/// A directory that is refused or cannot be written to; no thread. What goes wrong later comes out of
/// [`Handle::wait`] and as [`Status::Failed`].
pub fn start<B>(options: Options, build: B) -> Result<Handle, Error>
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let build = from_init(options.init.clone(), build);
    let directory = RunDirectory::create(options.out.as_deref(), &options.name)?;
    let lock = Lock::take(directory.folder());
    // Where another process has it, nothing in it is this one's to take back.
    let ours = !matches!(lock, Err(Error::Locked(_)));
    let laid_out = directory.clone();
    let begun = lock.and_then(|lock| {
        lay_out(&options, &directory)?;
        let start = StartState {
            schedule: Schedule::new(&options.at, 0),
            ..StartState::default()
        };
        launch(options, (directory, lock), start, build)
    });
    if begun.is_err() && ours {
        laid_out.clear();
    }
    begun
}

/// Writes what a run is.
fn lay_out(options: &Options, directory: &RunDirectory) -> Result<(), Error> {
    directory.write_preset(&options.preset, &options.name)?;
    let place = directory.about();
    let written = About::new(options).write(&place);
    written.map_err(|source| Error::Write {
        path: place.path(),
        source,
    })
}

/// Goes on with a run where its directory says, inside a pool of [`Options::threads`]; the preset among the options is
/// that in force there, with another number of steps where it is to stop elsewhere.
///
/// # Errors
/// A directory that another process writes to or that cannot be written to; a run without a checkpoint that began with
/// weights which the options do not have; no thread.
pub fn resume<B>(mut stored: StoredRun, options: Options, build: B) -> Result<Handle, Error>
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let directory = stored.directory.clone();
    directory.check()?;
    let lock = match stored.lock.take() {
        Some(lock) => lock,
        None => Lock::take(directory.folder())?,
    };
    if let (None, Some(init)) = (&stored.checkpoint, &stored.about.init) {
        let given = options.init.as_ref();
        if given.is_none_or(|given| given.sha256() != init) {
            return Err(Error::NotResumable {
                path: directory.checkpoints().path(),
                problem: "no checkpoint is there, and the run did not begin with fresh weights (--init): \
                          it can be begun anew, not gone on with"
                    .to_owned(),
            });
        }
    }
    let build = from_init(options.init.clone(), build);
    launch(options, (directory, lock), stored.start_state()?, build)
}

/// Builds an engine that starts from weights, where there are any.
fn from_init<B>(
    init: Option<Arc<Init>>,
    build: B,
) -> impl FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure>
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure>,
{
    move |preset, seed| {
        let mut engine = build(preset, seed)?;
        if let Some(init) = init {
            engine.start_from(init.tensors())?;
            tracing::info!(
                sha256 = init.sha256(),
                "started from {}",
                init.path().display()
            );
        }
        Ok(engine)
    }
}

fn launch<B>(
    options: Options,
    (directory, lock): (RunDirectory, Lock),
    start: StartState,
    build: B,
) -> Result<Handle, Error>
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let pool = Pool::new(options.threads)?;
    let log = log::open(&directory)?;

    let feed = Arc::new(Feed::new(first_snapshot(&options, &directory)));
    let (request_sender, request_receiver) = channel();
    let requests = Requests::new(request_sender, Arc::clone(feed.closing()));
    let server = serve(&options, &directory, &feed, &requests, &log);
    let door = Arc::new(Door(Mutex::new(server)));
    // A handle that is dropped closes the door as well: the requests of peers keep the worker going.
    let of_worker = Arc::downgrade(&door);
    let (line_sender, line_receiver) = channel();
    let lines = options.log_every.map(|_| line_receiver);
    let gauge = Gauge::start(&options.device, &feed);
    let for_worker = Arc::clone(&feed);
    let thread = thread::Builder::new()
        .name("sn-tui worker".into())
        .spawn(move || {
            let feed = for_worker;
            let work = || {
                let inside = || {
                    worker::work(
                        options,
                        (directory, lock),
                        start,
                        &feed,
                        request_receiver,
                        line_sender,
                        build,
                    )
                };
                pool.install(|| tracing::dispatcher::with_default(&log, inside))
            };
            let ended = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
                let message = panic_message(&*payload);
                tracing::dispatcher::with_default(&log, || tracing::error!("{message}"));
                failed(&feed, &message)
            });
            pool.end();
            drop(gauge);
            if let Some(door) = of_worker.upgrade() {
                door.close();
            }
            ended
        })
        .map_err(Error::Thread)?;
    Ok(Handle {
        feed,
        requests,
        lines,
        thread,
        door,
    })
}

/// Lets other processes at the run. That they cannot come is told, and no reason not to train.
fn serve(
    options: &Options,
    directory: &RunDirectory,
    feed: &Arc<Feed>,
    requests: &Requests,
    log: &Dispatch,
) -> Option<Server> {
    let server = Server::start(
        directory.folder(),
        Arc::clone(feed),
        requests.clone(),
        options.preset.clone(),
        options.live,
        log.clone(),
    );
    let told = |error| {
        let path = remote::path(directory.path());
        let text = format!("nobody can attach: {}: {error}", path.display());
        tracing::dispatcher::with_default(log, || tracing::warn!("{text}"));
        let notice = Notice {
            number: 1,
            text,
            error: true,
        };
        feed.notice(notice.clone());
        feed.publish(Snapshot {
            notice: Some(notice),
            ..(*feed.snapshot()).clone()
        });
    };
    server.map_err(told).ok()
}

fn first_snapshot(options: &Options, directory: &RunDirectory) -> Snapshot {
    let settings = Arc::new(options.preset.clone());
    Snapshot {
        seed: options.seed,
        threads: options.threads.max(1),
        device: options.device.to_string(),
        ..Snapshot::starting(options.name.clone(), settings, directory.path().to_owned())
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("of an unknown kind");
    format!("the training thread panicked: {text}")
}

/// The end of a worker that cannot speak for itself: from what it published last.
fn failed(feed: &Feed, message: &str) -> Ended {
    let last = Snapshot {
        status: Status::Failed(message.to_owned()),
        steps_per_second: 0.0,
        step: feed.steps(),
        ..(*feed.snapshot()).clone()
    };
    feed.publish(last.clone());
    let mut summary = Summary::of(&last, Stopped::Error);
    summary.scores = None;
    Ended {
        summary,
        error: Some(message.to_owned()),
        saved: last.saved,
        directory: last.directory.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    #[test]
    fn that_nobody_can_attach_is_told() {
        let out = tempfile::tempdir().unwrap();
        let options = fake::options(out.path());
        let directory = RunDirectory::create(Some(out.path()), "fake").unwrap();
        std::fs::write(remote::path(out.path()), "thesis").unwrap();
        let feed = Arc::new(Feed::new(first_snapshot(&options, &directory)));
        let (sender, _worker) = channel();
        let requests = Requests::new(sender, Arc::clone(feed.closing()));
        let log = log::open(&directory).unwrap();
        assert!(serve(&options, &directory, &feed, &requests, &log).is_none());
        let notice = feed.snapshot().notice.clone().unwrap();
        assert!(notice.error && notice.text.contains("nobody can attach"));
        let logged = std::fs::read_to_string(directory.log().path()).unwrap();
        assert!(logged.contains("nobody can attach"), "{logged}");
    }
}
