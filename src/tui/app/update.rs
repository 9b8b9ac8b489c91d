//! The effects of the actions.

use super::{
    App, Effect,
    action::Action,
    keys::Mode,
    picker::Picker,
    view::{Answer, View},
};
use crate::{
    model::{Command, Status},
    tui::{layout::Pane, line::CommandLine, plot::Window, settings::panel::Panel},
};

impl App {
    /// Carries out an action. Returns its side effect.
    pub fn update(&mut self, action: Action) -> Option<Effect> {
        self.clear_message();
        if let Some(effect) = self.update_demo(action) {
            return effect;
        }
        let effect = match self.dispatch(action) {
            Some(Effect::Send(Command::Set { .. })) if self.snapshot.status == Status::Finished => {
                self.say_finished()
            }
            effect => effect,
        };
        self.notice_own_experiment(effect.as_ref());
        effect
    }

    fn dispatch(&mut self, action: Action) -> Option<Effect> {
        match self.mode() {
            _ if action == Action::Quit => return Some(Effect::Quit),
            _ if action == Action::Redraw => return Some(Effect::Redraw),
            _ if action == Action::Suspend => return Some(Effect::Suspend),
            Mode::Typing if self.line.is_some() => return self.update_line(action),
            Mode::Typing if self.search.typing => return self.update_search(action),
            Mode::Typing | Mode::Settings => {
                if let Some(effect) = self.update_panel(action) {
                    return effect;
                }
            }
            Mode::Presets => {
                if let Some(effect) = self.update_picker(action) {
                    return effect;
                }
            }
            Mode::Page | Mode::Help | Mode::Failure => {}
        }
        match action {
            Action::CommandLine => {
                self.open_line();
                None
            }
            Action::Mark => Some(Effect::Send(Command::Mark)),
            Action::Rewind => {
                self.open_rewind_line();
                None
            }
            Action::Fork => {
                self.line = Some(CommandLine::starting_with("fork "));
                None
            }
            Action::NextLane => self.next_lane(),
            Action::Settings => {
                self.help = None;
                self.end_search();
                self.panel = Some(Panel::default());
                None
            }
            Action::Presets => {
                self.help = None;
                self.end_search();
                self.picker = Some(Picker::new(&self.snapshot.name));
                None
            }
            Action::Gif => Some(Effect::Send(match self.snapshot.gif {
                None => Command::StartGif,
                Some(_) => Command::StopGif,
            })),
            Action::SaveScreen => Some(Effect::SaveScreen),
            Action::SavePane => {
                if self.view == View::Dashboard {
                    // The focus shows which pane is saved.
                    self.focus.get_or_insert_default();
                }
                Some(Effect::SavePane)
            }
            Action::SavePicture => Some(Effect::Send(Command::SavePicture)),
            Action::NextGlyphs => self.next_glyphs(),
            Action::ToggleWindow => {
                self.window = match self.window {
                    Window::Whole => Window::Recent,
                    _ => Window::Whole,
                };
                None
            }
            Action::Dashboard => self.show(View::Dashboard),
            Action::Layers => self.show(View::Layers),
            Action::Spectrum => self.show(View::Spectrum),
            Action::Samples => self.show(View::Samples),
            Action::Plane => self.show(View::Plane),
            Action::Journal => self.show(View::Journal),
            Action::Compare => self.show(View::Compare),
            Action::NextView => self.show(self.view.next()),
            Action::PreviousView => self.show(self.view.previous()),
            Action::OtherRun => Some(Effect::NextRun),
            Action::NextAlarm => self.next_alarm(),
            Action::NextPane => self.focus_next(),
            Action::FullScreen => {
                self.focus.get_or_insert_default();
                self.full = !self.full;
                None
            }
            Action::Up | Action::Down if self.help.is_some() => {
                self.scroll(if action == Action::Up { -3 } else { 3 })
            }
            Action::PageUp | Action::PageDown if self.help.is_some() => {
                self.scroll(if action == Action::PageUp { -20 } else { 20 })
            }
            Action::First | Action::Last if self.help.is_some() => {
                self.help = Some(if action == Action::First { 0 } else { u16::MAX });
                None
            }
            Action::Help => {
                self.end_search();
                self.help = if self.help.is_some() { None } else { Some(0) };
                None
            }
            Action::Back => self.back(),
            Action::ToggleOutputs => self.toggle_outputs(),
            Action::ToggleDifference => self.toggle_difference(),
            Action::ToggleLog if self.shows_differences() => {
                self.say("Differences may be below 0: their axes are linear.", false);
                None
            }
            action if self.is_of_charts(action) => self.update_charts(action),
            Action::FewerSteps
            | Action::MoreSteps
            | Action::FewerValues
            | Action::MoreValues
            | Action::ShowAlone
            | Action::HideOne
            | Action::ShowWhole => self.update_charts(action),
            Action::Up
            | Action::Down
            | Action::Left
            | Action::Right
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::Choose
            | Action::ToggleLog
            | Action::Smooth
            | Action::Pin
            | Action::Interpolate
            | Action::Beside
            | Action::ToggleHeat
            | Action::TogglePoints
            | Action::ToggleArrows
            | Action::ToggleLattice
            | Action::ToggleCounts => self.update_view(action),
            Action::Search => {
                self.search.typing = true;
                None
            }
            // Only text fields, the panel and the list of presets use these actions.
            Action::Options
            | Action::Reset
            | Action::Complete
            | Action::CompleteBack
            | Action::Erase
            | Action::EraseNext
            | Action::EraseWord
            | Action::EraseLine => None,
            Action::Pause
            | Action::Step
            | Action::StepMany
            | Action::StepDiscriminator
            | Action::StepGenerator
            | Action::Slower
            | Action::Faster
            | Action::RaiseRateD
            | Action::LowerRateD
            | Action::RaiseRateG
            | Action::LowerRateG
            | Action::RaiseGain
            | Action::LowerGain
            | Action::MoreUpdates
            | Action::FewerUpdates
            | Action::LargerBatch
            | Action::SmallerBatch
            | Action::NextLoss
            | Action::ToggleDecay
            | Action::LongerAverage
            | Action::ShorterAverage
            | Action::TighterClip
            | Action::LooserClip
            | Action::MoreNoise
            | Action::LessNoise
            | Action::ToggleNormalization
            | Action::MoreIterations
            | Action::FewerIterations
            | Action::ToggleFold
            | Action::ToggleLayer
            | Action::MoreLayerIterations
            | Action::FewerLayerIterations
            | Action::FollowNetwork => self.control(action),
            Action::Redraw => Some(Effect::Redraw),
            Action::Suspend => Some(Effect::Suspend),
            Action::Quit => Some(Effect::Quit),
        }
    }

