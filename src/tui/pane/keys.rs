//! The bar of keys: as many keys as fit, the most important first.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget,
};

use crate::{
    preset::setting::range::Range,
    tui::app::{App, action::Action, keys::Mode},
};

pub(crate) fn render(buf: &mut Buffer, area: Rect, app: &App) {
    let mut line = Line::default();
    let rows = app.keys.bar(app.key_context()).into_iter();
    for row in rows.filter(|row| !app.is_watching || !is_refused(row.action)) {
        let Some(key) = row.keys.first() else {
            continue;
        };
        let gap = if line.width() > 0 { "  " } else { "" };
        let entry = [
            Span::raw(gap),
            Span::styled(key.to_string(), app.look.theme.key),
            Span::styled(format!(" {}", short(app, row.action)), app.look.theme.dim),
        ];
        let width: usize = entry.iter().map(Span::width).sum();
        if line.width() + width > area.width as usize {
            break;
        }
        line.extend(entry);
    }
    line.render(area, buf);
}

/// Returns what a key does, in a word or two: in the panel of settings, what it does to the selected one.
fn short(app: &App, action: Action) -> &'static str {
    let (up, down) = match app.selected_range() {
        Some(Range::Switch) => ("on/off", "on/off"),
        Some(Range::Names(_)) => ("next", "previous"),
        _ => ("larger", "smaller"),
    };
    match action {
        Action::Right if app.mode() == Mode::Settings => up,
        Action::Left if app.mode() == Mode::Settings => down,
        action => action.short(),
    }
}

/// Returns whether an action does nothing on a screen that only watches a run of another process.
fn is_refused(action: Action) -> bool {
    use Action::*;
    matches!(
        action,
        Pause
            | Step
            | StepMany
            | StepDiscriminator
            | StepGenerator
            | Slower
            | Faster
            | Mark
            | Rewind
            | Fork
            | RaiseGain
            | LowerGain
            | RaiseRateD
            | LowerRateD
            | RaiseRateG
            | LowerRateG
            | MoreUpdates
            | FewerUpdates
            | LargerBatch
            | SmallerBatch
            | NextLoss
            | ToggleDecay
            | LongerAverage
            | ShorterAverage
            | TighterClip
            | LooserClip
            | MoreNoise
            | LessNoise
            | Reset
            | ToggleNormalization
            | MoreIterations
            | FewerIterations
            | ToggleFold
            | ToggleLayer
            | MoreLayerIterations
            | FewerLayerIterations
            | FollowNetwork
            | Interpolate
            | SavePicture
            | Gif
            | SaveScreen
            | SavePane
            | Presets
            | Options
    )
}
