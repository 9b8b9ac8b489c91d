//! What an action needs to have an effect.

use super::Action;

/// What an action needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// The screen alone.
    Nothing,
    /// A run of this process, or one that this screen controls, not one that is only watched.
    Control,
    /// In addition, steps that are still to be made.
    Steps,
}

impl Action {
    /// Returns what the action needs to have an effect.
    pub(crate) fn needs(self) -> Needs {
        use Action::*;
        match self {
            Pause | Step | StepMany | StepDiscriminator | StepGenerator | Slower | Faster
            | Fork | RaiseRateD | LowerRateD | RaiseRateG | LowerRateG | RaiseGain | LowerGain
            | MoreUpdates | FewerUpdates | LargerBatch | SmallerBatch | NextLoss | ToggleDecay
            | LongerAverage | ShorterAverage | TighterClip | LooserClip | MoreNoise | LessNoise
            | ToggleNormalization | MoreIterations | FewerIterations | ToggleFold | ToggleLayer
            | MoreLayerIterations | FewerLayerIterations | FollowNetwork | Reset => Needs::Steps,
            Mark | Rewind | Interpolate | SavePicture | Gif | SaveScreen | SavePane | Presets
            | Options => Needs::Control,
            NextLane | Dashboard | Layers | Spectrum | Samples | Plane | Journal | Compare
            | NextAlarm | NextView | PreviousView | OtherRun | NextPane | FullScreen | Up
            | Down | Left | Right | PageUp | PageDown | First | Last | Choose | Back
            | ToggleWindow | ToggleLog | Smooth | ToggleDifference | FewerSteps | MoreSteps
            | FewerValues | MoreValues | ShowAlone | HideOne | ToggleOutputs | ShowWhole
            | NextGlyphs | Pin | Beside | ToggleHeat | TogglePoints | ToggleArrows
            | ToggleLattice | ToggleCounts | Settings | Search | CommandLine | Complete
            | CompleteBack | Erase | EraseNext | EraseWord | EraseLine | Help | Redraw
            | Suspend | Quit => Needs::Nothing,
        }
    }
}
