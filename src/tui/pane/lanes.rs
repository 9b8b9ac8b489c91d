//! What panes have in common for the lanes of a run: their names in their tints, and which values differ.

use std::path::Path;

use ratatui::{
    style::{Modifier, Style},
    text::Span,
};

use crate::{
    model::{LaneId, Snapshot, Status},
    preset::setting::{Setting, knobs},
    rundir::layout::LANES,
    tui::{
        app::{App, lanes::LaneView},
        look::{
            theme::Look,
            tint::{Tint, tint},
        },
        settings::entry::spoken,
        words::number,
    },
};

/// A lane with its latest state.
#[derive(Clone, Copy)]
pub(super) struct Lane<'a> {
    pub id: LaneId,
    pub snapshot: &'a Snapshot,
    pub selected: bool,
}

/// Returns whether the run has several lanes.
pub(super) fn several(app: &App) -> bool {
    !app.lanes.others.is_empty()
}

/// Returns all lanes in the order of their names.
pub(super) fn all(app: &App) -> Vec<Lane<'_>> {
    let others = app.lanes.others.iter();
    let others = others.map(|other| Lane {
        id: other.id,
        snapshot: &other.snapshot,
        selected: false,
    });
    let mut lanes: Vec<Lane> = others.collect();
    lanes.push(Lane {
        id: app.lanes.selected,
        snapshot: &app.snapshot,
        selected: true,
    });
    lanes.sort_by_key(|lane| lane.id);
    lanes
}

/// Returns the tint of a lane.
pub(super) fn lane_tint(look: &Look, lane: LaneId) -> Tint {
    tint(
        look,
        LaneId::all().position(|known| known == lane).unwrap_or(0),
    )
}

/// Returns the letter of a lane in its tint; that of the selected one is marked.
pub(super) fn letter(look: &Look, lane: LaneId, selected: bool) -> Span<'static> {
    let style = lane_tint(look, lane).style;
    if selected {
        Span::styled(format!("▸{lane}"), style.add_modifier(Modifier::BOLD))
    } else {
        Span::styled(lane.to_string(), style)
    }
}

/// Returns the lane whose own directory a run was opened from.
pub(crate) fn of_directory(directory: &Path) -> Option<LaneId> {
    let inside = directory.parent()?.file_name()? == LANES;
    let name = directory.file_name().filter(|_| inside)?;
    name.to_str()?.parse().ok()
}

/// Returns the symbol, the word and the style of a status.
pub(super) fn status<'a>(look: &Look, status: &'a Status) -> (&'static str, &'a str, Style) {
    let theme = &look.theme;
    match status {
        Status::Starting => ("…", "starting", theme.dim),
        Status::Running => ("▶", "running", theme.on),
        Status::Paused => ("‖", "paused", theme.pending),
        Status::Finished => ("●", "finished", theme.on),
        Status::Failed(_) => ("×", "failed", theme.error),
        Status::Still(word) => ("◌", word.as_str(), theme.pending),
    }
}

/// Returns the symbol of the status of a lane or run, in its style, if the selected one has another status.
pub(super) fn other_status(app: &App, lane: &Snapshot) -> Option<Span<'static>> {
    let [own, of] = [&app.snapshot.status, &lane.status];
    let (symbol, _, style) = status(&app.look, of);
    let differs = std::mem::discriminant(own) != std::mem::discriminant(of);
    differs.then(|| Span::styled(symbol, style))
}

/// Returns the step of a lane that is not at the step of the selected one. Lanes publish their states one after another, so
/// as many steps as are made in a second are no difference.
fn other_step(app: &App, lane: &Lane) -> Option<u64> {
    let step = lane.snapshot.step;
    let tolerance = 1 + app.snapshot.steps_per_second.max(0.0) as u64;
    (step.abs_diff(app.snapshot.step) > tolerance).then_some(step)
}

