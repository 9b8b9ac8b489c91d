//! The lanes of a run as front ends see them: each has its own feed, requests and server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender};

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
}

impl Lanes {
    /// Lanes whose requests go to this worker.
    pub(super) fn new(worker: Sender<Delivery>) -> Self {
        Self {
            worker,
            closing: Arc::default(),
            list: Mutex::default(),
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

    /// Removes a lane that did not begin or has ended.
    pub(super) fn remove(&self, id: LaneId) {
        let mut list = self.lock();
        let gone: Vec<_> = list.extract_if(.., |lane| lane.id == id).collect();
        drop(list);
        gone.iter().for_each(|lane| lane.server().close());
    }

    /// All lanes so far.
    pub(super) fn all(&self) -> Vec<LaneHandle> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LaneHandle>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
