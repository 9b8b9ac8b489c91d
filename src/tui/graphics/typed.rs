//! Keys out of bytes, for the moment in which replies are awaited and crossterm must not read.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Tells keys from bytes.
#[derive(Debug, Default)]
pub struct Typed {
    /// Whether text is being pasted, which must not act as keys.
    pasting: bool,
}

const PASTE: (&str, &str) = ("\x1b[200~", "\x1b[201~");

impl Typed {
    /// The keys that were pressed; what is none is left out.
    pub fn keys(&mut self, bytes: &[u8]) -> Vec<KeyEvent> {
        let text = String::from_utf8_lossy(bytes);
        let mut rest = text.as_ref();
        let mut keys = Vec::new();
        while let Some(first) = rest.chars().next() {
            if self.pasting {
                let Some(end) = rest.find(PASTE.1) else {
                    return keys;
                };
                self.pasting = false;
                rest = &rest[end + PASTE.1.len()..];
                continue;
            }
            if let Some(pasted) = rest.strip_prefix(PASTE.0) {
                self.pasting = true;
                rest = pasted;
                continue;
            }
            let named = NAMED
                .iter()
                .find(|(sequence, _)| rest.starts_with(sequence));
            if let Some((sequence, code)) = named {
                keys.push(KeyEvent::from(*code));
                rest = &rest[sequence.len()..];
                continue;
            }
            let after = &rest[first.len_utf8()..];
            rest = match (first, after.strip_prefix('[')) {
                // An unknown sequence, its end included.
                ('\x1b', Some(sequence)) => {
                    let end = sequence.find(|symbol: char| ('@'..='~').contains(&symbol));
                    end.map_or("", |end| &sequence[end + 1..])
                }
                _ => {
                    keys.extend(one(first));
                    after
                }
            };
        }
        keys
    }
}

const NAMED: &[(&str, KeyCode)] = &[
    ("\x1b[A", KeyCode::Up),
    ("\x1b[B", KeyCode::Down),
    ("\x1b[C", KeyCode::Right),
    ("\x1b[D", KeyCode::Left),
    ("\x1b[H", KeyCode::Home),
    ("\x1b[F", KeyCode::End),
    ("\x1b[Z", KeyCode::BackTab),
    ("\x1b[3~", KeyCode::Delete),
    ("\x1b[5~", KeyCode::PageUp),
    ("\x1b[6~", KeyCode::PageDown),
    ("\x1b[1~", KeyCode::Home),
    ("\x1b[2~", KeyCode::Insert),
    ("\x1b[4~", KeyCode::End),
    ("\x1bOA", KeyCode::Up),
    ("\x1bOB", KeyCode::Down),
    ("\x1bOC", KeyCode::Right),
    ("\x1bOD", KeyCode::Left),
    ("\x1bOH", KeyCode::Home),
    ("\x1bOF", KeyCode::End),
    ("\x1bOP", KeyCode::F(1)),
    ("\x1bOQ", KeyCode::F(2)),
    ("\x1bOR", KeyCode::F(3)),
    ("\x1bOS", KeyCode::F(4)),
    ("\x1b[15~", KeyCode::F(5)),
    ("\x1b[17~", KeyCode::F(6)),
    ("\x1b[18~", KeyCode::F(7)),
    ("\x1b[19~", KeyCode::F(8)),
    ("\x1b[20~", KeyCode::F(9)),
    ("\x1b[21~", KeyCode::F(10)),
    ("\x1b[23~", KeyCode::F(11)),
    ("\x1b[24~", KeyCode::F(12)),
];

fn one(symbol: char) -> Option<KeyEvent> {
    let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    Some(match symbol {
        '\x1b' => KeyEvent::from(KeyCode::Esc),
        '\r' | '\n' => KeyEvent::from(KeyCode::Enter),
        '\t' => KeyEvent::from(KeyCode::Tab),
        '\x7f' => KeyEvent::from(KeyCode::Backspace),
        '\x01'..='\x1a' => control((symbol as u8 + b'a' - 1) as char),
        '\0'..='\x1f' | '\u{fffd}' => return None,
        symbol => KeyEvent::from(KeyCode::Char(symbol)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_no_key() {
        let mut typed = Typed::default();
        assert_eq!(typed.keys(b"a\x1b[200~qq").len(), 1);
        assert_eq!(typed.keys(b"qq\x1b[201~b").len(), 1);
    }

    #[test]
    fn keys_are_told_apart() {
        let codes = |bytes: &[u8]| -> Vec<KeyCode> {
            Typed::default()
                .keys(bytes)
                .iter()
                .map(|k| k.code)
                .collect()
        };
        assert_eq!(
            codes(b"q\x1b[A\x1b[5~\x1b[1;5Xz\x1b\r"),
            [
                KeyCode::Char('q'),
                KeyCode::Up,
                KeyCode::PageUp,
                KeyCode::Char('z'),
                KeyCode::Esc,
                KeyCode::Enter
            ]
        );
        assert_eq!(
            codes(b"\x1bOQ\x1b[24~\x1b[2~"),
            [KeyCode::F(2), KeyCode::F(12), KeyCode::Insert]
        );
        assert_eq!(codes("σ\0".as_bytes()), [KeyCode::Char('σ')]);
        assert_eq!(
            Typed::default().keys(b"\x03")[0].modifiers,
            KeyModifiers::CONTROL
        );
    }
}
