//! The parser of keys, of the mouse and of pasted text.

mod mouse;
mod sequence;

use super::event::Event;
use mouse::next_report;
use sequence::{control, next_key};

/// The maximum length of a paste, in bytes. The rest is dropped.
const MAX_PASTE_BYTES: usize = 64 << 10;

/// The number of pauses after which an unfinished paste ends. A slow network pauses within a paste, and the text that
/// follows must not act as keys.
const MAX_PAUSES: u8 = 10;

/// The sequences before and after pasted text.
const PASTE: (&str, &str) = ("\x1b[200~", "\x1b[201~");

/// A parser from bytes to keys, reports of the mouse and pasted text. Escape sequences must be passed as a whole, but characters may be split.
#[derive(Debug, Default)]
pub(crate) struct KeyParser {
    /// The first bytes of an unfinished character.
    partial: Vec<u8>,
    /// The unfinished paste.
    paste: Option<Paste>,
}

/// An unfinished paste.
#[derive(Debug, Default)]
struct Paste {
    /// The text, up to [`MAX_PASTE_BYTES`].
    text: String,
    /// The last character that arrived, even if it was dropped.
    last: Option<char>,
    /// The number of pauses since then.
    pauses: u8,
}

impl Paste {
    fn push(&mut self, text: &str) {
        let room = MAX_PASTE_BYTES.saturating_sub(self.text.len());
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        self.last = text.chars().next_back().or(self.last);
        self.pauses = 0;
    }
}

impl KeyParser {
    /// Parses bytes. Returns the keys, the reports of the mouse and the complete pastes; unknown sequences are dropped.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.partial.extend(bytes);
        let unfinished = unfinished_bytes(&self.partial);
        let rest = self.partial.split_off(self.partial.len() - unfinished);
        let bytes = std::mem::replace(&mut self.partial, rest);
        let text = String::from_utf8_lossy(&bytes);
        let mut events = Vec::new();
        let mut rest = text.as_ref();
        while !rest.is_empty() {
            rest = match &mut self.paste {
                None => match rest.strip_prefix(PASTE.0) {
                    Some(pasted) => {
                        self.paste = Some(Paste::default());
                        pasted
                    }
                    None => match next_report(rest) {
                        Some((report, rest)) => {
                            events.extend(report.map(Event::Mouse));
                            rest
                        }
                        None => {
                            let (key, rest) = next_key(rest);
                            events.extend(key.map(Event::Key));
                            rest
                        }
                    },
                },
                Some(paste) => {
                    let (pasted, after) = match rest.split_once(PASTE.1) {
                        Some((pasted, after)) => (pasted, Some(after)),
                        None => (rest, None),
                    };
                    paste.push(pasted);
                    if after.is_some() {
                        events.extend(self.paste.take().map(|paste| Event::Paste(paste.text)));
                    }
                    after.unwrap_or_default()
                }
            };
        }
        events
    }

    /// Returns whether a paste or a character is unfinished.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.paste.is_some() || !self.partial.is_empty()
    }

    /// Handles a pause of the input. An unfinished character is dropped, and a paste ends after [`MAX_PAUSES`] pauses. If
    /// its last character is Ctrl-C, it ends at once and Ctrl-C acts as a key, so that a terminal that never ends a paste
    /// cannot block it.
    pub(crate) fn flush(&mut self) -> Vec<Event> {
        self.partial.clear();
        let Some(paste) = &mut self.paste else {
            return Vec::new();
        };
        paste.pauses += 1;
        let interrupt = paste.last == Some('\x03');
        if !interrupt && paste.pauses < MAX_PAUSES {
            return Vec::new();
        }
        let paste = self.paste.take().map(|paste| Event::Paste(paste.text));
        let interrupt = interrupt.then(|| Event::Key(control('c')));
        [paste, interrupt].into_iter().flatten().collect()
    }
}

