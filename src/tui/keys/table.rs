//! The keys as they are where a person has not bound others.

use crossterm::event::KeyCode;

use super::{
    Group, When,
    key::{Key, char, ctrl, key},
};
use crate::tui::{action::Action, view::View};

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Default {
    pub keys: &'static [Key],
    pub action: Action,
    pub group: Group,
    pub when: When,
    /// Place in the bar, which drops the last ones where it is narrow; 0 is never in it.
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

use Group::{Curves, Move, Normalization, Pictures, Program, Training, Views};
use When::{Always, Open};

const PAGE: When = When::Page(&View::ALL);
const CURVES: When = When::Page(&[View::Dashboard, View::Layers, View::Spectrum]);

/// All keys, in the order in which help shows them. The first key of a row is the one that the bar shows.
#[rustfmt::skip]
pub const TABLE: &[Default] = &[
    bind(&[char(' ')], Action::Pause, Training, Open, 3),
    bind(&[char('.'), char('n')], Action::Step, Training, Open, 7),

    bind(&[char('s')], Action::ToggleNormalization, Normalization, Open, 4),
    bind(&[char('+'), char('=')], Action::MoreIterations, Normalization, Open, 5),
    bind(&[char('-')], Action::FewerIterations, Normalization, Open, 6),

    bind(&[char('1')], Action::Dashboard, Views, Open, 0),
    bind(&[char('2')], Action::Layers, Views, Open, 0),
    bind(&[char('3')], Action::Spectrum, Views, Open, 0),
    bind(&[char('4')], Action::Samples, Views, Open, 0),
    bind(&[char('5')], Action::Plane, Views, Open, 0),
    bind(&[char('6')], Action::Journal, Views, Open, 0),
    bind(&[key(KeyCode::Tab)], Action::NextView, Views, Open, 20),
    bind(&[key(KeyCode::BackTab)], Action::PreviousView, Views, Open, 0),
    bind(&[char('f')], Action::NextPane, Views, When::Page(&[View::Dashboard]), 22),
    bind(&[char('z')], Action::FullScreen, Views, PAGE, 21),

    bind(&[key(KeyCode::Up), char('k')], Action::Up, Move, Open, 0),
    bind(&[key(KeyCode::Down), char('j')], Action::Down, Move, Open, 0),
    bind(&[key(KeyCode::Left)], Action::Left, Move, Open, 0),
    bind(&[key(KeyCode::Right)], Action::Right, Move, Open, 0),
    bind(&[key(KeyCode::PageUp)], Action::PageUp, Move, Open, 0),
    bind(&[key(KeyCode::PageDown)], Action::PageDown, Move, Open, 0),
    bind(&[key(KeyCode::Home)], Action::First, Move, Open, 0),
    bind(&[key(KeyCode::End)], Action::Last, Move, Open, 0),
    bind(&[key(KeyCode::Enter)], Action::Choose, Move, Open, 0),
    bind(&[key(KeyCode::Esc)], Action::Back, Move, Open, 0),

    bind(&[char('w')], Action::ToggleWindow, Curves, CURVES, 10),
    bind(&[char('l')], Action::ToggleLog, Curves, CURVES, 11),
    bind(&[char('a')], Action::Smooth, Curves, CURVES, 12),

    bind(&[char('b')], Action::Pin, Curves, When::Page(&[View::Spectrum]), 13),

    bind(&[char('i')], Action::Interpolate, Pictures, When::Page(&[View::Samples]), 14),
    bind(&[char('r')], Action::Beside, Pictures, When::Page(&[View::Samples]), 15),
    bind(&[char('h')], Action::ToggleHeat, Pictures, When::Page(&[View::Plane]), 14),
    bind(&[char('d')], Action::TogglePoints, Pictures, When::Page(&[View::Plane]), 15),
    bind(&[char('v')], Action::ToggleArrows, Pictures, When::Page(&[View::Plane]), 16),
    bind(&[char('o')], Action::ToggleLattice, Pictures, When::Page(&[View::Plane]), 17),
    bind(&[char('b')], Action::ToggleCounts, Pictures, When::Page(&[View::Plane]), 18),
    bind(&[char('g')], Action::NextGlyphs, Pictures, PAGE, 9),
    bind(&[char('p')], Action::SavePicture, Pictures, Open, 8),

    bind(&[char('?')], Action::Help, Program, Open, 2),
    bind(&[ctrl('l')], Action::Redraw, Program, Always, 0),
    bind(&[ctrl('z')], Action::Suspend, Program, Always, 0),
    bind(&[char('q'), ctrl('c')], Action::Quit, Program, Always, 1),
];
