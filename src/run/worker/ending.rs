//! How lanes end.

use super::Worker;
use crate::{
    model::{Command, LaneId},
    run::{
        engine::Failure,
        lane::{End, Lane},
    },
};

/// Why the lanes end.
pub(super) enum Ending {
    /// All steps are completed.
    Done,
    /// This command ends them.
    Command(Command),
    /// Nobody can send commands any more.
    Left,
    /// One lane cannot go on.
    One(LaneId, Result<End, Failure>),
}

/// The ending that follows from what a lane returned, as an error.
pub(super) fn ending(lane: &Lane, returned: Result<Option<End>, Failure>) -> Result<(), Ending> {
    match returned {
        Ok(None) => Ok(()),
        Ok(Some(end)) => Err(Ending::One(lane.id(), Ok(end))),
        Err(failure) => Err(Ending::One(lane.id(), Err(failure))),
    }
}

impl Worker {
    /// How each lane ends.
    pub(super) fn ways(&self, ending: Ending) -> Vec<Result<End, Failure>> {
        let each =
            |way: &dyn Fn(&Lane) -> End| self.lanes.iter().map(|lane| Ok(way(lane))).collect();
        match ending {
            Ending::Done => each(&|_| End::DONE),
            Ending::Left => each(&|_| End::QUIT),
            Ending::Command(command) => each(&|lane| lane.end_of(&command).unwrap_or(End::QUIT)),
            Ending::One(id, how) => {
                let message = match &how {
                    Ok(End::Refused(message)) => message.clone(),
                    Ok(End::Stopped(..)) => "it was stopped".to_owned(),
                    Err(failure) => failure.to_string(),
                };
                let mut ways: Vec<_> =
                    each(&|_| End::Refused(format!("lane {id} ended: {message}")));
                if let Some(index) = self.lanes.iter().position(|lane| lane.id() == id) {
                    ways[index] = how;
                }
                ways
            }
        }
    }

    /// Ends a lane whose update was not finite, in a headless run with other lanes, which go on. Every other ending is
    /// that of the run.
    pub(super) fn end_alone(&mut self, ending: Ending) -> Result<(), Ending> {
        let (id, end) = match ending {
            Ending::One(id, Ok(end @ End::Refused(_))) if self.lanes.len() > 1 => (id, end),
            ending => return Err(ending),
        };
        let Some(index) = self.lanes.iter().position(|lane| lane.id() == id) else {
            return Ok(());
        };
        let lane = self.lanes.remove(index);
        let log = lane.log().clone();
        let finish = || lane.finish(Ok(end), &mut || false);
        let ended = tracing::dispatcher::with_default(&log, finish);
        if let Some(error) = &ended.error {
            let message = format!("lane {id} ended: {error}");
            self.lanes
                .iter_mut()
                .for_each(|lane| lane.warn(message.clone()));
        }
        self.ended.push((id, ended));
        Ok(())
    }
}
