//! A person's own keys: a RON file of actions and their keys, which overrides the default table.
//!
//! ```ron
//! (
//!     toggle_sn: ["s", "F2"],
//!     save_picture: ["Ctrl-P"],
//!     gif: [],                    // no key
//! )
//! ```

mod text;

use std::{
    env,
    fs::File,
    io::ErrorKind,
    ops::Range,
    path::{Path, PathBuf},
};

use crossterm::event::KeyCode;

use super::{Key, KeyContext, Mode, Table, key};
use crate::{
    files::open,
    preset::{Diagnostic, scan::scan},
    tui::app::{action::Action, view::View},
};
use text::{check_syntax, parse_action, parse_keys};

/// The maximum size of a file, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The keys that scripts and habits rely on. They cannot be rebound.
#[rustfmt::skip]
const RESERVED: &[(Key, Action)] = &[
    (key::char('q'), Action::Quit),
    (key::ctrl('c'), Action::Quit),
    (key::char(' '), Action::Pause),
    (key::char('?'), Action::Help),
    (key::char(':'), Action::CommandLine),
    (key::key(KeyCode::Tab), Action::NextView),
    (key::key(KeyCode::Esc), Action::Back),
    (key::key(KeyCode::Enter), Action::Choose),
    (key::char('1'), Action::Dashboard),
    (key::char('2'), Action::Layers),
    (key::char('3'), Action::Spectrum),
    (key::char('4'), Action::Samples),
    (key::char('5'), Action::Plane),
    (key::char('6'), Action::Journal),
    (key::char('7'), Action::Compare),
];

/// Returns the default table with the bindings of a file. The file is `given`, or else the one in the configuration
/// directory, if it exists.
///
/// # Errors
/// The file cannot be read, or [`patched`] refuses it.
pub fn load(given: Option<&Path>) -> Result<Table, Diagnostic> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => match default_path(|name| env::var_os(name).map(PathBuf::from)) {
            Some(path) => path,
            None => return Ok(Table::default()),
        },
    };
    let unreadable = |reason: String| Diagnostic::plain(format!("{}: {reason}", path.display()));
    let opened = match given {
        // The named file may be a pipe, as in a shell's <(…).
        Some(path) => File::open(path),
        None => open::plain(&path),
    };
    let bytes = match opened.and_then(|file| open::bounded(file, MAX_BYTES)) {
        Err(error) if given.is_none() && error.kind() == ErrorKind::NotFound => {
            return Ok(Table::default());
        }
        Err(error) if error.kind() == ErrorKind::FileTooLarge => {
            return Err(unreadable("too large for a file of keys".to_owned()));
        }
        bytes => bytes.map_err(|error| unreadable(error.to_string()))?,
    };
    let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
    patched(&text, &path.display().to_string())
}

/// Returns the path of `sn-tui/keys.ron` in the XDG configuration directory.
fn default_path(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let config = variable("XDG_CONFIG_HOME").filter(absolute);
    let home = || Some(variable("HOME").filter(absolute)?.join(".config"));
    Some(config.or_else(home)?.join("sn-tui/keys.ron"))
}

/// A key that the text binds to an action, and its place in the text.
struct Bound {
    key: Key,
    action: Action,
    span: Range<usize>,
}

/// Returns the default table with the bindings of a text. An action named in the text has only the keys listed there,
/// and its reserved keys.
///
/// # Errors
/// A syntax error, an unknown action or key, a reserved key, or a key that would have two actions in one context.
pub fn patched(text: &str, origin: &str) -> Result<Table, Diagnostic> {
    let wrong = |span: Range<usize>, message: String| Diagnostic::at(origin, text, span, message);
    check_syntax(text, origin)?;
    let scan = scan(text);
    let mut table = Table::default();
    let mut named: Vec<Action> = Vec::new();
    let mut bound: Vec<Bound> = Vec::new();
    for item in &scan.root.items {
        let (action, span) = parse_action(item, text, origin)?;
        if named.contains(&action) {
            let message = format!("`{}` is bound twice", action.name());
            return Err(wrong(span, message));
        }
        named.push(action);
        for key in parse_keys(item, text, origin)? {
            let reserved = RESERVED.iter().find(|(reserved, _)| *reserved == key.0);
            if let Some((_, owner)) = reserved.filter(|(_, owner)| *owner != action) {
                let message = format!("{} is reserved for `{}`", key.0, owner.name());
                let help = format!("bind `{}` to another key, or to none", action.name());
                return Err(wrong(key.1, message).with_help(help));
            }
            bound.push(Bound {
                key: key.0,
                action,
                span: key.1,
            });
        }
    }
    for row in table
        .rows
        .iter_mut()
        .filter(|row| named.contains(&row.action))
    {
        let own = bound.iter().filter(|bound| bound.action == row.action);
        let fixed = RESERVED.iter().filter(|(_, action)| *action == row.action);
        let fixed = fixed
            .map(|(key, _)| *key)
            .filter(|key| row.keys.contains(key));
        let mut keys: Vec<Key> = own.map(|bound| bound.key).collect();
        let fixed: Vec<Key> = fixed.filter(|key| !keys.contains(key)).collect();
        keys.extend(fixed);
        row.keys = keys;
    }
    match bound
        .iter()
        .find_map(|bound| Some((bound, conflict(&table, bound)?)))
    {
        None => Ok(table),
        Some((bound, other)) => {
            let message = format!("{} is bound to `{}` as well", bound.key, other.name());
            let help = format!(
                "bind `{}` to another key, or to none: {}: []",
                other.name(),
                other.name()
            );
            Err(wrong(bound.span.clone(), message).with_help(help))
        }
    }
}

