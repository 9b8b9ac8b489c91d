//! What a person can do.

/// Makes the enum and its words from one table: variant, name in a file of key bindings, two or three words for the
/// bar of keys, a sentence for help and README.
macro_rules! actions {
    ($($action:ident, $name:literal, $short:literal, $description:literal;)*) => {
        /// What a key does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($action,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Action] = &[$(Action::$action,)*];

            /// The name in a file of key bindings.
            pub fn name(self) -> &'static str {
                match self { $(Action::$action => $name,)* }
            }

            /// In two or three words, for the bar of keys.
            pub fn short(self) -> &'static str {
                match self { $(Action::$action => $short,)* }
            }

            /// In a sentence, for help and README.
            pub fn description(self) -> &'static str {
                match self { $(Action::$action => $description,)* }
            }
        }
    };
}

actions! {
    // The training.
    Pause, "pause", "pause", "Pause the training, or go on.";
    Step, "step", "one step", "Make one step, then pause.";

    // Spectral normalization.
    ToggleNormalization, "toggle_sn", "SN on/off", "Switch spectral normalization of D on or off.";
    MoreIterations, "more_iterations", "more iterations", "One more power iteration in each update of D.";
    FewerIterations, "fewer_iterations", "fewer", "One power iteration fewer; 0 freezes u and v.";

    // Views.
    Dashboard, "dashboard", "dashboard", "Dashboard: losses, gradients, σ, samples, settings.";
    Layers, "layers", "layers", "Layers: σ of each layer, estimated and exact, and how its weight is.";
    Spectrum, "spectrum", "spectrum", "Spectrum: the singular values of a layer.";
    Samples, "samples", "samples", "Samples: what G makes, as large as fits.";
    Plane, "plane", "plane", "Plane: data in the plane as D sees it.";
    Journal, "journal", "journal", "Journal: every change and every alarm.";
    NextView, "next_view", "next view", "The next view.";
    PreviousView, "previous_view", "previous view", "The view before.";
    NextPane, "next_pane", "next pane", "Move the focus to the next pane.";
    FullScreen, "full_screen", "full screen", "The focused pane on the whole screen, or back.";
    Up, "up", "up", "Up: a line, a layer, an entry.";
    Down, "down", "down", "Down: a line, a layer, an entry.";
    Left, "left", "left", "Left: the cursor of the curves, the sample before.";
    Right, "right", "right", "Right: the cursor of the curves, the sample after.";
    PageUp, "page_up", "page up", "Up by a page; to older samples.";
    PageDown, "page_down", "page down", "Down by a page; to newer samples.";
    First, "first", "first", "To the first.";
    Last, "last", "last", "To the last.";
    Choose, "choose", "choose", "Take what is selected; a sample: as large as fits.";
    Back, "back", "back", "Close what is open: help, panel, full screen, cursor.";
    ToggleWindow, "toggle_window", "whole/recent", "Curves of the whole run, or of its last 1,024 steps.";
    ToggleLog, "toggle_log", "log axis", "Logarithmic axis, or linear.";
    Smooth, "smooth", "smooth", "Smooth the curves more; after the strongest, not at all.";
    NextGlyphs, "next_glyphs", "glyphs", "Show pictures another way: half blocks, ASCII ramp, braille dots.";
    Pin, "pin", "pin", "Keep the present spectra behind those to come; again: let them go.";
    Interpolate, "interpolate", "interpolate", "Interpolate from the selected sample to the next one chosen so; again: end it.";
    Beside, "beside", "real beside", "Real samples beside the generated ones, or not.";
    ToggleHeat, "heat", "heat map", "D's output over the plane as colours, or not.";
    TogglePoints, "points", "points", "Real and generated points, or not.";
    ToggleArrows, "arrows", "arrows", "Arrows of ∇xD on generated points, or not.";
    ToggleLattice, "lattice", "lattice", "What G makes of a lattice of latents, or not.";
    ToggleCounts, "counts", "counts", "Samples on each mode, or not.";
    SavePicture, "save_picture", "save picture", "Save the samples as a PNG in the run's directory.";

    // The program.
    Help, "help", "help", "Show or close this help.";
    Redraw, "redraw", "redraw", "Draw the whole screen anew.";
    Suspend, "suspend", "suspend", "Stop the program; the shell's `fg` goes on with it.";
    Quit, "quit", "quit", "End the run, write what it leaves behind, quit.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_words_of_its_own() {
        for (i, action) in Action::ALL.iter().enumerate() {
            let others = &Action::ALL[..i];
            assert!(others.iter().all(|other| other.name() != action.name()));
            let same = |other: &&Action| other.description() == action.description();
            assert_eq!(others.iter().find(same), None, "{action:?}");
        }
    }
}
