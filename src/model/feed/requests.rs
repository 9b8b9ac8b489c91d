//! Commands to a worker, from any thread and any number of front ends.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender},
};

use super::closing::Closing;
use crate::model::{Cause, Command, LaneId, Reply, Request, Target, Watched};

/// A request on its way to the worker.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The lane whose front end sent it. Its snapshots acknowledge it.
    pub from: LaneId,
    /// The lanes on which it acts.
    pub to: Target,
    /// The request.
    pub request: Request,
    /// Who asked, as the journal tells it.
    pub cause: Cause,
    /// Where the reply goes, if somebody waits for it.
    pub reply: Option<Sender<Reply>>,
}

/// Sends commands of one front end to the worker. Clones belong to the same front end.
#[derive(Clone, Debug)]
pub struct Requests {
    front_end: u64,
    shared: Arc<Mutex<Shared>>,
    closing: Arc<Closing>,
}

#[derive(Debug)]
struct Shared {
    /// Number of the last request; requests count from 1.
    last: u64,
    /// Number of the newest front end.
    front_ends: u64,
    /// The lane of the front ends.
    lane: LaneId,
    worker: Sender<Delivery>,
    /// The looks that each front end watches. The worker computes their union.
    watched: BTreeMap<u64, Vec<Watched>>,
}

impl Requests {
    /// Creates the sender of the first front end of a lane.
    pub fn new(worker: Sender<Delivery>, lane: LaneId, closing: Arc<Closing>) -> Self {
        let shared = Shared {
            last: 0,
            front_ends: 0,
            lane,
            worker,
            watched: BTreeMap::new(),
        };
        Self {
            front_end: 0,
            shared: Arc::new(Mutex::new(shared)),
            closing,
        }
    }

    /// Sends `command` and returns its number, which a later snapshot acknowledges. Returns `None` when the worker has
    /// ended.
    pub fn send(&self, command: Command) -> Option<u64> {
        self.send_as(None, command, Cause::Key, None)
    }

    /// Sends `command` to these lanes, to the own one if `None`, as [`Requests::send`] does. The worker sends its reply to
    /// `reply`, or drops it when the run ends.
    pub fn send_as(
        &self,
        to: Option<Target>,
        command: Command,
        cause: Cause,
        reply: Option<Sender<Reply>>,
    ) -> Option<u64> {
        if matches!(command, Command::Terminate | Command::Preempt) {
            // The process must end soon: scores in progress are aborted as well.
            self.skip();
        }
        let mut shared = self.lock();
        let command = match command {
            Command::Watch(looks) => {
                shared.watched.insert(self.front_end, looks);
                Command::Watch(shared.looks())
            }
            command => command,
        };
        shared.send(to, command, cause, reply)
    }

    /// Skips the scores and pictures at the end of the run, including scores in progress.
    pub fn skip(&self) {
        self.closing.skip();
    }

    /// Creates the sender of another front end.
    pub fn another(&self) -> Self {
        let mut shared = self.lock();
        shared.front_ends += 1;
        Self {
            front_end: shared.front_ends,
            shared: Arc::clone(&self.shared),
            closing: Arc::clone(&self.closing),
        }
    }

    /// Stops watching for this front end, which goes away.
    pub fn leave(&self) {
        let mut shared = self.lock();
        let before = shared.looks();
        shared.watched.remove(&self.front_end);
        let looks = shared.looks();
        if looks != before {
            shared.send(None, Command::Watch(looks), Cause::Key, None);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Returns the union of all watched looks, each once.
    fn looks(&self) -> Vec<Watched> {
        let mut looks = Vec::new();
        for &look in self.watched.values().flatten() {
            if !looks.contains(&look) {
                looks.push(look);
            }
        }
        looks
    }

    fn send(
        &mut self,
        to: Option<Target>,
        command: Command,
        cause: Cause,
        reply: Option<Sender<Reply>>,
    ) -> Option<u64> {
        let id = self.last + 1;
        let delivery = Delivery {
            from: self.lane,
            to: to.unwrap_or(Target::Lane(self.lane)),
            request: Request { id, command },
            cause,
            reply,
        };
        self.worker.send(delivery).ok()?;
        self.last = id;
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn the_worker_makes_what_any_front_end_watches() {
        let (sender, worker) = channel();
        let screen = Requests::new(sender, LaneId::A, Arc::default());
        let other = screen.another();
        let watch = |of: &Requests, looks: &[Watched]| of.send(Command::Watch(looks.to_vec()));
        assert_eq!(watch(&screen, &[Watched::Spectra]), Some(1));
        assert_eq!(
            watch(&other, &[Watched::Plane, Watched::Spectra, Watched::Plane]),
            Some(2)
        );
        assert_eq!(watch(&screen.clone(), &[]), Some(3));
        other.leave();
        other.leave();
        let looks: Vec<Command> = worker
            .try_iter()
            .map(|delivery| delivery.request.command)
            .collect();
        let expected = [
            vec![Watched::Spectra],
            vec![Watched::Spectra, Watched::Plane],
            vec![Watched::Plane, Watched::Spectra],
            vec![],
        ];
        assert_eq!(looks, expected.map(Command::Watch));
        drop(worker);
        assert_eq!(screen.send(Command::Pause), None);
    }
}
