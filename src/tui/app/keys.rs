//! The table of keys. It drives the dispatch, the help, the bar of keys and the documentation.

mod context;
mod file;
mod key;
mod table;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use crossterm::event::KeyEvent;

use super::{action::Action, view::View};

pub use context::{KeyContext, Mode, When};
pub use file::{load, patched};
pub use key::{Key, KeyError};

/// The heading under which the help lists a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Pausing, the pace, single steps.
    Training,
    /// Spectral normalization of the layers.
    Normalization,
    /// Live settings of the run.
    Settings,
    /// Switching between views.
    Views,
    /// Selection, cursor, pages.
    Move,
    /// Axes, range of steps and smoothing of the curves.
    Curves,
    /// Samples and how they are drawn.
    Pictures,
    /// Editing of the command line.
    Line,
    /// Help, redrawing, leaving.
    Program,
}

impl Group {
    /// All groups, in the order of the help.
    pub const ALL: [Group; 9] = [
        Group::Training,
        Group::Normalization,
        Group::Settings,
        Group::Views,
        Group::Move,
        Group::Curves,
        Group::Pictures,
        Group::Line,
        Group::Program,
    ];

    /// Returns the heading as the help shows it.
    pub fn title(self) -> &'static str {
        match self {
            Group::Training => "Training",
            Group::Normalization => "Spectral normalization",
            Group::Settings => "Settings",
            Group::Views => "Views",
            Group::Move => "Navigation",
            Group::Curves => "Curves",
            Group::Pictures => "Pictures",
            Group::Line => "Command line",
            Group::Program => "Program",
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The keys of the action. The bar shows the first one.
    pub keys: Vec<Key>,
    /// The action that each of the keys triggers.
    pub action: Action,
    /// The heading under which the help lists the keys.
    pub group: Group,
    /// The modes and views in which the keys are active.
    pub when: When,
    /// The position in the bar of keys, from 1. A narrow bar drops the highest ranks. Keys of rank 0 are not in the bar.
    pub rank: u8,
}

impl Binding {
    /// Returns the names of the keys, separated by spaces, for example `. n`.
    pub fn names(&self) -> String {
        let names: Vec<String> = self.keys.iter().map(Key::to_string).collect();
        names.join(" ")
    }
}

/// The key bindings of the program.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Binding>,
}

impl Default for Table {
    fn default() -> Self {
        let rows = table::TABLE.iter().map(|row| Binding {
            keys: row.keys.to_vec(),
            action: row.action,
            group: row.group,
            when: row.when,
            rank: row.rank,
        });
        Self {
            rows: rows.collect(),
        }
    }
}

impl Table {
    /// Returns the action that a key press triggers in a context, or `None` if the key is not bound there.
    pub fn action(&self, event: &KeyEvent, context: KeyContext) -> Option<Action> {
        let pressed = Key::pressed(event)?;
        self.active(context)
            .find(|row| row.keys.contains(&pressed))
            .map(|row| row.action)
    }

    /// Returns the rows that are active in a context.
    pub fn active(&self, context: KeyContext) -> impl Iterator<Item = &Binding> {
        self.rows
            .iter()
            .filter(move |row| row.when.applies_to(context))
    }

    /// Returns the rows that the help lists under a heading.
    pub fn in_group(&self, group: Group) -> impl Iterator<Item = &Binding> {
        self.rows.iter().filter(move |row| row.group == group)
    }

    /// Returns the rows that the bar of keys shows in a context, the most important first.
    pub fn bar(&self, context: KeyContext) -> Vec<&Binding> {
        let shown: &[Action] = match context.mode {
            Mode::Page => {
                let in_bar = |row: &&Binding| row.rank > 0 && !row.keys.is_empty();
                let mut rows: Vec<&Binding> = self.active(context).filter(in_bar).collect();
                rows.sort_by_key(|row| row.rank);
                return rows;
            }
            Mode::Help => &[
                Action::Back,
                Action::Search,
                Action::Down,
                Action::Up,
                Action::PageDown,
            ],
            Mode::Settings => &[
                Action::Back,
                Action::Choose,
                Action::Right,
                Action::Left,
                Action::Reset,
                Action::Search,
            ],
            Mode::Presets => &[
                Action::Choose,
                Action::Options,
                Action::Back,
                Action::Down,
                Action::Up,
            ],
            Mode::Typing => &[Action::Choose, Action::Back, Action::Complete, Action::Up],
            Mode::Failure => &[Action::Quit, Action::Presets],
        };
        let row = |action: &Action| self.active(context).find(|row| row.action == *action);
        let rows = shown.iter().filter_map(row);
        rows.filter(|row| !row.keys.is_empty()).collect()
    }

    /// Returns the name of the first key that triggers an action, or `None` if a file of keys has unbound it.
    pub fn key_of(&self, action: Action) -> Option<String> {
        let row = self.rows.iter().find(|row| row.action == action)?;
        row.keys.first().map(Key::to_string)
    }
}

/// Returns the table of keys in Markdown. The last column is the action's name in a file of keys.
pub fn markdown() -> String {
    let table = Table::default();
    let mut text = String::from("| key | does | name |\n| --- | --- | --- |\n");
    for group in Group::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| **{}** | | |", group.title());
        for row in table.in_group(group) {
            let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
            let views = match row.when {
                When::Page(views) if views.len() < View::ALL.len() => {
                    let views: Vec<&str> = views.iter().map(|view| view.title()).collect();
                    format!(" ({})", views.join(", "))
                }
                _ => String::new(),
            };
            let does = row.action.description();
            let (keys, name) = (keys.join(", "), row.action.name());
            let _ = writeln!(text, "| {keys} | {does}{views} | `{name}` |");
        }
    }
    text
}
