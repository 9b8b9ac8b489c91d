//! Whether one more lane is admitted: their number, and memory.

use super::forks::NotForked;
use crate::{
    model::LaneId,
    preset::{MAX_LANES, Preset},
    run::{
        lane::Lane,
        memory::{self, LaneNeed},
    },
};

/// Refuses one more lane if there are as many as a run can have.
pub(super) fn room_for_one_more(lanes: &[Lane]) -> Result<(), NotForked> {
    if lanes.len() < MAX_LANES {
        return Ok(());
    }
    let message = format!("a run has at most {MAX_LANES} lanes at a time");
    Err(NotForked::Refused(message))
}

/// Checks that there is memory for one more lane with these settings.
pub(super) fn check(lanes: &[Lane], settings: &Preset) -> Result<LaneNeed, NotForked> {
    let batches = lanes.iter().map(|lane| lane.training().settings().batch);
    let batches: Vec<usize> = batches.collect();
    let sets = memory::sets(settings.batch, &batches, rayon::current_num_threads());
    let need = memory::check_lane(settings, sets, !lanes[0].training().uses_pool());
    need.map_err(|shortage| NotForked::Refused(shortage.to_string()))
}

/// Tells the user what a new lane takes.
pub(super) fn announce(first: &mut Lane, id: LaneId, need: LaneNeed) {
    first.tell(format!("lane {id}: about {need}"));
}
