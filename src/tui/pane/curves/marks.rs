//! The marks under the curves: of the selected lane, and of the other lanes in their tints.

use crate::{
    model::{Entry, Event, LaneId},
    tui::{
        app::App,
        look::theme::Depth,
        pane::lanes,
        plot::marks::{Mark, mark},
    },
};

/// Returns the marks of all lanes. Without colours, changes of other lanes would pass for those of the selected one and are
/// left out, except forks.
pub(super) fn of_lanes(app: &App) -> Vec<Mark> {
    if !lanes::several(app) {
        let lane = lanes::of_directory(&app.snapshot.directory);
        let own = app.views.journal.entries.iter();
        return own.filter_map(|entry| begun(entry, lane)).collect();
    }
    let selected = app.lanes.selected;
    let entries = app.journals().flat_map(|(lane, entries)| {
        let entries = entries.iter();
        entries.map(move |entry| (lane, entry))
    });
    let tinted = |(lane, entry): (LaneId, &Entry)| {
        let mut mark = begun(entry, Some(lane))?;
        let tint = |lane| Some(lanes::lane_tint(&app.look, lane).style);
        mark.tint = match mark.lane.and_then(|letter| letter.to_string().parse().ok()) {
            Some(begun) => tint(begun),
            None if lane == selected => None,
            None if app.look.depth == Depth::None => return None,
            None => tint(lane),
        };
        Some(mark)
    };
    entries.filter_map(tinted).collect()
}

/// Returns the mark of an entry in the journal of a lane. The first entry of a lane that was split off is its fork.
fn begun(entry: &Entry, lane: Option<LaneId>) -> Option<Mark> {
    let mut mark = mark(entry)?;
    if let Event::Fork { lane: None, .. } = &entry.event
        && let Some(letter) = lane.filter(|&lane| lane != LaneId::A)
    {
        mark.lane = letter.to_string().chars().next();
    }
    Some(mark)
}
