//! Keys from characters and escape sequences.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Parses the first key of a text. Returns the key, or `None` if it is unknown, and the remaining text.
pub(super) fn next_key(text: &str) -> (Option<KeyEvent>, &str) {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return (None, "");
    };
    let after = characters.as_str();
    if first != '\x1b' {
        return (from_character(first), after);
    }
    match characters.next() {
        Some('[') => {
            let (sequence, rest) = split_sequence(&after[1..]);
            (from_sequence(sequence), rest)
        }
        Some('O') if !characters.as_str().is_empty() => {
            let letter = characters.next();
            let code = letter.and_then(|letter| named(&format!("1{letter}")));
            (code.map(KeyEvent::from), characters.as_str())
        }
        // No binding uses Alt, so a character right after Escape is a second key.
        _ => (Some(KeyEvent::from(KeyCode::Esc)), after),
    }
}

/// Splits a text after the first control sequence, whose `ESC [` was removed.
fn split_sequence(text: &str) -> (&str, &str) {
    // Function keys of the Linux console have two brackets.
    let from = usize::from(text.starts_with('['));
    let last = text[from..].find(|character: char| ('@'..='~').contains(&character));
    text.split_at(last.map_or(text.len(), |last| from + last + 1))
}

/// Returns the key of a control sequence: `A`, `5~`, or with modifiers `1;5A`, `5;3~`.
fn from_sequence(sequence: &str) -> Option<KeyEvent> {
    let last = sequence.chars().next_back()?;
    let inside = &sequence[..sequence.len() - last.len_utf8()];
    let (number, modifiers) = match inside.split_once(';') {
        Some((number, modifiers)) => (number, modifiers.parse::<u8>().ok()?.checked_sub(1)?),
        None => (inside, 0),
    };
    let number = if number.is_empty() { "1" } else { number };
    let code = named(&format!("{number}{last}"))?;
    let all = [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
    ];
    let held = all.iter().filter(|(bit, _)| modifiers & bit != 0);
    let held = held.fold(KeyModifiers::NONE, |held, (_, one)| held | *one);
    Some(KeyEvent::new(code, held))
}

/// Returns the key of a name in [`NAMED`].
fn named(name: &str) -> Option<KeyCode> {
    let found = NAMED.iter().find(|(names, _)| names.contains(&name))?;
    Some(found.1)
}

/// The keys by the number and the last character of their sequences, for all kinds of terminals.
const NAMED: &[(&[&str], KeyCode)] = &[
    (&["1A"], KeyCode::Up),
    (&["1B"], KeyCode::Down),
    (&["1C"], KeyCode::Right),
    (&["1D"], KeyCode::Left),
    (&["1H", "1~", "7~"], KeyCode::Home),
    (&["1F", "4~", "8~"], KeyCode::End),
    (&["1Z"], KeyCode::BackTab),
    (&["2~"], KeyCode::Insert),
    (&["3~"], KeyCode::Delete),
    (&["5~"], KeyCode::PageUp),
    (&["6~"], KeyCode::PageDown),
    (&["1P", "11~", "[A"], KeyCode::F(1)),
    (&["1Q", "12~", "[B"], KeyCode::F(2)),
    (&["1R", "13~", "[C"], KeyCode::F(3)),
    (&["1S", "14~", "[D"], KeyCode::F(4)),
    (&["15~", "[E"], KeyCode::F(5)),
    (&["17~"], KeyCode::F(6)),
    (&["18~"], KeyCode::F(7)),
    (&["19~"], KeyCode::F(8)),
    (&["20~"], KeyCode::F(9)),
    (&["21~"], KeyCode::F(10)),
    (&["23~"], KeyCode::F(11)),
    (&["24~"], KeyCode::F(12)),
];

/// Returns Ctrl with a letter.
pub(super) fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

/// Returns the key of a character, or `None` for an unknown control character.
fn from_character(character: char) -> Option<KeyEvent> {
    Some(match character {
        '\r' | '\n' => KeyEvent::from(KeyCode::Enter),
        '\t' => KeyEvent::from(KeyCode::Tab),
        '\x7f' => KeyEvent::from(KeyCode::Backspace),
        '\x01'..='\x1a' => control((character as u8 + b'a' - 1) as char),
        '\0'..='\x1f' | '\u{fffd}' => return None,
        character => KeyEvent::from(KeyCode::Char(character)),
    })
}
