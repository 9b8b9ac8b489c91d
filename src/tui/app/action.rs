//! The actions that keys and command lines trigger.

mod needs;

pub(crate) use needs::Needs;

/// Defines `Action` and its texts from one table. The columns are the variant, its name in a file of keys, a short label
/// for the bar of keys, and a sentence for the help and the documentation.
macro_rules! actions {
    ($($action:ident, $name:literal, $short:literal, $description:literal;)*) => {
        /// The action of a key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = $description] $action,)*
        }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Action] = &[$(Action::$action,)*];

            /// Returns the name in a file of keys.
            pub fn name(self) -> &'static str {
                match self { $(Action::$action => $name,)* }
            }

            /// Returns the label in the bar of keys: two or three words.
            pub fn short(self) -> &'static str {
                match self { $(Action::$action => $short,)* }
            }

            /// Returns the description in the help and the documentation: a sentence.
            pub fn description(self) -> &'static str {
                match self { $(Action::$action => $description,)* }
            }
        }
    };
}

actions! {
    // The training.
    Pause, "pause", "pause", "Pause or resume the training.";
    Step, "step", "one step", "Make one step, then pause.";
    StepMany, "step_many", "10 steps", "Make ten steps, then pause; `:step N` makes N.";
    StepDiscriminator, "step_d", "D alone", "One step of D alone: G is not updated.";
    StepGenerator, "step_g", "G alone", "One step of G alone: D is not updated.";
    Slower, "slower", "slower", "Slow motion: fewer steps per second.";
    Faster, "faster", "faster", "More steps per second, up to full speed.";
    Mark, "mark", "mark", "Mark this state: save a checkpoint that is kept, to rewind to.";
    Rewind, "rewind", "rewind", "Rewind to a saved state: weights, moments, settings. Tab lists the saved states.";
    Fork, "fork", "fork", "Fork: split a lane off here. Type settings that it changes, then Enter.";
    NextLane, "next_lane", "next lane", "Select the next lane: keys and commands act on it.";
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
    ToggleDecay, "toggle_decay", "decay", "Switch the linear decay of learning rates to 0 on or off.";
    LongerAverage, "longer_average", "longer EMA", "Average G's weights over more steps.";
    ShorterAverage, "shorter_average", "shorter EMA", "Average G's weights over fewer steps, down to none.";
    TighterClip, "tighter_clip", "clip", "Clip D's weights, to a tighter bound each time.";
    LooserClip, "looser_clip", "looser clip", "Clip D's weights to a looser bound, finally not at all.";
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
    Layers, "layers", "layers", "Layers: σ of each layer, estimated and exact, and measures of its weight.";
    Spectrum, "spectrum", "spectrum", "Spectrum: the singular values of a layer.";
    Samples, "samples", "samples", "Samples: G's samples, as large as fits.";
    Plane, "plane", "plane", "Plane: data in the plane as D sees it.";
    Journal, "journal", "journal", "Journal: every change and every alarm.";
    Compare, "compare", "compare", "Compare: lanes, or watched runs, against each other: what differs, and by how much.";
    NextAlarm, "next_alarm", "to the alarm", "To the step of the worst alarm: the cursor of the curves, the entry in the journal; again, the next alarm.";
    NextView, "next_view", "next view", "The next view.";
    PreviousView, "previous_view", "previous view", "The previous view.";
    OtherRun, "other_run", "other run", "Switch to the next of several watched runs.";
    NextPane, "next_pane", "next pane", "Move the focus to the next pane.";
    FullScreen, "full_screen", "full screen", "Show the focused pane in full screen, or leave full screen.";
    Up, "up", "up", "Up: a line, a layer, an entry; larger values of a zoomed chart.";
    Down, "down", "down", "Down: a line, a layer, an entry; smaller values of a zoomed chart.";
    Left, "left", "left", "Left: the cursor of the curves, the sample before, a smaller value.";
    Right, "right", "right", "Right: the cursor of the curves, the sample after, a larger value.";
    PageUp, "page_up", "page up", "Up by a page; to older samples, to earlier steps of zoomed curves.";
    PageDown, "page_down", "page down", "Down by a page; to newer samples, to later steps of zoomed curves.";
    First, "first", "first", "To the first.";
    Last, "last", "last", "To the last.";
    Choose, "choose", "choose", "Choose the selection; a sample is shown as large as fits.";
    Back, "back", "back", "Close what is open: help, panel, full screen, cursor.";
    ToggleWindow, "toggle_window", "whole/recent", "Curves of the whole run, or of its last 1,024 steps.";
    ToggleLog, "toggle_log", "log axis", "All axes logarithmic, then all linear, then each by its own default.";
    Smooth, "smooth", "smooth", "Smooth the curves more; after the strongest, not at all.";
    ToggleDifference, "difference", "minus a", "Curves minus those of lane a at the same step, or of the run in front; again, the curves themselves.";
    FewerSteps, "fewer_steps", "fewer steps", "Zoom in: half as many steps, around the cursor or up to the last. Then PageUp and PageDown move, Home and End go to the ends.";
    MoreSteps, "more_steps", "more steps", "Zoom out: twice as many steps.";
    FewerValues, "fewer_values", "fewer values", "Zoom into the focused chart: half the range of values. Then ↑ and ↓ move it.";
    MoreValues, "more_values", "more values", "Zoom out of the focused chart: twice the range of values; beyond the usual one, all values.";
    ShowAlone, "show_alone", "alone", "Show the first curve of the focused chart alone, then the next; after the last, all.";
    HideOne, "hide_one", "hide", "Hide the first curve of the focused chart, then the next; after the last, none.";
    ToggleOutputs, "outputs", "histogram", "D's outputs as histograms of real and generated samples, or their means over steps.";
    ShowWhole, "show_whole", "all curves", "Back to all steps, all curves and the automatic range of values.";
    NextGlyphs, "next_glyphs", "glyphs", "Draw pictures another way: pixels if the terminal has them, half blocks, ASCII ramp, braille dots.";
    Pin, "pin", "pin", "Pin the current spectra behind later ones, or unpin them.";
    Interpolate, "interpolate", "interpolate", "Interpolate: press it on both ends; press it again to end the interpolation.";
    Beside, "beside", "real beside", "Show or hide real samples beside the generated ones.";
    ToggleHeat, "heat", "heat map", "Show or hide D's output over the plane as colours.";
    TogglePoints, "points", "points", "Show or hide real and generated points.";
    ToggleArrows, "arrows", "arrows", "Show or hide arrows of ∇xD at generated points.";
    ToggleLattice, "lattice", "lattice", "Show or hide G's output for a lattice of latents.";
    ToggleCounts, "counts", "counts", "Show or hide the number of samples on each mode.";
    SavePicture, "save_picture", "save picture", "Save the samples as a PNG in the run's directory.";

    Gif, "gif", "GIF", "Start recording a GIF of the samples over time, or stop and write it.";
    SaveScreen, "save_screen", "save screen", "Save a picture of the whole screen as SVG in the run's directory.";

    SavePane, "save_pane", "save pane", "Save the focused pane, or the view, in the run's directory: a picture as SVG, and its numbers as CSV.";

    // Settings, presets, the command line.
    Settings, "settings", "settings", "All settings: search, change, reset.";
    Search, "search", "search", "Search the settings, the help or the journal.";
    Reset, "reset", "reset", "Set the selected setting back to the preset's value.";
    Presets, "presets", "presets", "The built-in presets: start another run, with this run's curves in the background.";
    Options, "options", "with options", "In the list of presets: start the selected one with options of `run`.";
    CommandLine, "command_line", "command", "The command line: `gain=2`, `step 10`, `preset ring`; Tab completes.";
    Complete, "complete", "complete", "Complete the word, then cycle through the completions.";
    CompleteBack, "complete_back", "back", "Cycle backwards through the completions.";
    Erase, "erase", "erase", "Erase the character before the cursor.";
    EraseNext, "erase_next", "erase next", "Erase the character at the cursor.";
    EraseWord, "erase_word", "erase word", "Erase the word before the cursor.";
    EraseLine, "erase_line", "erase all", "Erase everything before the cursor.";

    // The program.
    Help, "help", "help", "Show or close this help.";
    Redraw, "redraw", "redraw", "Redraw the whole screen.";
    Suspend, "suspend", "suspend", "Suspend the program; the shell's `fg` resumes it.";
    Quit, "quit", "quit", "End the run, write its files, quit.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_descriptions_are_unique() {
        for (i, action) in Action::ALL.iter().enumerate() {
            let others = &Action::ALL[..i];
            assert!(others.iter().all(|other| other.name() != action.name()));
            let same = |other: &&Action| other.description() == action.description();
            assert_eq!(others.iter().find(same), None, "{action:?}");
        }
    }
}
