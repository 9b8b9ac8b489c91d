//! Keys and pasted text out of bytes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::event::Event;

/// Bytes of one paste that are kept.
const LONGEST_PASTE: usize = 64 << 10;

/// Pauses in a paste until it is taken to be at its end: a line that loses a packet is silent for longer than a person, and
/// what comes after must not act as keys.
const PAUSES: u8 = 10;

/// What the terminal sends around pasted text.
const PASTE: (&str, &str) = ("\x1b[200~", "\x1b[201~");

/// Tells keys from bytes; sequences come whole, letters may come in pieces.
#[derive(Debug, Default)]
pub struct Typed {
    /// Bytes of a letter that has begun.
    begun: Vec<u8>,
    /// Text that is being pasted.
    paste: Option<Paste>,
}

/// As much of a paste as is kept, and its last symbol all the same.
#[derive(Debug, Default)]
struct Paste {
    text: String,
    last: Option<char>,
    /// Pauses since something came.
    pauses: u8,
}

impl Paste {
    fn push(&mut self, text: &str) {
        let room = LONGEST_PASTE.saturating_sub(self.text.len());
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        self.last = text.chars().next_back().or(self.last);
        self.pauses = 0;
    }
}

impl Typed {
    /// The keys that were pressed and the texts that were pasted; what is neither is left out.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.begun.extend(bytes);
        let letter = unfinished(&self.begun);
        let rest = self.begun.split_off(self.begun.len() - letter);
        let bytes = std::mem::replace(&mut self.begun, rest);
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
                    None => {
                        let (key, rest) = next(rest);
                        events.extend(key.map(Event::Key));
                        rest
                    }
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

    /// Whether text is being pasted, or a letter has begun.
    pub fn is_pasting(&self) -> bool {
        self.paste.is_some() || !self.begun.is_empty()
    }

    /// Nothing came for a while: half a letter is none, and a paste that does not go on is at its end in the end. Ctrl-C as
    /// the last thing that came was meant: a terminal that never ends a paste must not take it away.
    pub fn give_up(&mut self) -> Vec<Event> {
        self.begun.clear();
        let Some(paste) = &mut self.paste else {
            return Vec::new();
        };
        paste.pauses += 1;
        let interrupt = paste.last == Some('\x03');
        if !interrupt && paste.pauses < PAUSES {
            return Vec::new();
        }
        let paste = self.paste.take().map(|paste| Event::Paste(paste.text));
        let interrupt = interrupt.then(|| Event::Key(control('c')));
        [paste, interrupt].into_iter().flatten().collect()
    }
}

/// Bytes at the end that are a letter so far.
fn unfinished(bytes: &[u8]) -> usize {
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

/// The first key, none where it is unknown, and what comes after it.
fn next(text: &str) -> (Option<KeyEvent>, &str) {
    let mut symbols = text.chars();
    let Some(first) = symbols.next() else {
        return (None, "");
    };
    let after = symbols.as_str();
    if first != '\x1b' {
        return (one(first), after);
    }
    match symbols.next() {
        Some('[') => {
            let (sequence, rest) = sequence(&after[1..]);
            (csi(sequence), rest)
        }
        Some('O') if !symbols.as_str().is_empty() => {
            let letter = symbols.next();
            let code = letter.and_then(|letter| named(&format!("1{letter}")));
            (code.map(KeyEvent::from), symbols.as_str())
        }
        // No key of this program has Alt: a person who types on at once after Escape means two keys.
        _ => (Some(KeyEvent::from(KeyCode::Esc)), after),
    }
}

/// What a sequence is after its beginning, its last symbol included, and what comes after it.
fn sequence(text: &str) -> (&str, &str) {
    // The console of Linux has function keys with two brackets.
    let from = usize::from(text.starts_with('['));
    let last = text[from..].find(|symbol: char| ('@'..='~').contains(&symbol));
    text.split_at(last.map_or(text.len(), |last| from + last + 1))
}

/// A key by its sequence: `A`, `5~`, and with modifiers `1;5A`, `5;3~`.
fn csi(sequence: &str) -> Option<KeyEvent> {
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

fn named(name: &str) -> Option<KeyCode> {
    let found = NAMED.iter().find(|(names, _)| names.contains(&name))?;
    Some(found.1)
}

/// Keys by number and last symbol of their sequences, as terminals of all kinds send them.
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

fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

fn one(symbol: char) -> Option<KeyEvent> {
    Some(match symbol {
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

    fn key(symbol: char) -> Event {
        Event::Key(KeyEvent::from(KeyCode::Char(symbol)))
    }

    fn paste(text: &str) -> Event {
        Event::Paste(text.to_owned())
    }

    #[test]
    fn what_is_pasted_is_text_and_no_key() {
        let mut typed = Typed::default();
        assert_eq!(typed.take(b"a\x1b[200~/tmp/q"), [key('a')]);
        assert!(typed.is_pasting());
        assert_eq!(
            typed.take("/σ.png\x1b[201~b".as_bytes()),
            [paste("/tmp/q/σ.png"), key('b')]
        );
        assert!(!typed.is_pasting());
    }

    #[test]
    fn a_paste_is_bounded_and_one_that_never_ends_takes_no_ctrl_c_away() {
        let mut typed = Typed::default();
        typed.take(b"\x1b[200~");
        for _ in 0..100 {
            assert!(typed.take(&[b'x'; 4096]).is_empty());
        }
        let events = typed.take(b"\x1b[201~");
        let [Event::Paste(text)] = &events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(text.len(), LONGEST_PASTE);
        for long in ["abc", &"x".repeat(1 << 20)] {
            typed.take(format!("\x1b[200~{long}\x03").as_bytes());
            let events = typed.give_up();
            assert!(
                matches!(&events[..], [Event::Paste(_), key] if *key == Event::Key(control('c')))
            );
        }
        assert_eq!(typed.take(b"q"), [key('q')]);
    }

    #[test]
    fn a_paste_that_stalls_on_its_way_goes_on() {
        let mut typed = Typed::default();
        typed.take(b"\x1b[200~/data/");
        for _ in 1..PAUSES {
            assert!(typed.give_up().is_empty() && typed.is_pasting());
        }
        assert!(typed.take(b"q").is_empty(), "text, and no key");
        for _ in 1..PAUSES {
            assert!(typed.give_up().is_empty());
        }
        assert_eq!(typed.give_up(), [paste("/data/q")]);
        assert_eq!(typed.take(b"q"), [key('q')]);
    }

    #[test]
    fn letters_come_in_pieces() {
        let bytes = "aσ…😀b".as_bytes();
        for size in 1..=bytes.len() {
            let mut typed = Typed::default();
            let events: Vec<Event> = bytes.chunks(size).flat_map(|b| typed.take(b)).collect();
            assert_eq!(
                events,
                "aσ…😀b".chars().map(key).collect::<Vec<_>>(),
                "{size}"
            );
        }
        let mut typed = Typed::default();
        assert!(typed.take(&[0xf0]).is_empty() && typed.is_pasting());
        assert!(typed.give_up().is_empty());
        assert_eq!(typed.take(b"\xffq"), [key('q')]);
    }

    #[test]
    fn keys_are_told_apart() {
        let keys = |bytes: &[u8]| -> Vec<(KeyCode, KeyModifiers)> {
            let events = Typed::default().take(bytes);
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