/// Returns the names of all lanes. With `steps`, another step than the selected lane's stands after the name. Without
/// `spaced`, the list is as short as possible. After the name always stand `!` for an active alarm, and the symbol of
/// another status.
pub(super) fn names(app: &App, steps: bool, spaced: bool) -> Vec<Span<'static>> {
    let look = &app.look;
    let mut spans = Vec::new();
    if spaced {
        spans.push(Span::styled("lanes", look.theme.dim));
    }
    for lane in all(app) {
        if spaced {
            spans.push(Span::raw(" "));
        }
        spans.push(letter(look, lane.id, lane.selected));
        if !lane.snapshot.alarms.is_empty() {
            spans.push(Span::styled("!", look.theme.error));
        }
        spans.extend(other_status(app, lane.snapshot));
        if let Some(step) = other_step(app, &lane).filter(|_| steps) {
            let text = format!("@{}", number::count(step));
            spans.push(Span::styled(text, look.theme.dim));
        }
    }
    spans
}

/// The settings in which the other lanes differ from the selected one.
pub(super) struct Differences(Vec<(LaneId, Vec<(&'static Setting, String)>)>);

/// The characters of a value of another lane that are shown.
const LONGEST: usize = 16;

impl Differences {
    /// Compares the settings of all lanes.
    pub(super) fn of(app: &App) -> Self {
        let others = app.lanes.others.iter();
        Self(
            others
                .map(|other| (other.id, differing_values(app, other)))
                .collect(),
        )
    }

    /// Returns the values that other lanes have of the setting at a path, in words, each after its letter.
    pub(super) fn values(&self, look: &Look, path: &str) -> Vec<Span<'static>> {
        self.of_setting(look, path, |value| spoken(path, value))
    }

    /// Returns the values that other lanes have of the setting at a path, as they are typed, each after its letter.
    pub(super) fn typed(&self, look: &Look, path: &str) -> Vec<Span<'static>> {
        self.of_setting(look, path, str::to_owned)
    }

    fn of_setting(
        &self,
        look: &Look,
        path: &str,
        words: impl Fn(&str) -> String,
    ) -> Vec<Span<'static>> {
        let found = self.0.iter().filter_map(|(lane, settings)| {
            let (_, value) = settings.iter().find(|(setting, _)| setting.path == path)?;
            let value = words(value);
            let text = match value.char_indices().nth(LONGEST) {
                Some((end, _)) => format!(" {lane} {}…", &value[..end]),
                None => format!(" {lane} {value}"),
            };
            Some(Span::styled(text, lane_tint(look, *lane).style))
        });
        found.collect()
    }
}

/// Returns the knobs of another lane that differ from those of the selected one, each with its value in words.
pub(super) fn differing(app: &App, other: &LaneView) -> Vec<(&'static Setting, String)> {
    let knobs = differing_values(app, other).into_iter();
    knobs
        .map(|(setting, value)| (setting, spoken(setting.path, &value)))
        .collect()
}

/// Returns the knobs of another lane that differ from those of the selected one, each with its value.
fn differing_values(app: &App, other: &LaneView) -> Vec<(&'static Setting, String)> {
    let (own, settings) = (&app.snapshot.settings, &other.snapshot.settings);
    if own == settings {
        return Vec::new();
    }
    let own = knobs(own);
    let differs = |(setting, value): &(&'static Setting, String)| {
        let here = own.iter().find(|(known, _)| known.path == setting.path);
        here.is_none_or(|(_, here)| here != value)
    };
    knobs(settings).into_iter().filter(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_in_lanes_is_that_of_a_lane() {
        let of = |path: &str| of_directory(Path::new(path)).map(|lane| lane.to_string());
        assert_eq!(of("runs/x/lanes/b").as_deref(), Some("b"));
        for other in [
            "runs/x",
            "runs/x/lanes",
            "lanes/x/b",
            "runs/lanes/bc",
            "b",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
