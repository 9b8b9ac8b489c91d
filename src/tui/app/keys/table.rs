//! The default key bindings.

use crossterm::event::KeyCode;

use super::{
    Group, When,
    key::{Key, char, ctrl, key},
};
use crate::tui::app::{action::Action, view::View};

/// A row of the default table.
#[derive(Clone, Copy, Debug)]
pub(super) struct DefaultBinding {
    pub keys: &'static [Key],
    pub action: Action,
    pub group: Group,
    pub when: When,
    /// The position in the bar, which drops the highest ranks when it is narrow. Keys of rank 0 are not in the bar, and
    /// ranks 5 to 9 are for keys of single views.
    pub rank: u8,
}

const fn bind(
    keys: &'static [Key],
    action: Action,
    group: Group,
    when: When,
    rank: u8,
) -> DefaultBinding {
    DefaultBinding {
        keys,
        action,
        group,
        when,
        rank,
    }
}

use Group::{Curves, Line, Move, Normalization, Pictures, Program, Settings, Training, Views};
use When::{Always, Normal, NotFailed, Panel, Picker, Searchable, Typing};

const PAGE: When = When::Page(&View::ALL);
const DASHBOARD: When = When::Page(&[View::Dashboard]);
const LAYER: When = When::Page(&[View::Layers, View::Spectrum]);
const CHARTS: When = When::Page(&[View::Dashboard, View::Layers, View::Spectrum]);
const CURVES: When = When::Page(&[View::Dashboard, View::Layers, View::Spectrum, View::Compare]);

