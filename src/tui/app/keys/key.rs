//! A key, its name, and the parser of names.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key, with Ctrl or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

pub(super) const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

pub(super) const fn char(character: char) -> Key {
    key(KeyCode::Char(character))
}

pub(super) const fn ctrl(character: char) -> Key {
    Key {
        code: KeyCode::Char(character),
        ctrl: true,
    }
}

/// The names of keys that type no visible character. Arrows have two names; the first one is displayed.
const NAMED: &[(&str, KeyCode)] = &[
    ("Space", KeyCode::Char(' ')),
    ("↑", KeyCode::Up),
    ("↓", KeyCode::Down),
    ("←", KeyCode::Left),
    ("→", KeyCode::Right),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
];

/// The reason why a text is not the name of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum KeyError {
    #[error("a terminal sends {sends} for {name}")]
    Indistinct { name: String, sends: &'static str },
    #[error("{0} is not Ctrl with a letter")]
    NotALetter(String),
    #[error("there is no key `{0}`")]
    Unknown(String),
}

impl Key {
    /// Returns the key of an event, or `None` if Alt is held, which no binding uses.
    pub fn pressed(event: &KeyEvent) -> Option<Self> {
        if event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        Some(Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        })
    }

    /// Returns the character that the key types, if it types one.
    pub fn character(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if !self.ctrl => Some(character),
            _ => None,
        }
    }

    /// Parses a name as [`Display`](fmt::Display) writes it: `s`, `Space`, `Ctrl-P`, `F2`, `PageUp`.
    ///
    /// # Errors
    /// [`KeyError`]: there is no such key, or a terminal cannot send it.
    pub fn parse(name: &str) -> Result<Self, KeyError> {
        if let Some(character) = single(name)
            && !character.is_control()
            && !character.is_whitespace()
            && !NAMED.iter().any(|(known, _)| *known == name)
        {
            return Ok(char(character));
        }
        if let Some(letter) = name.strip_prefix("Ctrl-") {
            let Some(letter) = single(letter).filter(char::is_ascii_alphabetic) else {
                return Err(KeyError::NotALetter(name.to_owned()));
            };
            let letter = letter.to_ascii_lowercase();
            let sends = match letter {
                'i' => "Tab",
                'j' | 'm' => "Enter",
                'h' => "Backspace",
                _ => return Ok(ctrl(letter)),
            };
            let name = name.to_owned();
            return Err(KeyError::Indistinct { name, sends });
        }
        let number = name.strip_prefix('F').and_then(|n| n.parse::<u8>().ok());
        if let Some(number) = number.filter(|number| (1..=12).contains(number)) {
            return Ok(key(KeyCode::F(number)));
        }
        NAMED
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|&(_, code)| key(code))
            .ok_or_else(|| KeyError::Unknown(name.to_owned()))
    }

    /// Returns the names of the keys that type no visible character, for an error.
    pub fn names() -> String {
        let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}

/// Returns the character of a text that holds exactly one.
fn single(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(letter) if self.ctrl => write!(f, "{}", letter.to_ascii_uppercase()),
            code => match (NAMED.iter().find(|(_, known)| *known == code), code) {
                (Some((name, _)), _) => f.write_str(name),
                (None, KeyCode::Char(character)) => write!(f, "{character}"),
                (None, other) => write!(f, "{other}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displayed_names_are_parsed() {
        let mut keys: Vec<Key> = NAMED.iter().map(|&(_, code)| key(code)).collect();
        keys.extend([
            char('s'),
            char('S'),
            char('{'),
            ctrl('p'),
            key(KeyCode::F(12)),
        ]);
        for key in keys {
            assert_eq!(Key::parse(&key.to_string()), Ok(key));
        }
        assert_eq!(Key::parse("pageup"), Ok(key(KeyCode::PageUp)));
    }

    #[test]
    fn keys_that_no_terminal_sends_are_refused() {
        for name in [
            "", "Ctrl-", "Ctrl-I", "Ctrl-1", "F0", "F13", "Hyper", "ab", " ", "\t",
        ] {
            assert!(Key::parse(name).is_err(), "{name:?}");
        }
    }
}
