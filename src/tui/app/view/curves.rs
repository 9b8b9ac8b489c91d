//! The cursor, axes, smoothing and background of the curves.

use std::{cell::RefCell, sync::Arc};

use super::Answer;
use crate::{
    model::{History, LaneId, Snapshot},
    tui::{
        app::action::Action,
        layout::Pane,
        plot::{kind::Kind, scale::Zoom},
    },
};

/// The state that all curves have in common.
#[derive(Debug, Default)]
pub struct Curves {
    /// The step of the cursor.
    pub cursor: Option<u64>,
    /// The kind of the value axes.
    pub axes: Axes,
    /// Whether curves are shown minus those of lane a, or of the run in front.
    pub apart: bool,
    /// The strength of smoothing, from 0 (none) to [`SMOOTHEST`].
    pub smoothing: u8,
    /// Whether D's outputs are shown as histograms instead of their means over steps.
    pub histograms: bool,
    /// The lanes whose histograms have room beside each other in the last frame.
    pub beside: RefCell<Vec<LaneId>>,
    /// What is chosen of the chart in each pane of the dashboard, in the order of the panes.
    pub charts: [ChartView; Pane::ALL.len()],
    /// The run or branch before this one, drawn in the background.
    pub earlier: Option<BackgroundRun>,
}

/// What a person has chosen of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChartView {
    /// The curves that are drawn.
    pub shown: Shown,
    /// The part of the vertical axes.
    pub zoom: Zoom,
}

/// The curves of a chart that are drawn, by their positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// All for which there is room.
    #[default]
    All,
    /// One alone.
    Only(usize),
    /// All but one.
    Without(usize),
}

/// Which vertical axes are logarithmic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axes {
    /// Only the axes of measures that span decades.
    #[default]
    Mixed,
    /// All axes.
    Log,
    /// No axis.
    Linear,
}

/// A run or branch that is drawn in the background.
#[derive(Clone, Debug)]
pub struct BackgroundRun {
    /// The name in legends, for example preset and seed.
    pub name: String,
    /// Its curves.
    pub history: History,
    /// Its state, if it is a run that is watched beside this one.
    pub snapshot: Option<Arc<Snapshot>>,
}

/// The maximum of [`Curves::smoothing`].
pub const SMOOTHEST: u8 = 3;

impl Curves {
    /// Returns the number of columns of a plot over which means are smoothed.
    pub fn columns(&self) -> u16 {
        match self.smoothing {
            0 => 1,
            1 => 4,
            2 => 12,
            _ => 32,
        }
    }

    /// Returns the kind of a vertical axis. Unless the person has chosen one, it is logarithmic if the measure spans
    /// decades.
    pub fn kind(&self, spans_decades: bool) -> Kind {
        match (self.axes, spans_decades) {
            (Axes::Log, _) | (Axes::Mixed, true) => Kind::Log,
            (Axes::Linear, _) | (Axes::Mixed, false) => Kind::Linear,
        }
    }

    /// Handles an action.
    pub fn update(&mut self, action: Action, history: &History) -> Answer {
        let last = history.iter().next().and_then(|series| {
            let &(step, _) = series.recent.back()?;
            Some(step)
        });
        let stride = last.unwrap_or(0).div_ceil(100).max(1);
        match (action, last) {
            (Action::Left, Some(last)) => {
                let from = self.cursor.unwrap_or(last);
                self.cursor = Some(from.saturating_sub(stride).max(1));
            }
            (Action::Right, Some(last)) => {
                let from = self.cursor.unwrap_or(last);
                self.cursor = Some((from + stride).min(last));
            }
            (Action::ToggleLog, _) => {
                let (axes, text) = match self.axes {
                    Axes::Mixed => (Axes::Log, "All axes are logarithmic."),
                    Axes::Log => (Axes::Linear, "All axes are linear."),
                    Axes::Linear => (
                        Axes::Mixed,
                        "Axes of measures that span decades are logarithmic.",
                    ),
                };
                self.axes = axes;
                return Answer::Say(text.to_owned());
            }
            (Action::Smooth, _) => self.smoothing = (self.smoothing + 1) % (SMOOTHEST + 1),
            _ => {}
        }
        Answer::Done
    }
}