/// All bindings, in the order of the help. The bar shows the first key of a row.
#[rustfmt::skip]
pub(super) const TABLE: &[DefaultBinding] = &[
    bind(&[char(' ')], Action::Pause, Training, Normal, 3),
    bind(&[char('.'), char('n')], Action::Step, Training, Normal, 16),

    bind(&[char('N')], Action::StepMany, Training, Normal, 0),
    bind(&[char('D')], Action::StepDiscriminator, Training, Normal, 0),
    bind(&[char('G')], Action::StepGenerator, Training, Normal, 0),
    bind(&[char('<')], Action::Slower, Training, Normal, 26),
    bind(&[char('>')], Action::Faster, Training, Normal, 27),
    bind(&[char('B')], Action::Mark, Training, Normal, 0),
    bind(&[char('R')], Action::Rewind, Training, Normal, 0),
    bind(&[char('Y')], Action::Fork, Training, Normal, 0),
    bind(&[char('A')], Action::NextLane, Training, Normal, 0),

    bind(&[char(']')], Action::RaiseGain, Settings, Normal, 0),
    bind(&[char('[')], Action::LowerGain, Settings, Normal, 0),
    bind(&[char('}')], Action::RaiseRateD, Settings, Normal, 0),
    bind(&[char('{')], Action::LowerRateD, Settings, Normal, 0),
    bind(&[char(')')], Action::RaiseRateG, Settings, Normal, 0),
    bind(&[char('(')], Action::LowerRateG, Settings, Normal, 0),
    bind(&[char('M')], Action::MoreUpdates, Settings, Normal, 0),
    bind(&[char('m')], Action::FewerUpdates, Settings, Normal, 0),
    bind(&[char('U')], Action::LargerBatch, Settings, Normal, 0),
    bind(&[char('u')], Action::SmallerBatch, Settings, Normal, 0),
    bind(&[char('L')], Action::NextLoss, Settings, Normal, 0),
    bind(&[char('y')], Action::ToggleDecay, Settings, Normal, 0),
    bind(&[char('E')], Action::LongerAverage, Settings, Normal, 0),
    bind(&[char('e')], Action::ShorterAverage, Settings, Normal, 0),
    bind(&[char('C')], Action::TighterClip, Settings, Normal, 0),
    bind(&[char('c')], Action::LooserClip, Settings, Normal, 0),
    bind(&[char('X')], Action::MoreNoise, Settings, Normal, 0),
    bind(&[char('x')], Action::LessNoise, Settings, Normal, 0),
    bind(&[char(',')], Action::Settings, Settings, Normal, 11),
    bind(&[char('r')], Action::Reset, Settings, Panel, 0),

    bind(&[char('s')], Action::ToggleNormalization, Normalization, Normal, 4),
    bind(&[char('+'), char('=')], Action::MoreIterations, Normalization, Normal, 14),
    bind(&[char('-')], Action::FewerIterations, Normalization, Normal, 15),

    bind(&[char('F')], Action::ToggleFold, Normalization, Normal, 0),
    bind(&[char('t')], Action::ToggleLayer, Normalization, LAYER, 5),
    bind(&[char('I')], Action::MoreLayerIterations, Normalization, LAYER, 6),
    bind(&[char('i')], Action::FewerLayerIterations, Normalization, LAYER, 7),
    bind(&[char('T')], Action::FollowNetwork, Normalization, LAYER, 8),

    bind(&[char('1')], Action::Dashboard, Views, Normal, 0),
    bind(&[char('2')], Action::Layers, Views, Normal, 0),
    bind(&[char('3')], Action::Spectrum, Views, Normal, 0),
    bind(&[char('4')], Action::Samples, Views, Normal, 0),
    bind(&[char('5')], Action::Plane, Views, Normal, 0),
    bind(&[char('6')], Action::Journal, Views, Normal, 0),
    bind(&[char('7')], Action::Compare, Views, Normal, 0),
    bind(&[key(KeyCode::Tab)], Action::NextView, Views, Normal, 12),
    bind(&[key(KeyCode::BackTab)], Action::PreviousView, Views, Normal, 0),
    bind(&[char('O')], Action::OtherRun, Views, Normal, 0),
    bind(&[char('/')], Action::Search, Move, Searchable, 5),
    bind(&[char('!')], Action::NextAlarm, Move, Normal, 0),
    bind(&[char('f')], Action::NextPane, Views, DASHBOARD, 18),
    bind(&[char('z')], Action::FullScreen, Views, PAGE, 17),

    bind(&[key(KeyCode::Up), char('k')], Action::Up, Move, NotFailed, 0),
    bind(&[key(KeyCode::Down), char('j')], Action::Down, Move, NotFailed, 0),
    bind(&[key(KeyCode::Left)], Action::Left, Move, NotFailed, 0),
    bind(&[key(KeyCode::Right)], Action::Right, Move, NotFailed, 0),
    bind(&[key(KeyCode::PageUp)], Action::PageUp, Move, NotFailed, 0),
    bind(&[key(KeyCode::PageDown)], Action::PageDown, Move, NotFailed, 0),
    bind(&[key(KeyCode::Home)], Action::First, Move, NotFailed, 0),
    bind(&[key(KeyCode::End)], Action::Last, Move, NotFailed, 0),
    bind(&[key(KeyCode::Enter)], Action::Choose, Move, NotFailed, 0),
    bind(&[key(KeyCode::Esc)], Action::Back, Move, NotFailed, 0),

    bind(&[char('w')], Action::ToggleWindow, Curves, CURVES, 19),
    bind(&[char('l')], Action::ToggleLog, Curves, CURVES, 20),
    bind(&[char('a')], Action::Smooth, Curves, CURVES, 21),

    bind(&[char('_')], Action::ToggleDifference, Curves, CHARTS, 0),
    bind(&[char('Z')], Action::FewerSteps, Curves, CURVES, 0),
    bind(&[char('W')], Action::MoreSteps, Curves, CURVES, 0),
    bind(&[char('K')], Action::FewerValues, Curves, DASHBOARD, 0),
    bind(&[char('J')], Action::MoreValues, Curves, DASHBOARD, 0),
    bind(&[char('o')], Action::ShowAlone, Curves, DASHBOARD, 0),
    bind(&[char('h')], Action::HideOne, Curves, DASHBOARD, 0),
    bind(&[char('d')], Action::ToggleOutputs, Curves, DASHBOARD, 0),
    bind(&[char('0')], Action::ShowWhole, Curves, CURVES, 0),

    bind(&[char('b')], Action::Pin, Curves, When::Page(&[View::Spectrum]), 9),

    bind(&[char('i')], Action::Interpolate, Pictures, When::Page(&[View::Samples]), 9),
    bind(&[char('r')], Action::Beside, Pictures, When::Page(&[View::Samples]), 18),
    bind(&[char('h')], Action::ToggleHeat, Pictures, When::Page(&[View::Plane]), 9),
    bind(&[char('d')], Action::TogglePoints, Pictures, When::Page(&[View::Plane]), 18),
    bind(&[char('v')], Action::ToggleArrows, Pictures, When::Page(&[View::Plane]), 28),
    bind(&[char('o')], Action::ToggleLattice, Pictures, When::Page(&[View::Plane]), 29),
    bind(&[char('b')], Action::ToggleCounts, Pictures, When::Page(&[View::Plane]), 30),
    bind(&[char('g')], Action::NextGlyphs, Pictures, PAGE, 23),
    bind(&[char('p')], Action::SavePicture, Pictures, Normal, 22),

    bind(&[char('V')], Action::Gif, Pictures, Normal, 24),
    bind(&[char('S')], Action::SaveScreen, Pictures, Normal, 25),
    bind(&[char('H')], Action::SavePane, Pictures, Normal, 0),

    bind(&[char(':')], Action::CommandLine, Line, Normal, 10),
    bind(&[key(KeyCode::Tab)], Action::Complete, Line, Typing, 0),
    bind(&[key(KeyCode::BackTab)], Action::CompleteBack, Line, Typing, 0),
    bind(&[key(KeyCode::Backspace), ctrl('h')], Action::Erase, Line, Typing, 0),
    bind(&[key(KeyCode::Delete), ctrl('d')], Action::EraseNext, Line, Typing, 0),
    bind(&[ctrl('w')], Action::EraseWord, Line, Typing, 0),
    bind(&[ctrl('u')], Action::EraseLine, Line, Typing, 0),

    bind(&[char('P')], Action::Presets, Program, When::NotTyping, 13),
    bind(&[char('o')], Action::Options, Program, Picker, 0),
    bind(&[char('?')], Action::Help, Program, Normal, 2),
    bind(&[ctrl('l')], Action::Redraw, Program, Always, 0),
    bind(&[ctrl('z')], Action::Suspend, Program, Always, 0),
    bind(&[char('q'), ctrl('c')], Action::Quit, Program, Always, 1),
];
