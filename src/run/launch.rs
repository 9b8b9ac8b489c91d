//! Starts and resumes runs.

pub(super) mod stored;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc::channel},
    thread,
};

use tracing::Dispatch;

use super::{
    Options,
    engine::{Engine, Failure},
    handle::{Handle, failed, panic_message},
    lane::Origin,
    lanes::{LaneHandle, Lanes},
    load::LoadMonitor,
    on_alarm::AlarmCommand,
    pool::Pool,
    worker::{self, Run, StoredLane},
};
use crate::{
    model::feed::{Feed, Requests},
    model::{LaneId, Notice, Snapshot},
    preset::Preset,
    remote::{self, Server},
    rundir::{
        self, Error,
        about::About,
        directory::RunDirectory,
        fork::Fork,
        lock::Lock,
        log,
        resume::{StartState, StoredRun},
        schedule::Schedule,
    },
    weights::Init,
};
use stored::stored_lanes;

/// Creates the run directory and starts the worker. The worker then loads the data and calls `build` on its own thread,
/// in a pool with [`Options::threads`] threads.
///
/// # Errors
/// If the directory is refused or cannot be written to, or a thread cannot be started. Later errors are returned by
/// [`Handle::wait`] and shown as [`Status::Failed`](crate::model::Status::Failed).
pub fn start<B>(options: Options, build: B) -> Result<Handle, Error>
where
    B: Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let build = from_init(options.init.clone(), build);
    let directory = RunDirectory::create(options.out.as_deref(), &options.name)?;
    let lock = Lock::take(directory.folder());
    // A directory that another process has locked must not be cleared.
    let ours = !matches!(lock, Err(Error::Locked(_)));
    let created = directory.clone();
    let started = lock.and_then(|lock| {
        write_description(&options, &directory)?;
        let start = StartState {
            schedule: Schedule::new(&options.at, 0),
            ..StartState::default()
        };
        launch(options, (directory, lock), start, Vec::new(), build)
    });
    if started.is_err() && ours {
        created.clear();
    }
    started
}

/// Creates the directory of a forked run and starts its worker, as [`start`] does for a new one. The preset of the options
/// has the settings of the state, before the changes of the fork, and the steps of the new run.
///
/// # Errors
/// As for [`start`]; if the settings of the state are refused.
pub fn fork<B>(options: Options, fork: Fork, build: B) -> Result<Handle, Error>
where
    B: Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let about = About::new(&options);
    let (directory, lock, start) = rundir::fork::create(options.out.as_deref(), about, fork)?;
    let created = directory.clone();
    launch(options, (directory, lock), start, Vec::new(), build).inspect_err(|_| created.clear())
}

/// Writes the preset and the description of a new run.
fn write_description(options: &Options, directory: &RunDirectory) -> Result<(), Error> {
    directory.write_preset(&options.preset, &options.name)?;
    let place = directory.about();
    let written = About::new(options).write(&place);
    written.map_err(|source| Error::Write {
        path: place.path(),
        source,
    })
}

/// Resumes a stored run, in a pool with [`Options::threads`] threads. The preset of the options has the settings in force
/// at the checkpoint, possibly with another number of steps.
///
/// # Errors
/// If another process uses the directory, or it cannot be written to; if the run has no checkpoint and started from
/// weights that the options lack; if a thread cannot be started.
pub fn resume<B>(mut stored: StoredRun, options: Options, build: B) -> Result<Handle, Error>
where
    B: Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
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
                problem: "there is no checkpoint, and the run did not start with fresh weights (--init): \
                          it cannot be resumed, start it again"
                    .to_owned(),
            });
        }
    }
    let build = from_init(options.init.clone(), build);
    let others = stored_lanes(&directory, &options)?;
    launch(
        options,
        (directory, lock),
        stored.start_state()?,
        others,
        build,
    )
}