/// Returns the number of bytes at the end that are an unfinished character.
fn unfinished_bytes(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let Some(start) = tail.iter().rposition(|byte| byte & 0xc0 != 0x80) else {
        return 0;
    };
    let have = tail.len() - start;
    let whole = match tail[start] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    if have < whole { have } else { 0 }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::*;

    fn key(character: char) -> Event {
        Event::Key(KeyEvent::from(KeyCode::Char(character)))
    }

    fn paste(text: &str) -> Event {
        Event::Paste(text.to_owned())
    }

    #[test]
    fn pasted_text_is_not_parsed_as_keys() {
        let mut parser = KeyParser::default();
        assert_eq!(parser.take(b"a\x1b[200~/tmp/q"), [key('a')]);
        assert!(parser.is_unfinished());
        assert_eq!(
            parser.take("/σ.png\x1b[201~b".as_bytes()),
            [paste("/tmp/q/σ.png"), key('b')]
        );
        assert!(!parser.is_unfinished());
    }

    #[test]
    fn a_paste_is_bounded_and_never_blocks_ctrl_c() {
        let mut parser = KeyParser::default();
        parser.take(b"\x1b[200~");
        for _ in 0..100 {
            assert!(parser.take(&[b'x'; 4096]).is_empty());
        }
        let events = parser.take(b"\x1b[201~");
        let [Event::Paste(text)] = &events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(text.len(), MAX_PASTE_BYTES);
        for long in ["abc", &"x".repeat(1 << 20)] {
            parser.take(format!("\x1b[200~{long}\x03").as_bytes());
            let events = parser.flush();
            assert!(
                matches!(&events[..], [Event::Paste(_), key] if *key == Event::Key(control('c')))
            );
        }
        assert_eq!(parser.take(b"q"), [key('q')]);
    }

    #[test]
    fn a_paste_may_pause() {
        let mut parser = KeyParser::default();
        parser.take(b"\x1b[200~/data/");
        for _ in 1..MAX_PAUSES {
            assert!(parser.flush().is_empty() && parser.is_unfinished());
        }
        assert!(parser.take(b"q").is_empty(), "text, and no key");
        for _ in 1..MAX_PAUSES {
            assert!(parser.flush().is_empty());
        }
        assert_eq!(parser.flush(), [paste("/data/q")]);
        assert_eq!(parser.take(b"q"), [key('q')]);
    }

    #[test]
    fn characters_may_be_split() {
        let bytes = "aσ…😀b".as_bytes();
        for size in 1..=bytes.len() {
            let mut parser = KeyParser::default();
            let events: Vec<Event> = bytes.chunks(size).flat_map(|b| parser.take(b)).collect();
            assert_eq!(
                events,
                "aσ…😀b".chars().map(key).collect::<Vec<_>>(),
                "{size}"
            );
        }
        let mut parser = KeyParser::default();
        assert!(parser.take(&[0xf0]).is_empty() && parser.is_unfinished());
        assert!(parser.flush().is_empty());
        assert_eq!(parser.take(b"\xffq"), [key('q')]);
    }

    #[test]
    fn sequences_are_parsed_as_keys() {
        let keys = |bytes: &[u8]| -> Vec<(KeyCode, KeyModifiers)> {
            let events = KeyParser::default().take(bytes);
            let keys = events.into_iter().map(|event| match event {
                Event::Key(key) => (key.code, key.modifiers),
                other => panic!("{other:?}"),
            });
            keys.collect()
        };
        let none = KeyModifiers::NONE;
        assert_eq!(
            keys(b"q\x1b[A\x1b[5~\x1b[1;5D\x1b[1;5Xz\x1b\x1b[B\x1bq\x1b\r"),
            [
                (KeyCode::Char('q'), none),
                (KeyCode::Up, none),
                (KeyCode::PageUp, none),
                (KeyCode::Left, KeyModifiers::CONTROL),
                (KeyCode::Char('z'), none),
                (KeyCode::Esc, none),
                (KeyCode::Down, none),
                (KeyCode::Esc, none),
                (KeyCode::Char('q'), none),
                (KeyCode::Esc, none),
                (KeyCode::Enter, none),
            ]
        );
        let codes = |bytes: &[u8]| {
            keys(bytes)
                .into_iter()
                .map(|(code, _)| code)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            codes(b"\x1bOQ\x1b[24~\x1b[2~\x1b[[C\x1b[1;2S\x1b[8~\x1b"),
            [
                KeyCode::F(2),
                KeyCode::F(12),
                KeyCode::Insert,
                KeyCode::F(3),
                KeyCode::F(4),
                KeyCode::End,
                KeyCode::Esc,
            ]
        );
        assert_eq!(codes("σ\0\x1b[?1;2c".as_bytes()), [KeyCode::Char('σ')]);
        assert_eq!(keys(b"\x03"), [(KeyCode::Char('c'), KeyModifiers::CONTROL)]);
    }
}
