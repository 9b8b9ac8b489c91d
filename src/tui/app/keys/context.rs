//! The context in which a key is pressed, and the contexts in which a binding is active.

use crate::tui::app::view::View;

/// The topmost element of the screen, which decides the active keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The current view.
    Page,
    /// The help.
    Help,
    /// The panel of settings.
    Settings,
    /// The list of presets.
    Presets,
    /// A text field: characters are inserted into it.
    Typing,
    /// The run has failed.
    Failure,
}

impl Mode {
    /// All modes.
    pub const ALL: [Mode; 6] = [
        Mode::Page,
        Mode::Help,
        Mode::Settings,
        Mode::Presets,
        Mode::Typing,
        Mode::Failure,
    ];
}

/// The mode and the view in which a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyContext {
    /// The topmost element.
    pub mode: Mode,
    /// The view, open or beneath.
    pub view: View,
}

/// The condition under which a binding is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In every mode.
    Always,
    /// Unless the run has failed.
    NotFailed,
    /// Unless the run has failed or a text field is active.
    Normal,
    /// Unless a text field is active.
    NotTyping,
    /// While a text field is active.
    Typing,
    /// While the panel of settings is open.
    Panel,
    /// While something is shown that can be searched: the panel of settings, the help, the journal.
    Searchable,
    /// While the list of presets is open.
    Picker,
    /// While one of these views is shown and nothing is open over it.
    Page(&'static [View]),
}

impl When {
    /// Returns whether the help of a page lists the binding: it is active on the page, or in an element opened from it.
    pub fn is_in_help_of(self, page: KeyContext) -> bool {
        matches!(
            self,
            When::Typing | When::Panel | When::Picker | When::Searchable
        ) || self.applies_to(page)
    }

    /// Returns whether the binding is active in a context.
    pub fn applies_to(self, context: KeyContext) -> bool {
        match self {
            When::Always => true,
            When::NotFailed => context.mode != Mode::Failure,
            When::Normal => !matches!(context.mode, Mode::Failure | Mode::Typing),
            When::NotTyping => context.mode != Mode::Typing,
            When::Typing => context.mode == Mode::Typing,
            When::Panel => context.mode == Mode::Settings,
            When::Searchable => match context.mode {
                Mode::Settings | Mode::Help => true,
                Mode::Page => context.view == View::Journal,
                _ => false,
            },
            When::Picker => context.mode == Mode::Presets,
            When::Page(views) => context.mode == Mode::Page && views.contains(&context.view),
        }
    }
}
