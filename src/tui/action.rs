//! What a person can do.

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Pause,
    Step,
    ToggleNormalization,
    MoreIterations,
    FewerIterations,
    SavePicture,
    NextGlyphs,
    ToggleWindow,
    Help,
    CloseHelp,
    ScrollUp,
    ScrollDown,
    Redraw,
    Suspend,
    Quit,
}

impl Action {
    /// In two or three words, for the bar of keys.
    pub fn short(self) -> &'static str {
        match self {
            Action::Pause => "pause",
            Action::Step => "one step",
            Action::ToggleNormalization => "SN on/off",
            Action::MoreIterations => "more iterations",
            Action::FewerIterations => "fewer",
            Action::SavePicture => "save picture",
            Action::NextGlyphs => "glyphs",
            Action::ToggleWindow => "whole/recent",
            Action::Help => "help",
            Action::CloseHelp => "close",
            Action::ScrollUp => "up",
            Action::ScrollDown => "down",
            Action::Redraw => "redraw",
            Action::Suspend => "suspend",
            Action::Quit => "quit",
        }
    }

    /// In a sentence, for help and README.
    pub fn description(self) -> &'static str {
        match self {
            Action::Pause => "Pause the training, or go on.",
            Action::Step => "Make one step, then pause.",
            Action::ToggleNormalization => "Switch spectral normalization of D on or off.",
            Action::MoreIterations => "One more power iteration in each update of D.",
            Action::FewerIterations => "One power iteration fewer; 0 freezes u and v.",
            Action::SavePicture => "Save the samples as a PNG in the run's directory.",
            Action::NextGlyphs => {
                "Show pictures another way: half blocks, ASCII ramp, braille dots."
            }
            Action::ToggleWindow => "Curves of the whole run, or of its last 1,024 steps.",
            Action::Help => "Show or close this help.",
            Action::CloseHelp => "Close the help.",
            Action::ScrollUp => "Scroll the help up.",
            Action::ScrollDown => "Scroll the help down.",
            Action::Redraw => "Draw the whole screen anew.",
            Action::Suspend => "Stop the program; the shell's `fg` goes on with it.",
            Action::Quit => "End the run, write what it leaves behind, quit.",
        }
    }
}