/// Returns another action that the key also triggers in some context.
fn conflict(table: &Table, bound: &Bound) -> Option<Action> {
    let contexts = Mode::ALL
        .into_iter()
        .flat_map(|mode| View::ALL.map(|view| KeyContext { mode, view }));
    contexts.into_iter().find_map(|context| {
        let with_key = |row: &&super::Binding| row.keys.contains(&bound.key);
        let mut rows = table.active(context).filter(with_key);
        let mine = table
            .active(context)
            .any(|row| row.action == bound.action && row.keys.contains(&bound.key));
        rows.find(|row| mine && row.action != bound.action)
            .map(|row| row.action)
    })
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    const PAGE: KeyContext = KeyContext {
        mode: Mode::Page,
        view: View::Dashboard,
    };

    fn press(table: &Table, code: KeyCode) -> Option<Action> {
        table.action(&KeyEvent::from(code), PAGE)
    }

    #[test]
    fn a_file_patches_the_table() {
        let text = "// mine\n(\n  toggle_sn: [\"F2\"],\n  gif: [],\n  quit: [\"Q\"],\n}";
        let text = text.replace('}', ")");
        let table = patched(&text, "keys.ron").unwrap();
        assert_eq!(
            press(&table, KeyCode::F(2)),
            Some(Action::ToggleNormalization)
        );
        assert_eq!(press(&table, KeyCode::Char('s')), None);
        assert_eq!(press(&table, KeyCode::Char('V')), None);
        // Reserved keys stay bound.
        assert_eq!(press(&table, KeyCode::Char('Q')), Some(Action::Quit));
        assert_eq!(press(&table, KeyCode::Char('q')), Some(Action::Quit));
        assert_eq!(press(&table, KeyCode::Char('p')), Some(Action::SavePicture));
        assert!(patched("{\"toggle_sn\": [\"F2\"]}", "k").is_ok());
        assert!(patched("()", "k").is_ok());
    }

    #[test]
    fn keys_can_be_swapped() {
        let text = "(toggle_sn: [\"p\"], save_picture: [\"s\"])";
        let table = patched(text, "keys.ron").unwrap();
        assert_eq!(
            press(&table, KeyCode::Char('p')),
            Some(Action::ToggleNormalization)
        );
        assert_eq!(press(&table, KeyCode::Char('s')), Some(Action::SavePicture));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, part) in [
            ("(\n  toggle_sn: [\"p\"],\n)", 2, "save_picture"),
            ("(\n  gif: [\"F2\"],\n  help: [\"F2\"],\n)", 2, "help"),
            ("(\n\n  gif: [\"q\"],\n)", 3, "reserved for `quit`"),
            ("(\n  save_screen: [\"1\"],\n)", 2, "reserved"),
            ("(\n  gif: [\"7\"],\n)", 2, "7 is reserved for `compare`"),
            ("(\n  gif: [\"7\"],\n)", 2, "bind `gif` to another key"),
            ("(\n  togle_sn: [\"p\"],\n)", 2, "no action"),
            ("(\n  gif: [\"Hyper-x\"],\n)", 2, "no key"),
            ("(\n  gif: \"x\",\n)", 2, "list"),
            ("(\n  gif: [x],\n)", 2, "quotes"),
            ("(\n  gif: [\"F2\"],\n  gif: [\"F3\"],\n)", 3, "twice"),
            ("(\n  gif: [\"F2\",\n", 2, "end of RON"),
            ("7", 1, "list of keys"),
            ("", 1, ""),
        ] {
            let error = patched(text, "keys.ron").unwrap_err();
            let shown = error.render(false);
            assert!(shown.contains(part), "{text}: {shown}");
            let place = error.position().map(|(line, _)| line);
            assert_eq!(place, Some(line), "{text}: {shown}");
        }
    }

    #[test]
    fn every_reserved_key_is_in_the_table() {
        let table = Table::default();
        for (key, action) in RESERVED {
            let row = table.rows.iter().find(|row| row.action == *action).unwrap();
            assert!(row.keys.contains(key), "{key}");
        }
    }

    #[test]
    fn the_configuration_directory_follows_xdg() {
        let path = |variables: &[(&str, &str)]| {
            default_path(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| PathBuf::from(value))
            })
        };
        let home = ("HOME", "/home/a");
        let default = Some(PathBuf::from("/home/a/.config/sn-tui/keys.ron"));
        assert_eq!(path(&[home]), default);
        assert_eq!(path(&[home, ("XDG_CONFIG_HOME", "relative")]), default);
        assert_eq!(
            path(&[home, ("XDG_CONFIG_HOME", "/c")]),
            Some(PathBuf::from("/c/sn-tui/keys.ron"))
        );
        assert_eq!(path(&[]), None);
    }
}
