//! The part of the curves that the charts show: the range of steps, the range of values and the curves of a chart.

use super::{
    App, Effect,
    action::Action,
    keys::Mode,
    view::{View, curves::Shown},
};
use crate::tui::{
    layout::Pane,
    pane::curves::{Group, of_pane},
    plot::Window,
};

/// The least number of steps that charts show.
const FEWEST: u64 = 8;
/// How often a vertical axis can be halved.
const MOST_LEVELS: i8 = 12;
/// The greatest distance that a vertical axis can be moved, as a multiple of its usual length.
const FARTHEST: f64 = 3.0;
/// The distance that a key moves a vertical axis, as a share of what is shown of it.
const VALUE_STRIDE: f64 = 0.25;

impl App {
    /// Returns whether a key that moves in other views moves what charts show, where a view has no other use for it.
    pub(super) fn is_of_charts(&self, action: Action) -> bool {
        let pages = matches!(action, Action::PageUp | Action::PageDown);
        let others = [Action::First, Action::Last, Action::Up, Action::Down];
        self.mode() == Mode::Page
            && match self.view {
                View::Dashboard => pages || others.contains(&action),
                View::Layers | View::Spectrum => pages,
                View::Samples | View::Plane | View::Journal | View::Compare => false,
            }
    }

    /// Whether curves are shown minus those of lane a, or of the run in front.
    pub(crate) fn shows_differences(&self) -> bool {
        let has_charts = matches!(self.view, View::Dashboard | View::Layers | View::Spectrum);
        self.views.curves.apart && has_charts && self.has_others()
    }

    /// Whether there is another lane, or another watched run.
    fn has_others(&self) -> bool {
        let mut runs = self.other_runs.iter();
        !self.lanes.others.is_empty() || runs.any(|run| run.snapshot.is_some())
    }

    /// Shows curves minus those of lane a, or the curves themselves again.
    pub(super) fn toggle_difference(&mut self) -> Option<Effect> {
        let from = if self.lanes.others.is_empty() {
            "the run in front"
        } else {
            "lane a"
        };
        let apart = !self.views.curves.apart && self.has_others();
        let text = match apart {
            true => format!("Curves minus those of {from}, at the same step."),
            false if self.has_others() => "The curves themselves.".to_owned(),
            false => "There is one lane: no other one from which curves could differ.".to_owned(),
        };
        self.views.curves.apart = apart;
        self.say(text, false);
        None
    }