    /// Switches to a view and closes what is open over it.
    pub(super) fn show(&mut self, view: View) -> Option<Effect> {
        self.help = None;
        self.panel = None;
        self.picker = None;
        self.end_search();
        self.full &= self.view == view;
        self.view = view;
        self.hint_at_colours(view);
        None
    }

    /// Moves the focus to the next pane that is drawn; in full screen, where one at a time is, to the next of all.
    fn focus_next(&mut self) -> Option<Effect> {
        let drawn = self.targets.panes();
        let all = self.full || drawn.is_empty();
        let mut next = Pane::after(self.focus);
        for _ in Pane::ALL {
            if all || drawn.contains(&next) {
                break;
            }
            next = Pane::after(Some(next));
        }
        self.focus = Some(next);
        None
    }

    /// Passes an action to the current view.
    fn update_view(&mut self, action: Action) -> Option<Effect> {
        let places = match self.view {
            View::Journal => self.journal_places(),
            _ => Vec::new(),
        };
        let (snapshot, history) = (&self.snapshot, &self.history);
        match (self.views).update(self.view, action, snapshot, history, &places) {
            Answer::Done => None,
            Answer::Say(text) => {
                self.say(text, false);
                None
            }
            Answer::Send(command) => Some(Effect::Send(command)),
        }
    }

    /// Shows D's outputs as histograms, or their means over steps.
    fn toggle_outputs(&mut self) -> Option<Effect> {
        self.views.curves.histograms = !self.views.curves.histograms;
        if self.full {
            self.focus = Some(Pane::Outputs);
        }
        let key = self.keys.key_of(Action::ToggleOutputs).unwrap_or_default();
        let text = if self.views.curves.histograms {
            format!("D's outputs are histograms; {key} shows their means over steps.")
        } else {
            "D's mean outputs are shown over steps.".to_owned()
        };
        self.say(text, false);
        None
    }

    /// Scrolls the help, down where `lines` is positive.
    pub(super) fn scroll(&mut self, lines: i16) -> Option<Effect> {
        self.help = self.help.map(|line| line.saturating_add_signed(lines));
        None
    }

    /// Closes the topmost open element, last of all the demo.
    fn back(&mut self) -> Option<Effect> {
        let is_closed = self.end_search()
            || self.help.take().is_some()
            || std::mem::take(&mut self.full)
            || (self.view == View::Journal && self.views.journal.release())
            || (self.view == View::Samples && self.views.samples.back())
            || self.views.curves.cursor.take().is_some()
            || self.focus.take().is_some();
        if is_closed { None } else { self.leave_demo() }
    }

    /// Limits the scroll position of the help to `last`.
    pub fn limit_scroll(&mut self, last: u16) {
        self.help = self.help.map(|line| line.min(last));
    }
}