/// Wraps `build` so that the engine starts from the given weights, if any.
fn from_init<B>(
    init: Option<Arc<Init>>,
    build: B,
) -> impl Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure>
where
    B: Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure>,
{
    move |preset, seed| {
        let mut engine = build(preset, seed)?;
        if let Some(init) = &init {
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

/// Starts the servers, the load monitor and the worker thread of a run with these other lanes.
fn launch<B>(
    options: Options,
    directory: (RunDirectory, Lock),
    start: StartState,
    others: Vec<StoredLane>,
    build: B,
) -> Result<Handle, Error>
where
    B: Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static,
{
    let pool = Pool::new(options.threads)?;
    let log = log::open(&directory.0)?;
    let (request_sender, request_receiver) = channel();
    let lanes = Arc::new(Lanes::new(request_sender));
    let LaneHandle { feed, requests, .. } = lanes.add(LaneId::A, &options, &directory.0, &log);
    let (line_sender, line_receiver) = channel();
    let lines = options.log_every.map(|_| line_receiver);
    let monitor = LoadMonitor::start(&options.device, &feed);
    let alarms = AlarmCommand::of(&options, &directory.0, &log)?;
    let origin = Origin {
        id: LaneId::A,
        names_lane: !options.forks.is_empty() || !others.is_empty(),
        options,
        directory,
        feed: Arc::clone(&feed),
        lines: line_sender,
        raised: alarms.as_ref().map(AlarmCommand::raised),
        log: log.clone(),
    };
    // Weak, so that dropping the handle also closes the servers. Otherwise the requests of peers keep the worker alive.
    let weak_lanes = Arc::downgrade(&lanes);
    let feed_of_worker = Arc::clone(&feed);
    let thread = thread::Builder::new()
        .name("sn-tui worker".into())
        .spawn(move || {
            let feed = feed_of_worker;
            let run = Run {
                origin,
                start,
                others,
                requests: request_receiver,
                lanes: weak_lanes.clone(),
            };
            let work = || {
                let inside = || worker::work(run, Box::new(build));
                pool.install(|| tracing::dispatcher::with_default(&log, inside))
            };
            let ended = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
                let message = panic_message(&*payload);
                tracing::dispatcher::with_default(&log, || tracing::error!("{message}"));
                failed(&feed, &message)
            });
            pool.end();
            drop(monitor);
            if let Some(alarms) = alarms {
                alarms.finish();
            }
            if let Some(lanes) = weak_lanes.upgrade() {
                lanes.all().iter().for_each(|lane| lane.server().close());
                lanes.wait_for_ended();
            }
            ended
        })
        .map_err(Error::Thread)?;
    Ok(Handle {
        feed,
        requests,
        lanes,
        lines,
        thread,
    })
}

/// Starts the server for other processes. A failure is reported in a notice, and the training continues.
pub(super) fn serve(
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
    let report = |error| {
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
    server.map_err(report).ok()
}

/// The snapshot before the worker starts.
pub(super) fn first_snapshot(options: &Options, directory: &RunDirectory) -> Snapshot {
    let settings = Arc::new(options.preset.clone());
    Snapshot {
        seed: options.seed,
        threads: options.threads.max(1),
        device: options.device.to_string(),
        ..Snapshot::starting(options.name.clone(), settings, directory.path().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    #[test]
    fn a_failed_server_is_reported() {
        let out = tempfile::tempdir().unwrap();
        let options = fake::options(out.path());
        let directory = RunDirectory::create(Some(out.path()), "fake").unwrap();
        std::fs::write(remote::path(out.path()), "thesis").unwrap();
        let feed = Arc::new(Feed::new(first_snapshot(&options, &directory)));
        let (sender, _worker) = channel();
        let requests = Requests::new(sender, LaneId::A, Arc::clone(feed.closing()));
        let log = log::open(&directory).unwrap();
        assert!(serve(&options, &directory, &feed, &requests, &log).is_none());
        let notice = feed.snapshot().notice.clone().unwrap();
        assert!(notice.error && notice.text.contains("nobody can attach"));
        let logged = std::fs::read_to_string(directory.log().path()).unwrap();
        assert!(logged.contains("nobody can attach"), "{logged}");
    }
}
