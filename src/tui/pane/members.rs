//! What is compared and shown side by side: the lanes of the run, or the watched runs.

use ratatui::{
    style::{Modifier, Style},
    text::Span,
};

use crate::{
    model::{
        History, LaneId, Series, Snapshot,
        measures::{DISTANCES, table::LOSS_D},
    },
    rundir::record::short_name,
    tui::{
        app::App,
        look::{
            theme::Look,
            tint::{COUNT, tint},
        },
        pane::lanes,
    },
};

/// The maximum length of a run's name, in characters.
const LONGEST: usize = 8;

/// A lane, or a run.
pub(super) struct Member<'a> {
    pub name: String,
    /// The lane, if it is none of several runs.
    pub lane: Option<LaneId>,
    pub style: Style,
    /// The character of its curves without colours.
    pub mark: char,
    pub snapshot: &'a Snapshot,
    pub history: &'a History,
    /// Whether it is the selected lane, or the run in front.
    pub selected: bool,
}

impl<'a> Member<'a> {
    /// Returns a curve.
    pub(super) fn series(&self, name: &str) -> Option<&'a Series> {
        self.history.get(name)
    }

    /// Returns the name in its tint, the selected one marked.
    pub(super) fn title(&self, many: bool) -> Span<'static> {
        let mark = if self.selected && many { "▸" } else { "" };
        Span::styled(format!("{mark}{}", self.name), self.style)
    }

    /// Returns a short sign in its tint: the letter of a lane, or the mark that a run has in legends. The selected one is
    /// marked.
    pub(super) fn sign(&self, look: &Look) -> Span<'static> {
        match self.lane {
            Some(lane) => lanes::letter(look, lane, self.selected),
            None if self.selected => Span::styled("▸", self.style.add_modifier(Modifier::BOLD)),
            None => Span::styled(self.mark.to_string(), self.style),
        }
    }

    /// Returns the name in a sentence or a file.
    pub(super) fn words(&self) -> String {
        match self.lane {
            Some(lane) => format!("lane {lane}"),
            None => self.name.clone(),
        }
    }

    /// Returns the letter of a lane, or the mark of a run.
    pub(super) fn letter(&self) -> char {
        let letter = self.lane.and_then(|lane| lane.to_string().chars().next());
        letter.unwrap_or(self.mark)
    }
}

/// The lanes or runs that are compared, at least one.
pub(super) struct Members<'a> {
    /// In the order of their columns. The first is the one from which differences are taken: lane a, or the run in front.
    pub all: Vec<Member<'a>>,
    /// The place of the one whose difference is shown: the selected lane unless that is the first, else the second.
    pub compared: usize,
    /// Whether they are runs that were started apart.
    pub are_runs: bool,
}

impl<'a> Members<'a> {
    /// Returns the lanes of the run if there are several, else the watched runs.
    pub(super) fn of(app: &'a App) -> Self {
        let are_runs = !lanes::several(app) && !app.other_runs.is_empty();
        let all = if are_runs { runs(app) } else { of_lanes(app) };
        let selected = all.iter().position(|member| member.selected);
        let compared = selected.filter(|&at| at > 0).unwrap_or(1);
        Self {
            all,
            compared,
            are_runs,
        }
    }

    /// Returns the step whose values are shown: that of the cursor, or the last that all have made.
    pub(super) fn step(&self, app: &App) -> u64 {
        let last = |member: &Member| {
            let series = member.history.get(LOSS_D.name);
            let newest = series.and_then(|series| Some(series.recent.back()?.0));
            newest.unwrap_or(member.snapshot.step)
        };
        let common = self.all.iter().map(last).min().unwrap_or(0);
        app.views.curves.cursor.unwrap_or(common)
    }

    /// Returns whether one has recorded how far it is from lane a.
    pub(super) fn has_distances(&self) -> bool {
        let known = |member: &Member| {
            let mut distances = DISTANCES.iter();
            distances.any(|measure| member.history.get(measure.name).is_some())
        };
        self.all.iter().any(known)
    }
}

fn of_lanes(app: &App) -> Vec<Member<'_>> {
    let history = |id| {
        let other = app.lanes.others.iter().find(|other| other.id == id);
        other.map_or(&app.history, |other| &other.history)
    };
    let lanes = lanes::all(app).into_iter().map(|lane| Member {
        name: lane.id.to_string(),
        lane: Some(lane.id),
        style: lanes::lane_tint(&app.look, lane.id).style,
        mark: lanes::lane_tint(&app.look, lane.id).sign(&app.look),
        snapshot: lane.snapshot,
        history: history(lane.id),
        selected: lane.selected,
    });
    lanes.collect()
}

fn runs(app: &App) -> Vec<Member<'_>> {
    let short = |name: &str| match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    };
    let front = Member {
        name: short(&short_name(&app.snapshot.directory)),
        lane: None,
        style: app.look.theme.title,
        mark: '*',
        snapshot: &app.snapshot,
        history: &app.history,
        selected: true,
    };
    let others = app.other_runs.iter().take(COUNT).enumerate();
    let others = others.filter_map(|(place, run)| {
        Some(Member {
            name: short(&run.name),
            lane: None,
            style: tint(&app.look, place).style,
            mark: tint(&app.look, place).sign(&app.look),
            snapshot: run.snapshot.as_deref()?,
            history: &run.history,
            selected: false,
        })
    });
    [front].into_iter().chain(others).collect()
}
