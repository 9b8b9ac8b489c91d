//! Lanes that were ended and come back.

use super::{Forks, NotForked, follow};
use crate::{
    model::{Assignment, Cause, Change, Command, LaneId},
    preset,
    run::{
        lane::Lane,
        launch::stored::stored_lane,
        worker::{
            StoredLane,
            admission::{announce, check, room_for_one_more},
        },
    },
    rundir::layout,
};

impl Forks {
    /// Brings a lane back that a user had ended, from where it ended, and makes these changes.
    pub(in crate::run::worker) fn bring_back(
        &self,
        id: LaneId,
        parent: LaneId,
        changes: &[Assignment],
        cause: Cause,
        lanes: &mut Vec<Lane>,
    ) -> Result<(LaneId, Vec<Change>), NotForked> {
        let refused = |why: String| Err(NotForked::Refused(why));
        if lanes.iter().any(|lane| lane.id() == id) {
            return refused(format!("lane {id} is going"));
        }
        room_for_one_more(lanes)?;
        let directory = lanes[0].run_directory();
        let path = directory.join(layout::LANES).join(id.to_string());
        if !path.is_dir() {
            return refused(format!("there is no lane {id} in {}", directory.display()));
        }
        let options = lanes[0].options();
        let stored = stored_lane(id, &path, options);
        let StoredLane {
            options,
            directory,
            start,
            ..
        } = stored.map_err(|error| NotForked::Refused(error.to_string()))?;
        let wanted: Vec<String> = changes.iter().map(ToString::to_string).collect();
        let settings = preset::set_all(&options.preset, &wanted);
        let settings = settings.map_err(|error| NotForked::Refused(error.to_string()))?;
        let need = check(lanes, &settings)?;
        let (mut lane, begun) = self.add(id, options, directory, start, &mut lanes[0])?;
        announce(&mut lanes[0], id, need);
        if let Err(failure) = begun {
            return Err(NotForked::Failed(failure));
        }
        let made =
            lane.logging(|lane| lane.execute(Command::SetAll(changes.to_vec()), cause.clone()));
        let made = made.map_err(NotForked::Failed)?;
        lanes[0].record_fork(id, Vec::new(), cause);
        lanes.push(lane);
        lanes.sort_by_key(Lane::id);
        follow(lanes, id, parent);
        // A refused change is shown, and the lane is back.
        Ok((id, made.reply.unwrap_or_default()))
    }
}
