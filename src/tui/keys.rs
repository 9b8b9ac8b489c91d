//! The one table of keys: what it says is what they do, what help shows, what the bar shows and what the README says.

use std::fmt::{self, Write};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;

/// One key, with Ctrl or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

const fn char(symbol: char) -> Key {
    key(KeyCode::Char(symbol))
}

const fn ctrl(symbol: char) -> Key {
    Key {
        code: KeyCode::Char(symbol),
        ctrl: true,
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(symbol) if self.ctrl => write!(f, "{}", symbol.to_ascii_uppercase()),
            KeyCode::Char(symbol) => write!(f, "{symbol}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            other => write!(f, "{other}"),
        }
    }
}

/// Under which heading help shows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Training,
    Normalization,
    View,
    Program,
}

impl Group {
    pub const ALL: [Group; 4] = [
        Group::Training,
        Group::Normalization,
        Group::View,
        Group::Program,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Group::Training => "Training",
            Group::Normalization => "Spectral normalization",
            Group::View => "View",
            Group::Program => "Program",
        }
    }
}

/// What the screen shows, which decides the keys in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The page of panes.
    Page,
    Help,
    /// The run has failed.
    Failure,
}

/// When a key is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// While there is something to train.
    Training,
    /// While help is open.
    Help,
}

impl When {
    fn holds(self, mode: Mode) -> bool {
        match self {
            When::Always => true,
            When::Training => mode != Mode::Failure,
            When::Help => mode == Mode::Help,
        }
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct Binding {
    /// All do the same; the first is the one that the bar shows.
    pub keys: &'static [Key],
    pub action: Action,
    pub group: Group,
    pub when: When,
    /// Place in the bar, which drops the last ones where it is narrow; 0 is never in it.
    pub rank: u8,
}

const fn bind(keys: &'static [Key], action: Action, group: Group, when: When, rank: u8) -> Binding {
    Binding {
        keys,
        action,
        group,
        when,
        rank,
    }
}

/// All keys. Tab, the digits 1 to 6 and the colon are kept free for views and a command line.
#[rustfmt::skip]
pub const TABLE: &[Binding] = &[
    bind(&[char(' ')], Action::Pause, Group::Training, When::Training, 3),
    bind(&[char('.'), char('n')], Action::Step, Group::Training, When::Training, 7),
    bind(&[char('s')], Action::ToggleNormalization, Group::Normalization, When::Training, 4),
    bind(&[char('+'), char('='), char(']')], Action::MoreIterations, Group::Normalization, When::Training, 5),
    bind(&[char('-'), char('[')], Action::FewerIterations, Group::Normalization, When::Training, 6),
    bind(&[char('p')], Action::SavePicture, Group::Training, When::Training, 8),
    bind(&[char('g')], Action::NextGlyphs, Group::View, When::Training, 9),
    bind(&[char('w')], Action::ToggleWindow, Group::View, When::Training, 10),
    bind(&[char('?')], Action::Help, Group::Program, When::Training, 2),
    bind(&[key(KeyCode::Esc)], Action::CloseHelp, Group::View, When::Help, 11),
    bind(&[key(KeyCode::Up), char('k'), key(KeyCode::PageUp)], Action::ScrollUp, Group::View, When::Help, 12),
    bind(&[key(KeyCode::Down), char('j'), key(KeyCode::PageDown)], Action::ScrollDown, Group::View, When::Help, 13),
    bind(&[ctrl('l')], Action::Redraw, Group::Program, When::Always, 0),
    bind(&[ctrl('z')], Action::Suspend, Group::Program, When::Always, 0),
    bind(&[char('q'), ctrl('c')], Action::Quit, Group::Program, When::Always, 1),
];

/// What a key does in this mode.
pub fn action(event: &KeyEvent, mode: Mode) -> Option<Action> {
    let pressed = Key {
        code: event.code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
    };
    if event.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    TABLE
        .iter()
        .find(|row| row.when.holds(mode) && row.keys.contains(&pressed))
        .map(|row| row.action)
}

/// The keys of the bar in this mode, the most important first.
pub fn bar(mode: Mode) -> Vec<&'static Binding> {
    let mut rows: Vec<&Binding> = TABLE
        .iter()
        .filter(|row| row.rank > 0 && row.when.holds(mode))
        .filter(|row| {
            mode != Mode::Help || row.when != When::Training || row.action == Action::Help
        })
        .collect();
    rows.sort_by_key(|row| row.rank);
    rows
}

/// The keys of a row, as help writes them.
pub fn names(row: &Binding) -> String {
    let names: Vec<String> = row.keys.iter().map(Key::to_string).collect();
    names.join(" ")
}

/// The table for the README.
pub fn markdown() -> String {
    let mut text = String::from("| key | does |\n| --- | --- |\n");
    for row in Group::ALL.iter().flat_map(|&group| in_group(group)) {
        let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} |",
            keys.join(", "),
            row.action.description()
        );
    }
    text
}

/// The rows under one heading.
pub fn in_group(group: Group) -> impl Iterator<Item = &'static Binding> {
    TABLE.iter().filter(move |row| row.group == group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_and_reserved_ones_are_free() {
        let all: Vec<Key> = TABLE.iter().flat_map(|row| row.keys).copied().collect();
        for (i, key) in all.iter().enumerate() {
            assert!(!all[..i].contains(key), "{key} is bound twice");
        }
        for reserved in "123456:".chars().map(char).chain([key(KeyCode::Tab)]) {
            assert!(!all.contains(&reserved), "{reserved} is reserved");
        }
        let mut ranks: Vec<u8> = TABLE
            .iter()
            .map(|row| row.rank)
            .filter(|&r| r > 0)
            .collect();
        ranks.sort_unstable();
        assert!(
            ranks.windows(2).all(|pair| pair[0] < pair[1]),
            "two keys share a place in the bar"
        );
    }

    #[test]
    fn the_fixed_keys_are_bound_as_promised() {
        let press = |code, modifiers| action(&KeyEvent::new(code, modifiers), Mode::Page);
        let none = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Char('q'), none), Some(Action::Quit));
        assert_eq!(
            press(KeyCode::Char('c'), KeyModifiers::CONTROL),
            Some(Action::Quit)
        );
        assert_eq!(press(KeyCode::Char('c'), none), None);
        assert_eq!(press(KeyCode::Char(' '), none), Some(Action::Pause));
        assert_eq!(
            press(KeyCode::Char('?'), KeyModifiers::SHIFT),
            Some(Action::Help)
        );
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::ALT), None);
    }

    #[test]
    fn a_failed_run_can_only_be_left() {
        let press = |symbol| action(&KeyEvent::from(KeyCode::Char(symbol)), Mode::Failure);
        assert_eq!(press('q'), Some(Action::Quit));
        assert!("s+-p .?".chars().all(|symbol| press(symbol).is_none()));
        let shown: Vec<Action> = bar(Mode::Failure).iter().map(|row| row.action).collect();
        assert_eq!(shown, [Action::Quit]);
    }

    #[test]
    fn the_markdown_names_every_key_once() {
        let text = markdown();
        for row in TABLE {
            assert_eq!(
                text.matches(row.action.description()).count(),
                1,
                "{:?}",
                row.action
            );
            assert!(
                row.keys
                    .iter()
                    .all(|key| text.contains(&format!("`{key}`")))
            );
        }
    }
}
