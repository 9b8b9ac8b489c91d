//! How curves are looked at.

use super::Answer;
use crate::{
    model::History,
    tui::{app::action::Action, plot::scale::Kind},
};

/// What holds for all curves.
#[derive(Debug, Default)]
pub struct Curves {
    /// The step that the cursor reads; none where there is no cursor.
    pub cursor: Option<u64>,
    pub axes: Axes,
    /// How strongly means are smoothed; 0 not at all.
    pub smoothing: u8,
    /// A run behind the live one.
    pub earlier: Option<Earlier>,
}

/// Which vertical axes are logarithmic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axes {
    /// Those of what spans decades.
    #[default]
    Mixed,
    Log,
    Linear,
}

/// A run that ended before the live one began.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// What it was: preset and seed.
    pub name: String,
    pub history: History,
}

/// The strongest smoothing.
pub const SMOOTHEST: u8 = 3;

impl Curves {
    /// Columns of a plot that a mean is smoothed over.
    pub fn columns(&self) -> u16 {
        match self.smoothing {
            0 => 1,
            1 => 4,
            2 => 12,
            _ => 32,
        }
    }

    /// The axis of a plot that is logarithmic, or not, unless the person says otherwise.
    pub fn kind(&self, spans_decades: bool) -> Kind {
        match (self.axes, spans_decades) {
            (Axes::Log, _) | (Axes::Mixed, true) => Kind::Log,
            (Axes::Linear, _) | (Axes::Mixed, false) => Kind::Linear,
        }
    }

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
                    Axes::Linear => (Axes::Mixed, "Axes of what spans decades are logarithmic."),
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
