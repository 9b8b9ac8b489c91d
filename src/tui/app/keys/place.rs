//! Where a key meets the screen, and where it is in force.

use crate::tui::app::view::View;

/// What the screen shows in front, which decides the keys in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The view itself.
    Page,
    Help,
    /// The panel of settings.
    Settings,
    /// The built-in presets.
    Presets,
    /// A line is being typed: symbols go into it.
    Typing,
    /// The run has failed.
    Failure,
}

impl Mode {
    pub const ALL: [Mode; 6] = [
        Mode::Page,
        Mode::Help,
        Mode::Settings,
        Mode::Presets,
        Mode::Typing,
        Mode::Failure,
    ];
}

/// Where a key meets the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub mode: Mode,
    pub view: View,
}

/// When a key is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// Unless the run has failed.
    Anywhere,
    /// The same, and no line is being typed.
    Open,
    /// While no line is being typed.
    NotTyping,
    /// While a line is being typed.
    Typing,
    /// While the panel of settings is in front.
    Panel,
    /// While the built-in presets are in front.
    Picker,
    /// While one of these views is in front.
    Page(&'static [View]),
}

impl When {
    /// Whether help for a page is to show the key: it works there, or in what is opened from there.
    pub fn concerns(self, page: Place) -> bool {
        matches!(self, When::Typing | When::Panel | When::Picker) || self.holds(page)
    }

    pub fn holds(self, place: Place) -> bool {
        match self {
            When::Always => true,
            When::Anywhere => place.mode != Mode::Failure,
            When::Open => !matches!(place.mode, Mode::Failure | Mode::Typing),
            When::NotTyping => place.mode != Mode::Typing,
            When::Typing => place.mode == Mode::Typing,
            When::Panel => place.mode == Mode::Settings,
            When::Picker => place.mode == Mode::Presets,
            When::Page(views) => place.mode == Mode::Page && views.contains(&place.view),
        }
    }
}
