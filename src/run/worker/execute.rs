//! Execution of requests: by one lane, by all lanes, or on the list of lanes.

use super::{Ending, Worker, ending};
use crate::{
    model::{
        Assignment, Cause, Command, Event, LaneChange, LaneId, Reply, Request, Target,
        feed::requests::Delivery,
    },
    run::{
        lane::{End, Executed, FINISHED, Lane},
        worker::forks::NotForked,
    },
};

/// What a request did to the run.
#[derive(Default)]
pub(super) struct Effects {
    changes: Vec<LaneChange>,
    /// The lane that was split off or brought back.
    lane: Option<LaneId>,
}

/// Why a request was not executed.
pub(super) enum Refused {
    /// It cannot be, or one lane refuses it. That has been shown to the user.
    Request(String),
    /// The run ends.
    Ending(Ending),
}

impl From<Ending> for Refused {
    fn from(ending: Ending) -> Self {
        Self::Ending(ending)
    }
}

impl Worker {
    /// Executes a request, and replies.
    pub(super) fn execute(&mut self, delivery: Delivery) -> Result<(), Ending> {
        let Delivery {
            from,
            to,
            request: Request { id, command },
            cause,
            reply,
        } = delivery;
        let mut lanes = self.lanes.iter();
        let ends = lanes.any(|lane| lane.end_of(&command).is_some());
        let done = if ends {
            self.lanes
                .iter_mut()
                .for_each(|lane| lane.keep_note(&cause));
            Ok(Effects::default())
        } else {
            match self.execute_in(from, to, command.clone(), cause) {
                Err(Refused::Ending(ending)) => return Err(ending),
                Err(Refused::Request(why)) => Err(why),
                Ok(effects) => Ok(effects),
            }
        };
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id() == from) {
            lane.acknowledge(id);
        }
        if let Some(reply) = reply {
            // Who has the reply can read what it says.
            self.lanes.iter_mut().for_each(Lane::show_all);
            let step = self.lanes.iter().find(|lane| to.includes(lane.id()));
            let step = step.or(self.lanes.first()).map_or(0, Lane::steps) + 1;
            // Nobody may wait any more.
            let _ = reply.send(match done {
                Ok(Effects { changes, lane }) => Reply::Applied {
                    step,
                    changes,
                    lane,
                },
                Err(why) => Reply::Refused(why),
            });
        }
        if ends {
            return Err(Ending::Command(command));
        }
        Ok(())
    }

    fn execute_in(
        &mut self,
        from: LaneId,
        to: Target,
        command: Command,
        cause: Cause,
    ) -> Result<Effects, Refused> {
        let is_known = |lane: &Lane| to.includes(lane.id());
        if !self.lanes.iter().any(is_known) {
            // The front end of a lane that has ended.
            let is_of_ended = to == Target::Lane(from);
            match command {
                Command::Watch(_) => return Ok(Effects::default()),
                _ if is_of_ended && command.acts_on_all_lanes() => {}
                _ => return Err(self.no_such_lane(to)),
            }
        }
        match command {
            Command::Fork { changes, from } => self.fork(to, changes, from, cause),
            Command::Join(lane) => self.join(lane, cause),
            Command::Rewind(step) => self.rewind(to, step, &cause),
            command => self.execute_each(to, &command, &cause),
        }
    }

    /// Executes a command in each of these lanes, or in all if it is one that acts on all.
    fn execute_each(
        &mut self,
        to: Target,
        command: &Command,
        cause: &Cause,
    ) -> Result<Effects, Refused> {
        if *command == Command::GoHeadless {
            self.lanes.iter_mut().for_each(Lane::go_headless);
        }
        let to = if command.acts_on_all_lanes() {
            Target::All
        } else {
            to
        };
        self.check(to, command)?;
        let mut effects = Effects::default();
        let mut refusals = Vec::new();
        for lane in self.lanes.iter_mut().filter(|lane| to.includes(lane.id())) {
            let executed = lane.logging(|lane| lane.execute(command.clone(), cause.clone()));
            let id = lane.id();
            match executed {
                Err(failure) => return Err(Ending::One(id, Err(failure)).into()),
                Ok(Executed { end, reply }) => {
                    ending(lane, Ok(end))?;
                    match reply {
                        Ok(changes) => effects.changes.extend(
                            changes
                                .into_iter()
                                .map(|change| LaneChange { change, lane: id }),
                        ),
                        Err(why) => refusals.push((id, why)),
                    }
                }
            }
            if !lane.is_running() {
                lane.publish();
            }
        }
        match &*refusals {
            [] => Ok(effects),
            [(_, why)] if self.lanes.len() == 1 => Err(Refused::Request(why.clone())),
            refusals => {
                let texts = refusals.iter().map(|(id, why)| format!("lane {id}: {why}"));
                Err(Refused::Request(texts.collect::<Vec<_>>().join("; ")))
            }
        }
    }

    /// Refuses a change of several lanes if one of them cannot make it: then none does.
    fn check(&mut self, to: Target, command: &Command) -> Result<(), Refused> {
        let (Target::All, Command::SetAll(wanted)) = (to, command) else {
            return Ok(());
        };
        let refused = self.lanes.iter().find_map(|lane| {
            let why = lane.training().check(wanted).err()?;
            Some((lane.id(), why))
        });
        match refused {
            Some((id, why)) if self.lanes.len() > 1 => {
                Err(self.refuse(id, format!("lane {id}: {why}")))
            }
            Some((id, why)) => Err(self.refuse(id, why.to_string())),
            None => Ok(()),
        }
    }

    /// Splits a lane off lane `to`, or brings lane `from` back.
    fn fork(
        &mut self,
        to: Target,
        changes: Vec<Assignment>,
        from: Option<LaneId>,
        cause: Cause,
    ) -> Result<Effects, Refused> {
        let Target::Lane(parent) = to else {
            let why = "a fork splits one lane off one lane: name it";
            return Err(self.refuse(LaneId::A, why.to_owned()));
        };
        let Some(index) = self.lanes.iter().position(|lane| lane.id() == parent) else {
            return Err(self.no_such_lane(to));
        };
        let command = Command::Fork {
            changes: changes.clone(),
            from,
        };
        let lane = &mut self.lanes[index];
        let prepared = lane.logging(|lane| lane.prepare_for(&command));
        ending(lane, prepared)?;
        if lane.is_finished() {
            return Err(self.refuse(parent, FINISHED.to_owned()));
        }
        let made = match from {
            None => self
                .forks
                .split_off(parent, &changes, cause, &mut self.lanes),
            Some(id) => {
                let back = self
                    .forks
                    .bring_back(id, parent, &changes, cause, &mut self.lanes);
                if back.is_ok() {
                    self.ended.retain(|(ended, _)| *ended != id);
                }
                back
            }
        };
        match made {
            Ok((lane, changes)) => {
                self.lanes.iter_mut().for_each(Lane::name_in_lines);
                let changes = changes.into_iter();
                let changes = changes.map(|change| LaneChange { change, lane });
                Ok(Effects {
                    changes: changes.collect(),
                    lane: Some(lane),
                })
            }
            Err(NotForked::Refused(why)) => Err(self.refuse(parent, why)),
            Err(NotForked::Failed(failure)) => Err(Ending::One(parent, Err(failure)).into()),
        }
    }

    /// Ends a lane: saves it as a finished run.
    fn join(&mut self, id: LaneId, cause: Cause) -> Result<Effects, Refused> {
        if id == LaneId::A {
            let why = "lane a is the run itself; quitting ends it, with all lanes";
            return Err(self.refuse(LaneId::A, why.to_owned()));
        }
        if self.lanes.iter().all(|lane| lane.id() != id) {
            return Err(self.no_such_lane(Target::Lane(id)));
        }
        self.end_lane(id, "", cause);
        Ok(Effects::default())
    }

    /// Ends a lane other than lane a, and journals it there. `why` is empty if a user asked for it.
    pub(super) fn end_lane(&mut self, id: LaneId, why: &str, cause: Cause) {
        let Some(index) = self.lanes.iter().position(|lane| lane.id() == id) else {
            return;
        };
        let mut lane = self.lanes.remove(index);
        let log = lane.log().clone();
        let ended = tracing::dispatcher::with_default(&log, || {
            // The journal says that the lane has ended: from here on its last state must be on the disk.
            lane.save_before_scores();
            if let Some(first) = self.lanes.first_mut() {
                let join = Event::Join {
                    lane: id.to_string(),
                };
                first.journal(join, cause);
            }
            lane.finish(Ok(End::QUIT), &mut || false)
        });
        self.forks.ended(id);
        if let Some(first) = self.lanes.first_mut() {
            let place = ended.directory.display();
            match &ended.error {
                Some(error) => first.warn(format!("lane {id} ended: {error}")),
                None => first.tell(format!("lane {id} ended{why}; it is kept in {place}")),
            }
        }
        self.ended.push((id, ended));
    }

    /// Refuses a request, and tells the user.
    pub(super) fn refuse(&mut self, lane: LaneId, why: String) -> Refused {
        let told = self.lanes.iter_mut().find(|other| other.id() == lane);
        if let Some(lane) = told {
            lane.warn(why.clone());
        }
        Refused::Request(why)
    }

    /// The refusal of a lane that is not going.
    fn no_such_lane(&mut self, lane: Target) -> Refused {
        let names: Vec<String> = self
            .lanes
            .iter()
            .map(|lane| lane.id().to_string())
            .collect();
        let names = names.join(", ");
        let named = match lane {
            Target::Lane(lane) => lane.to_string(),
            Target::All => "*".to_owned(),
        };
        self.refuse(
            LaneId::A,
            format!("there is no lane {named}; going are: {names}"),
        )
    }
}
