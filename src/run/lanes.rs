//! The lanes of a run as front ends see them: each has its own feed, requests and server.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender},
    thread::{self, JoinHandle},
};

use tracing::Dispatch;

use super::{
    Options,
    handle::ServerSlot,
    launch::{first_snapshot, serve},
};
use crate::{
    model::LaneId,
    model::feed::{Feed, Requests, closing::Closing, requests::Delivery},
    preset::Preset,
    rundir::directory::RunDirectory,
};

/// Handle of one lane of a running worker.
#[derive(Clone, Debug)]
pub struct LaneHandle {
    /// The name of the lane.
    pub id: LaneId,
    /// What the lane publishes.
    pub feed: Arc<Feed>,
    /// Sends commands to the lane.
    pub requests: Requests,
    /// The settings with which the lane began in this process.
    pub initial: Arc<Preset>,
    server: Arc<ServerSlot>,
}

impl LaneHandle {
    /// The server of the lane for other processes.
    pub(super) fn server(&self) -> &ServerSlot {
        &self.server
    }
}

/// The lanes of a run, in the order of their forks. Lane a is the first.
#[derive(Debug)]
pub(super) struct Lanes {
    worker: Sender<Delivery>,
    /// The end of the run, which all lanes share.
    closing: Arc<Closing>,
    list: Mutex<Vec<LaneHandle>>,
    /// Threads that close the servers of lanes that have ended.
    ended: Mutex<Vec<JoinHandle<()>>>,
}

impl Lanes {
    /// Lanes whose requests go to this worker.
    pub(super) fn new(worker: Sender<Delivery>) -> Self {
        Self {
            worker,
            closing: Arc::default(),
            list: Mutex::default(),
            ended: Mutex::default(),
        }
    }

    /// Adds a lane, and starts its server. A server that cannot be started is reported in a notice.
    pub(super) fn add(
        &self,
        id: LaneId,
        options: &Options,
        directory: &RunDirectory,
        log: &Dispatch,
    ) -> LaneHandle {
        // A lane that is brought back listens where it did before.
        self.wait_for_ended();
        let snapshot = first_snapshot(options, directory);
        let feed = Arc::new(Feed::ending_with(snapshot, Arc::clone(&self.closing)));
        let requests = Requests::new(self.worker.clone(), id, Arc::clone(&self.closing));
        let server = serve(options, directory, &feed, &requests, log);
        let lane = LaneHandle {
            id,
            feed,
            requests,
            initial: Arc::new(options.preset.clone()),
            server: Arc::new(ServerSlot::new(server)),
        };
        self.lock().push(lane.clone());
        lane
    }

    /// Removes a lane that did not begin or has ended. Its server is closed on a thread of its own: those who are attached
    /// to it must not delay the other lanes.
    pub(super) fn remove(&self, id: LaneId) {
        let mut list = self.lock();
        let gone: Vec<_> = list.extract_if(.., |lane| lane.id == id).collect();
        drop(list);
        let close = move || gone.iter().for_each(|lane| lane.server().close());
        let thread = thread::Builder::new().name("sn-tui lane".to_owned());
        // Without a thread the server is dropped, which closes it as well.
        if let Ok(thread) = thread.spawn(close) {
            self.closing_servers().push(thread);
        }
    }

    /// Waits until the servers of lanes that have ended are closed.
    pub(super) fn wait_for_ended(&self) {
        for thread in std::mem::take(&mut *self.closing_servers()) {
            // A panic of the thread has been reported.
            let _ = thread.join();
        }
    }

    fn closing_servers(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All lanes so far.
    pub(super) fn all(&self) -> Vec<LaneHandle> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LaneHandle>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