    /// Carries out an action on what charts show.
    pub(super) fn update_charts(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::ShowWhole => {
                self.window = Window::Whole;
                self.views.curves.charts = Default::default();
                None
            }
            Action::FewerValues
            | Action::MoreValues
            | Action::Up
            | Action::Down
            | Action::ShowAlone
            | Action::HideOne => self.change_chart(action),
            _ => self.zoom_steps(action),
        }
    }

    /// Carries out an action on the range of steps.
    fn zoom_steps(&mut self, action: Action) -> Option<Effect> {
        let Some(whole) = self.steps_of_curves() else {
            self.say("There is no curve yet.", false);
            return None;
        };
        let (first, last) = self.window.part_of(whole);
        let length = last.saturating_sub(first) + 1;
        let most = whole.1.saturating_sub(whole.0) + 1;
        let stride = (length / 2).max(1);
        let centre = self
            .views
            .curves
            .cursor
            .filter(|step| (first..=last).contains(step));
        let around = |length: u64| {
            let from = centre.map_or(last, |step| step + length / 2);
            ((from + 1).saturating_sub(length), length)
        };
        let (from, length) = match action {
            Action::FewerSteps => around((length / 2).max(FEWEST).min(most)),
            Action::MoreSteps => around(length.saturating_mul(2)),
            _ if self.window == Window::Whole => {
                let key = self.keys.key_of(Action::FewerSteps).unwrap_or_default();
                self.say(format!("All steps are shown; {key} shows fewer."), false);
                return None;
            }
            Action::PageUp => (first.saturating_sub(stride), length),
            Action::PageDown => (first + stride, length),
            Action::First => (whole.0, length),
            _ => (last.max(whole.1), length),
        };
        self.show_steps(from, length, whole);
        None
    }

    /// Shows half as many steps if `closer`, else twice as many. A step stays where it is in the charts.
    pub(super) fn zoom_at(&mut self, step: u64, closer: bool) {
        let Some(whole) = self.steps_of_curves() else {
            return;
        };
        let (first, last) = self.window.part_of(whole);
        let (length, before) = (last.saturating_sub(first) + 1, step.saturating_sub(first));
        let (length, before) = match closer {
            true if length / 2 < FEWEST => return,
            true => (length / 2, (before / 2).min(length / 2 - 1)),
            false => (length.saturating_mul(2), before.saturating_mul(2)),
        };
        self.show_steps(step.saturating_sub(before), length, whole);
    }

    /// Shows `length` steps from a step on, of the `whole` range of the curves.
    fn show_steps(&mut self, from: u64, length: u64, whole: (u64, u64)) {
        let from = from.max(whole.0);
        self.window = if length > whole.1.saturating_sub(whole.0) {
            Window::Whole
        } else if from + length > whole.1 {
            Window::Last(length)
        } else {
            Window::Range(from, from + length - 1)
        };
    }

    /// Carries out an action on the vertical axis or the curves of the focused chart.
    fn change_chart(&mut self, action: Action) -> Option<Effect> {
        let Some((pane, group)) = self.focused_chart() else {
            let key = self.keys.key_of(Action::NextPane).unwrap_or_default();
            self.say(format!("This acts on a chart: {key} focuses one."), false);
            return None;
        };
        let is_whole = self.views.curves.charts[pane as usize].zoom.level <= 0;
        if is_whole && matches!(action, Action::Up | Action::Down) {
            let key = self.keys.key_of(Action::FewerValues).unwrap_or_default();
            let text = format!("The range of values is not zoomed; {key} halves it.");
            self.say(text, false);
            return None;
        }
        let view = &mut self.views.curves.charts[pane as usize];
        let zoom = &mut view.zoom;
        let stride = VALUE_STRIDE * 0.5f64.powi(zoom.level.max(0).into());
        let count = group.curves.len();
        match action {
            Action::FewerValues => zoom.level = (zoom.level + 1).min(MOST_LEVELS),
            Action::MoreValues => {
                zoom.level = (zoom.level - 1).max(-1);
                if zoom.level <= 0 {
                    zoom.offset = 0.0;
                }
            }
            Action::Up => zoom.offset = (zoom.offset + stride).min(FARTHEST),
            Action::Down => zoom.offset = (zoom.offset - stride).max(-FARTHEST),
            Action::ShowAlone => {
                view.shown = match view.shown {
                    Shown::Only(at) if at + 1 < count => Shown::Only(at + 1),
                    Shown::Only(_) => Shown::All,
                    _ => Shown::Only(0),
                }
            }
            _ => {
                view.shown = match view.shown {
                    Shown::Without(at) if at + 1 < count => Shown::Without(at + 1),
                    Shown::Without(_) => Shown::All,
                    _ => Shown::Without(0),
                }
            }
        }
        if let Some(words) = self.chosen_curves(pane, group) {
            self.say(words, false);
        }
        None
    }

    /// Returns the chart that keys act on: the focused one, or the first, which then has the focus.
    fn focused_chart(&mut self) -> Option<(Pane, &'static Group)> {
        let pane = *self.focus.get_or_insert_default();
        Some((pane, of_pane(self, pane)?))
    }

    /// Names the curves that a person has chosen of a chart.
    fn chosen_curves(&self, pane: Pane, group: &Group) -> Option<String> {
        let name = group.name.0;
        match self.views.curves.charts[pane as usize].shown {
            Shown::All => None,
            Shown::Only(at) => Some(format!("{name}: {} alone.", group.curves[at].label)),
            Shown::Without(at) => Some(format!("{name}: without {}.", group.curves[at].label)),
        }
    }

    /// Returns the first and the last step of all curves.
    fn steps_of_curves(&self) -> Option<(u64, u64)> {
        let spans = self.history.iter();
        let spans = spans.filter_map(|s| Some((s.buckets.first()?.first, s.buckets.last()?.last)));
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        model::{History, Snapshot},
        run::fake,
        tui::look::theme::{Depth, Look},
    };

    #[test]
    fn the_step_under_the_pointer_stays_in_the_window() {
        let snapshot = Snapshot {
            step: 101,
            ..fake::snapshot()
        };
        let mut app = App::new(Arc::new(snapshot), Look::new(Depth::None, true));
        let mut history = History::default();
        (1..=101).for_each(|step| history.push("loss_d", step, 1.0));
        app.set_history(history);
        app.zoom_at(101, true);
        assert_eq!(
            app.window,
            Window::Last(50),
            "the last step, and the next ones"
        );
        app.zoom_at(101, false);
        app.zoom_at(1, true);
        assert_eq!(app.window, Window::Range(1, 50));
    }
}
