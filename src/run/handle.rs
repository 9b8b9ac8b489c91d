//! The handle of a running worker, for front ends.

use std::{
    any::Any,
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Receiver},
    thread::JoinHandle,
};

use super::lanes::{LaneHandle, Lanes};
use crate::{
    model::feed::{Branch, Feed, Requests, Stage},
    model::{Command, History, LaneId, Logged, Notice, Snapshot, Status, Stopped, Summary},
    remote::Server,
};

/// Handle of a running worker: of its lane a, unless a method says otherwise. When the handle and all its [`Requests`] are
/// dropped, the worker quits in order.
#[derive(Debug)]
pub struct Handle {
    pub(super) feed: Arc<Feed>,
    pub(super) requests: Requests,
    pub(super) lanes: Arc<Lanes>,
    pub(super) lines: Option<Receiver<Logged>>,
    pub(super) thread: JoinHandle<Ended>,
}

/// The server for other processes; `None` if it could not be started or the run is over. The worker closes it at the
/// end, so the socket does not outlive the training even if the handle does.
#[derive(Debug)]
pub(super) struct ServerSlot(Mutex<Option<Server>>);

impl ServerSlot {
    /// A slot with a server, if there is one.
    pub(super) fn new(server: Option<Server>) -> Self {
        Self(Mutex::new(server))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Server>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the last snapshot to all peers and removes the socket.
    pub(super) fn close(&self) {
        let server = self.lock().take();
        if let Some(server) = server {
            server.finish();
        }
    }
}

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The summary of the run.
    pub summary: Summary,
    /// Error message for the user, if the run failed. The exit code is then 1.
    pub error: Option<String>,
    /// The run directory.
    pub directory: PathBuf,
    /// Step of the last checkpoint on the disk, from which the run can be resumed.
    pub saved: Option<u64>,
    /// The ends of the other lanes, in their order.
    pub others: Vec<Self>,
}

impl Handle {
    /// The latest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.feed.snapshot()
    }

    /// A copy of all curves.
    pub fn history(&self) -> History {
        self.feed.history()
    }

    /// The curves of the last abandoned branch; `None` if the run was never rewound.
    pub fn branch(&self) -> Option<Arc<Branch>> {
        self.feed.branch()
    }

    /// All notices with a number above `after`. A snapshot has only the last one.
    pub fn notices(&self, after: u64) -> Vec<Notice> {
        self.feed.notices(after)
    }

    /// The notices of all lanes with numbers above those in `shown`, which is updated. The lane is named if there are
    /// several.
    pub fn lane_notices(&self, shown: &mut BTreeMap<LaneId, u64>) -> Vec<(Option<LaneId>, Notice)> {
        let lanes = self.lanes.all();
        let several = lanes.len() > 1;
        let mut all = Vec::new();
        for lane in lanes {
            let last = shown.entry(lane.id).or_default();
            for notice in lane.feed.notices(*last) {
                *last = notice.number;
                all.push((several.then_some(lane.id), notice));
            }
        }
        all
    }

    /// Updates an earlier copy of the curves.
    pub fn catch_up(&self, history: &mut History) {
        self.feed.catch_up(history);
    }

    /// Sends a command to the worker and returns the number of the request. See [`Requests::send`].
    pub fn send(&self, command: Command) -> Option<u64> {
        self.requests.send(command)
    }

    /// The current stage of the worker.
    pub fn stage(&self) -> Stage {
        self.feed.closing().stage()
    }

    /// Number of completed steps, without the delay of a snapshot.
    pub fn steps(&self) -> u64 {
        self.feed.steps()
    }

    /// The latest snapshots of all lanes so far, lane a first.
    pub fn lanes(&self) -> Vec<(LaneId, Arc<Snapshot>)> {
        let lanes = self.lanes.all().into_iter();
        lanes.map(|lane| (lane.id, lane.feed.snapshot())).collect()
    }

    /// The handle of a lane that is going, or of lane a; `None` if there is no such lane.
    pub fn lane(&self, lane: LaneId) -> Option<LaneHandle> {
        self.lanes.all().into_iter().find(|it| it.id == lane)
    }

    /// Whether the worker has ended.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// A sender of requests for another thread.
    pub fn requests(&self) -> Requests {
        self.requests.clone()
    }

    /// The channel of lines, if [`Options::log_every`](super::Options::log_every) is set. It closes when the worker ends.
    /// Later calls return `None`.
    pub fn take_lines(&mut self) -> Option<Receiver<Logged>> {
        self.lines.take()
    }

    /// Continues as a headless run, because the screen was closed. Other processes may then control the run.
    pub fn go_headless(&self) {
        self.requests.leave();
        self.send(Command::GoHeadless);
        for lane in self.lanes.all() {
            if let Some(server) = &*lane.server().lock() {
                server.free();
            }
        }
    }

    /// Waits until the worker has ended.
    pub fn wait(self) -> Ended {
        let Self { feed, thread, .. } = self;
        thread
            .join()
            .unwrap_or_else(|payload| failed(&feed, &panic_message(&*payload)))
    }
}

/// The error message of a panic of the worker.
pub(super) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("of an unknown kind");
    format!("the training thread panicked: {text}")
}

/// The end of a worker that panicked, from its last snapshot.
pub(super) fn failed(feed: &Feed, message: &str) -> Ended {
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
        others: Vec::new(),
    }
}
