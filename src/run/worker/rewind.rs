//! Rewinding of all lanes together.

use super::{
    Worker,
    ending::ending,
    execute::{Effects, Refused},
};
use crate::{
    model::{Cause, Command, LaneId, Target},
    run::{engine::Failure, lane::Rewindable},
};

impl Worker {
    /// Rewinds all lanes, and ends those that were split off later. If one has no state of that step, nothing happens.
    pub(super) fn rewind(
        &mut self,
        to: Target,
        step: u64,
        cause: &Cause,
    ) -> Result<Effects, Refused> {
        let asking = match to {
            Target::Lane(lane) => lane,
            Target::All => LaneId::A,
        };
        let command = Command::Rewind(step);
        let mut found = Vec::new();
        for lane in &mut self.lanes {
            let prepared = lane.logging(|lane| lane.prepare_for(&command));
            ending(lane, prepared)?;
            found.push((lane.id(), lane.logging(|lane| lane.rewindable(step))));
        }
        let mut targets = Vec::new();
        for (id, rewindable) in found {
            match rewindable {
                Ok(rewindable) => targets.push((id, rewindable)),
                Err(error) if self.lanes.len() == 1 => {
                    return Err(self.refuse(asking, error.to_string()));
                }
                Err(error) => return Err(self.refuse(asking, format!("lane {id}: {error}"))),
            }
        }
        for (id, target) in targets {
            match target {
                Rewindable::BegunLater => {
                    let why = format!(": it was split off after step {step}");
                    self.end_lane(id, &why, cause.clone());
                }
                Rewindable::To(checkpoint) => {
                    let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id() == id) else {
                        continue;
                    };
                    let rewound: Result<(), Failure> =
                        lane.logging(|lane| lane.rewind_to(&checkpoint, cause.clone()));
                    ending(lane, rewound.map(|()| None))?;
                }
            }
        }
        Ok(Effects::default())
    }
}
