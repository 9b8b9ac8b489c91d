//! What a person can do.

/// Makes the enum and its words from one table: variant, name in a file of key bindings, two or three words for the
/// bar of keys, a sentence for help and documentation.
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

            /// In a sentence, for help and documentation.
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
    StepMany, "step_many", "10 steps", "Make ten steps, then pause; `:step N` makes N.";
    StepDiscriminator, "step_d", "D alone", "One step of D alone: G rests.";
    StepGenerator, "step_g", "G alone", "One step of G alone: D rests.";
    Slower, "slower", "slower", "Slow motion: fewer steps a second.";
    Faster, "faster", "faster", "More steps a second, up to as fast as it goes.";
    Mark, "mark", "mark", "Mark this state: a checkpoint that stays, to come back to.";
    Rewind, "rewind", "go back", "Back to a state that was saved: weights, moments, settings. Tab shows which there are.";
    RaiseRateD, "raise_rate_d", "lr D ×2", "Double D's learning rate.";
    LowerRateD, "lower_rate_d", "lr D ÷2", "Halve D's learning rate.";
    RaiseRateG, "raise_rate_g", "lr G ×2", "Double G's learning rate.";
    LowerRateG, "lower_rate_g", "lr G ÷2", "Halve G's learning rate.";
    RaiseGain, "raise_gain", "gain ×2", "Double the gain, the factor on D's output.";
    LowerGain, "lower_gain", "gain ÷2", "Halve the gain.";
    MoreUpdates, "more_updates", "n_dis +1", "One more update of D in each step.";
    FewerUpdates, "fewer_updates", "n_dis −1", "One update of D fewer in each step.";
    LargerBatch, "larger_batch", "batch ×2", "Double the batch.";
    SmallerBatch, "smaller_batch", "batch ÷2", "Halve the batch.";
    NextLoss, "next_loss", "loss", "The next pair of losses: hinge, non-saturating, Wasserstein, least squares.";
    ToggleDecay, "toggle_decay", "decay", "Let learning rates fall linearly to 0, or not.";
    LongerAverage, "longer_average", "longer EMA", "Average G's weights over more steps.";
    ShorterAverage, "shorter_average", "shorter EMA", "Average G's weights over fewer steps, down to none.";
    TighterClip, "tighter_clip", "clip", "Clip D's weights, to a bound that is tighter each time.";
    LooserClip, "looser_clip", "looser clip", "Clip D's weights to a looser bound, down to not at all.";
    MoreNoise, "more_noise", "noise", "More noise on the samples that D sees.";
    LessNoise, "less_noise", "less noise", "Less noise on the samples that D sees, down to none.";

    // Spectral normalization.
    ToggleNormalization, "toggle_sn", "SN on/off", "Switch spectral normalization of D on or off.";
    MoreIterations, "more_iterations", "more iterations", "One more power iteration in each update of D.";
    FewerIterations, "fewer_iterations", "fewer", "One power iteration fewer; 0 freezes u and v.";

    ToggleFold, "toggle_fold", "fold/raw", "What a weight becomes when SN is switched off: W/σ (fold) or W (raw).";
    ToggleLayer, "toggle_layer", "SN of layer", "Switch spectral normalization of the selected layer on or off.";
    MoreLayerIterations, "more_layer_iterations", "layer +1", "One more power iteration for the selected layer alone.";
    FewerLayerIterations, "fewer_layer_iterations", "layer −1", "One power iteration fewer for the selected layer alone.";
    FollowNetwork, "follow_network", "as network", "Have the selected layer follow its network's settings again.";

    // Views.
    Dashboard, "dashboard", "dashboard", "Dashboard: losses, gradients, σ, samples, settings.";
    Layers, "layers", "layers", "Layers: σ of each layer, estimated and exact, and how its weight is.";
    Spectrum, "spectrum", "spectrum", "Spectrum: the singular values of a layer.";
    Samples, "samples", "samples", "Samples: what G makes, as large as fits.";
    Plane, "plane", "plane", "Plane: data in the plane as D sees it.";
    Journal, "journal", "journal", "Journal: every change and every alarm.";
    NextView, "next_view", "next view", "The next view.";
    PreviousView, "previous_view", "previous view", "The view before.";
    OtherRun, "other_run", "other run", "Of several runs that are watched, bring the next one to the front.";
    NextPane, "next_pane", "next pane", "Move the focus to the next pane.";
    FullScreen, "full_screen", "full screen", "The focused pane on the whole screen, or back.";
    Up, "up", "up", "Up: a line, a layer, an entry.";
    Down, "down", "down", "Down: a line, a layer, an entry.";
    Left, "left", "left", "Left: the cursor of the curves, the sample before, a smaller value.";
    Right, "right", "right", "Right: the cursor of the curves, the sample after, a larger value.";
    PageUp, "page_up", "page up", "Up by a page; to older samples.";
    PageDown, "page_down", "page down", "Down by a page; to newer samples.";
    First, "first", "first", "To the first.";
    Last, "last", "last", "To the last.";
    Choose, "choose", "choose", "Take what is selected; a sample: as large as fits.";
    Back, "back", "back", "Close what is open: help, panel, full screen, cursor.";
    ToggleWindow, "toggle_window", "whole/recent", "Curves of the whole run, or of its last 1,024 steps.";
    ToggleLog, "toggle_log", "log axis", "All axes logarithmic, then all linear, then each as suits what it shows.";
    Smooth, "smooth", "smooth", "Smooth the curves more; after the strongest, not at all.";
    NextGlyphs, "next_glyphs", "glyphs", "Show pictures another way: pixels where the terminal has them, half blocks, ASCII ramp, braille dots.";
    Pin, "pin", "pin", "Keep the present spectra behind those to come; again: let them go.";
    Interpolate, "interpolate", "interpolate", "Interpolate from the selected sample to the next one chosen so; again: end it.";
    Beside, "beside", "real beside", "Real samples beside the generated ones, or not.";
    ToggleHeat, "heat", "heat map", "D's output over the plane as colours, or not.";
    TogglePoints, "points", "points", "Real and generated points, or not.";
    ToggleArrows, "arrows", "arrows", "Arrows of ∇xD on generated points, or not.";
    ToggleLattice, "lattice", "lattice", "What G makes of a lattice of latents, or not.";
    ToggleCounts, "counts", "counts", "Samples on each mode, or not.";
    SavePicture, "save_picture", "save picture", "Save the samples as a PNG in the run's directory.";

    Gif, "gif", "GIF", "Begin a GIF of the samples over time, or write it.";
    SaveScreen, "save_screen", "save screen", "Save a picture of the whole screen as SVG in the run's directory.";

    // Settings, presets, the command line.
    Settings, "settings", "settings", "All settings: search, change, reset.";
    Search, "search", "search", "Search the settings.";
    Reset, "reset", "reset", "Set the selected setting back to the preset's value.";
    Presets, "presets", "presets", "The built-in presets: start another, keep this run's curves behind it.";
    Options, "options", "with options", "In the list of presets: start the selected one with options, as `run` takes them.";
    CommandLine, "command_line", "command", "The command line: `gain=2`, `step 10`, `preset ring`; Tab completes.";
    Complete, "complete", "complete", "Complete the word, then go through what there is.";
    CompleteBack, "complete_back", "back", "Go back through the completions.";
    Erase, "erase", "erase", "Erase the symbol before the cursor.";
    EraseNext, "erase_next", "erase next", "Erase the symbol at the cursor.";
    EraseWord, "erase_word", "erase word", "Erase the word before the cursor.";
    EraseLine, "erase_line", "erase all", "Erase all before the cursor.";

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
