//! One key: how it is told from an event, how it is written and read.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One key, with Ctrl or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

pub const fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

pub const fn char(symbol: char) -> Key {
    key(KeyCode::Char(symbol))
}

pub const fn ctrl(symbol: char) -> Key {
    Key {
        code: KeyCode::Char(symbol),
        ctrl: true,
    }
}

/// Keys that have a name and no symbol. An arrow has two; the first is the one that is written.
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

impl Key {
    /// What was pressed; none with Alt, which has no keys here.
    pub fn pressed(event: &KeyEvent) -> Option<Self> {
        if event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        Some(Self {
            code: event.code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        })
    }

    /// The symbol that the key types, where it types one.
    pub fn symbol(self) -> Option<char> {
        match self.code {
            KeyCode::Char(symbol) if !self.ctrl => Some(symbol),
            _ => None,
        }
    }

    /// Reads what [`Display`](fmt::Display) writes: `s`, `Space`, `Ctrl-P`, `F2`, `PageUp`.
    ///
    /// # Errors
    /// What is wrong with the name, in a sentence.
    pub fn parse(name: &str) -> Result<Self, String> {
        let mut symbols = name.chars();
        if let (Some(symbol), None) = (symbols.next(), symbols.next())
            && !symbol.is_control()
            && !symbol.is_whitespace()
            && !NAMED.iter().any(|(known, _)| *known == name)
        {
            return Ok(char(symbol));
        }
        if let Some(rest) = name.strip_prefix("Ctrl-") {
            let mut symbols = rest.chars();
            return match (symbols.next(), symbols.next()) {
                (Some('I' | 'i'), None) => Err(format!("a terminal sends Tab for {name}")),
                (Some('M' | 'm'), None) => Err(format!("a terminal sends Enter for {name}")),
                (Some('H' | 'h'), None) => Err(format!("a terminal sends Backspace for {name}")),
                (Some('J' | 'j'), None) => Err(format!("a terminal sends Enter for {name}")),
                (Some(letter), None) if letter.is_ascii_alphabetic() => {
                    Ok(ctrl(letter.to_ascii_lowercase()))
                }
                _ => Err(format!("{name} is not Ctrl with a letter")),
            };
        }
        let number = name.strip_prefix('F').and_then(|n| n.parse::<u8>().ok());
        if let Some(number) = number.filter(|number| (1..=12).contains(number)) {
            return Ok(key(KeyCode::F(number)));
        }
        NAMED
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|&(_, code)| key(code))
            .ok_or_else(|| format!("there is no key `{name}`"))
    }

    /// The names of the keys that have no symbol, for an error.
    pub fn names() -> String {
        let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        names.join(", ")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        match self.code {
            KeyCode::Char(symbol) if self.ctrl => write!(f, "{}", symbol.to_ascii_uppercase()),
            code => match (NAMED.iter().find(|(_, known)| *known == code), code) {
                (Some((name, _)), _) => f.write_str(name),
                (None, KeyCode::Char(symbol)) => write!(f, "{symbol}"),
                (None, other) => write!(f, "{other}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
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
    fn what_no_terminal_sends_is_refused() {
        for name in [
            "", "Ctrl-", "Ctrl-I", "Ctrl-1", "F0", "F13", "Hyper", "ab", " ", "\t",
        ] {
            assert!(Key::parse(name).is_err(), "{name:?}");
        }
    }
}
