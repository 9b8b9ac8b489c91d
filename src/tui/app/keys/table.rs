//! The keys as they are where a person has not bound others.

use crossterm::event::KeyCode;

use super::{
    Group, When,
    key::{Key, char, ctrl, key},
};
use crate::tui::app::{action::Action, view::View};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Default {
    pub keys: &'static [Key],
    pub action: Action,
    pub group: Group,
    pub when: When,
    /// Place in a view's bar, which drops the last ones where it is narrow; 0 is never in it. 5 to 9 are for keys of
    /// single views.
    pub rank: u8,
}

const fn bind(keys: &'static [Key], action: Action, group: Group, when: When, rank: u8) -> Default {
    Default {
        keys,
        action,
        group,
        when,
        rank,
    }
}

use Group::{Curves, Line, Move, Normalization, Pictures, Program, Settings, Training, Views};
use When::{Always, Anywhere, Open, Panel, Picker, Typing};

const PAGE: When = When::Page(&View::ALL);
const LAYER: When = When::Page(&[View::Layers, View::Spectrum]);
const CURVES: When = When::Page(&[View::Dashboard, View::Layers, View::Spectrum]);

/// All keys, in the order in which help shows them. The first key of a row is the one that the bar shows.
#[rustfmt::skip]
pub const TABLE: &[Default] = &[
    bind(&[char(' ')], Action::Pause, Training, Open, 3),
    bind(&[char('.'), char('n')], Action::Step, Training, Open, 16),

    bind(&[char('N')], Action::StepMany, Training, Open, 0),
    bind(&[char('D')], Action::StepDiscriminator, Training, Open, 0),
    bind(&[char('G')], Action::StepGenerator, Training, Open, 0),
    bind(&[char('<')], Action::Slower, Training, Open, 26),
    bind(&[char('>')], Action::Faster, Training, Open, 27),
    bind(&[char('B')], Action::Mark, Training, Open, 0),
    bind(&[char('R')], Action::Rewind, Training, Open, 0),

    bind(&[char(']')], Action::RaiseGain, Settings, Open, 0),
    bind(&[char('[')], Action::LowerGain, Settings, Open, 0),
    bind(&[char('}')], Action::RaiseRateD, Settings, Open, 0),
    bind(&[char('{')], Action::LowerRateD, Settings, Open, 0),
    bind(&[char(')')], Action::RaiseRateG, Settings, Open, 0),
    bind(&[char('(')], Action::LowerRateG, Settings, Open, 0),
    bind(&[char('M')], Action::MoreUpdates, Settings, Open, 0),
    bind(&[char('m')], Action::FewerUpdates, Settings, Open, 0),
    bind(&[char('U')], Action::LargerBatch, Settings, Open, 0),
    bind(&[char('u')], Action::SmallerBatch, Settings, Open, 0),
    bind(&[char('L')], Action::NextLoss, Settings, Open, 0),
    bind(&[char('y')], Action::ToggleDecay, Settings, Open, 0),
    bind(&[char('E')], Action::LongerAverage, Settings, Open, 0),
    bind(&[char('e')], Action::ShorterAverage, Settings, Open, 0),
    bind(&[char('C')], Action::TighterClip, Settings, Open, 0),
    bind(&[char('c')], Action::LooserClip, Settings, Open, 0),
    bind(&[char('X')], Action::MoreNoise, Settings, Open, 0),
    bind(&[char('x')], Action::LessNoise, Settings, Open, 0),
    bind(&[char(',')], Action::Settings, Settings, Open, 11),
    bind(&[char('/')], Action::Search, Settings, Panel, 0),
    bind(&[char('r')], Action::Reset, Settings, Panel, 0),

    bind(&[char('s')], Action::ToggleNormalization, Normalization, Open, 4),
    bind(&[char('+'), char('=')], Action::MoreIterations, Normalization, Open, 14),
    bind(&[char('-')], Action::FewerIterations, Normalization, Open, 15),

    bind(&[char('F')], Action::ToggleFold, Normalization, Open, 0),
    bind(&[char('t')], Action::ToggleLayer, Normalization, LAYER, 5),
    bind(&[char('I')], Action::MoreLayerIterations, Normalization, LAYER, 6),
    bind(&[char('i')], Action::FewerLayerIterations, Normalization, LAYER, 7),
    bind(&[char('T')], Action::FollowNetwork, Normalization, LAYER, 8),

    bind(&[char('1')], Action::Dashboard, Views, Open, 0),
    bind(&[char('2')], Action::Layers, Views, Open, 0),
    bind(&[char('3')], Action::Spectrum, Views, Open, 0),
    bind(&[char('4')], Action::Samples, Views, Open, 0),
    bind(&[char('5')], Action::Plane, Views, Open, 0),
    bind(&[char('6')], Action::Journal, Views, Open, 0),
    bind(&[key(KeyCode::Tab)], Action::NextView, Views, Open, 12),
    bind(&[key(KeyCode::BackTab)], Action::PreviousView, Views, Open, 0),
    bind(&[char('O')], Action::OtherRun, Views, Open, 0),
    bind(&[char('f')], Action::NextPane, Views, When::Page(&[View::Dashboard]), 18),
    bind(&[char('z')], Action::FullScreen, Views, PAGE, 17),

    bind(&[key(KeyCode::Up), char('k')], Action::Up, Move, Anywhere, 0),
    bind(&[key(KeyCode::Down), char('j')], Action::Down, Move, Anywhere, 0),
    bind(&[key(KeyCode::Left)], Action::Left, Move, Anywhere, 0),
    bind(&[key(KeyCode::Right)], Action::Right, Move, Anywhere, 0),
    bind(&[key(KeyCode::PageUp)], Action::PageUp, Move, Anywhere, 0),
    bind(&[key(KeyCode::PageDown)], Action::PageDown, Move, Anywhere, 0),
    bind(&[key(KeyCode::Home)], Action::First, Move, Anywhere, 0),
    bind(&[key(KeyCode::End)], Action::Last, Move, Anywhere, 0),
    bind(&[key(KeyCode::Enter)], Action::Choose, Move, Anywhere, 0),
    bind(&[key(KeyCode::Esc)], Action::Back, Move, Anywhere, 0),

    bind(&[char('w')], Action::ToggleWindow, Curves, CURVES, 19),
    bind(&[char('l')], Action::ToggleLog, Curves, CURVES, 20),
    bind(&[char('a')], Action::Smooth, Curves, CURVES, 21),

    bind(&[char('b')], Action::Pin, Curves, When::Page(&[View::Spectrum]), 9),

    bind(&[char('i')], Action::Interpolate, Pictures, When::Page(&[View::Samples]), 9),
    bind(&[char('r')], Action::Beside, Pictures, When::Page(&[View::Samples]), 18),
    bind(&[char('h')], Action::ToggleHeat, Pictures, When::Page(&[View::Plane]), 9),
    bind(&[char('d')], Action::TogglePoints, Pictures, When::Page(&[View::Plane]), 18),
    bind(&[char('v')], Action::ToggleArrows, Pictures, When::Page(&[View::Plane]), 28),
    bind(&[char('o')], Action::ToggleLattice, Pictures, When::Page(&[View::Plane]), 29),
    bind(&[char('b')], Action::ToggleCounts, Pictures, When::Page(&[View::Plane]), 30),
    bind(&[char('g')], Action::NextGlyphs, Pictures, PAGE, 23),
    bind(&[char('p')], Action::SavePicture, Pictures, Open, 22),

    bind(&[char('V')], Action::Gif, Pictures, Open, 24),
    bind(&[char('S')], Action::SaveScreen, Pictures, Open, 25),

    bind(&[char(':')], Action::CommandLine, Line, Open, 10),
    bind(&[key(KeyCode::Tab)], Action::Complete, Line, Typing, 0),
    bind(&[key(KeyCode::BackTab)], Action::CompleteBack, Line, Typing, 0),
    bind(&[key(KeyCode::Backspace), ctrl('h')], Action::Erase, Line, Typing, 0),
    bind(&[key(KeyCode::Delete), ctrl('d')], Action::EraseNext, Line, Typing, 0),
    bind(&[ctrl('w')], Action::EraseWord, Line, Typing, 0),
    bind(&[ctrl('u')], Action::EraseLine, Line, Typing, 0),

    bind(&[char('P')], Action::Presets, Program, When::NotTyping, 13),
    bind(&[char('o')], Action::Options, Program, Picker, 0),
    bind(&[char('?')], Action::Help, Program, Open, 2),
    bind(&[ctrl('l')], Action::Redraw, Program, Always, 0),
    bind(&[ctrl('z')], Action::Suspend, Program, Always, 0),
    bind(&[char('q'), ctrl('c')], Action::Quit, Program, Always, 1),
];
