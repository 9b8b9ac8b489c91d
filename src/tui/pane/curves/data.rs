//! What a chart draws: the curves of the selected lane and of the others, or how far each is from lane a.

use std::borrow::Cow;

use ratatui::text::Span;

use super::Chart;
use crate::{
    model::History,
    tui::{
        app::App,
        look::tint::{COUNT, Tint, tint},
        pane::{
            lanes,
            members::{Member, Members},
        },
    },
};

/// The curves of a chart.
pub(crate) struct Data<'a> {
    /// Of the selected lane, or the run in front.
    pub own: Cow<'a, History>,
    /// Of the other lanes and runs.
    pub others: Vec<Other<'a>>,
    /// The lane or run of which the curves are subtracted from all others, if they are.
    pub base: Option<Base>,
}

/// The curves of another lane or run.
pub(crate) struct Other<'a> {
    pub history: Cow<'a, History>,
    pub tint: Tint,
    /// The letter of the lane at the end of its curves.
    pub letter: Option<char>,
    /// What stands before its values. `None` if they are not shown.
    pub sign: Option<Span<'static>>,
}

/// The lane or run from which differences are taken.
pub(crate) struct Base {
    pub name: String,
    /// Whether it is the selected one, which then has no curves.
    pub is_selected: bool,
}

impl<'a> Data<'a> {
    /// Returns the curves of a chart.
    pub(crate) fn of(app: &'a App, chart: &Chart) -> Self {
        if app.shows_differences() {
            return Self::differences(app, chart);
        }
        let runs = app.other_runs.iter().enumerate().take(COUNT);
        let runs = runs.map(|(place, run)| Other {
            history: Cow::Borrowed(&run.history),
            tint: tint(&app.look, place),
            letter: None,
            sign: None,
        });
        let lanes = app.lanes.others.iter().map(|lane| Other {
            history: Cow::Borrowed(&lane.history),
            tint: lanes::lane_tint(&app.look, lane.id),
            letter: lane.id.to_string().chars().next(),
            sign: Some(lanes::letter(&app.look, lane.id, false)),
        });
        Self {
            own: Cow::Borrowed(&app.history),
            others: runs.chain(lanes).collect(),
            base: None,
        }
    }

    /// Returns the curves of each lane minus those of lane a, or of each run minus those of the one in front.
    fn differences(app: &'a App, chart: &Chart) -> Self {
        let members = Members::of(app).all;
        let (mut own, mut others) = (History::default(), Vec::new());
        let base = &members[0];
        for member in &members[1..] {
            let history = apart(member.history, base.history, chart);
            if member.selected {
                own = history;
            } else {
                others.push(Other {
                    history: Cow::Owned(history),
                    tint: Tint {
                        style: member.style,
                        mark: member.mark,
                    },
                    letter: member.lane.and_then(|lane| lane.to_string().chars().next()),
                    sign: Some(sign(app, member)),
                });
            }
        }
        Self {
            own: Cow::Owned(own),
            others,
            base: Some(Base {
                name: base.name.clone(),
                is_selected: base.selected,
            }),
        }
    }
}

impl Data<'_> {
    /// Returns the differences of the curves of a chart, each with whose they are in words.
    pub(crate) fn named(app: &App, chart: &Chart) -> Vec<(String, History)> {
        let members = Members::of(app).all;
        let base = &members[0];
        let differences = members[1..].iter().map(|member| {
            let whose = format!("{} − {}", member.words(), base.words());
            (whose, apart(member.history, base.history, chart))
        });
        differences.collect()
    }
}

fn sign(app: &App, member: &Member) -> Span<'static> {
    match member.lane {
        Some(lane) => lanes::letter(&app.look, lane, false),
        None => Span::styled(member.name.clone(), member.style),
    }
}

/// Returns the differences of the curves of a chart.
fn apart(of: &History, from: &History, chart: &Chart) -> History {
    let mut apart = History::default();
    for curve in &chart.curves {
        if let Some((of, from)) = of.get(&curve.name).zip(from.get(&curve.name)) {
            let difference = of.minus(from);
            if !difference.buckets.is_empty() {
                apart.put(apart.iter().count(), difference);
            }
        }
    }
    apart
}
