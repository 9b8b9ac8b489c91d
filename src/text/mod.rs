//! Escaping of untrusted text for terminals: file names, contents of files, arguments.
//!
//! All text leaves the program through a few outputs (the standard streams, the log, the cells of the screen). Each of
//! them escapes it, so that code that prints a name does not have to.

pub(crate) mod streams;
pub(crate) mod wording;

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

/// Whether a character could act as a terminal command, or reorder or break the text around it: the control characters of
/// C0 and C1, DEL, the controls of bidirectional text, and the separators of lines and paragraphs.
pub fn is_unsafe(symbol: char) -> bool {
    symbol.is_control()
        || matches!(
            symbol,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The text with each unsafe character except line breaks and tabs as an escape such as `\u001b`.
///
/// JSON keeps its value: in valid JSON such characters occur only in strings, where the escape means the same character.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escape(text, |symbol| {
        is_unsafe(symbol) && !matches!(symbol, '\n' | '\t')
    })
}

/// The text with each unsafe character, line breaks and tabs included, as an escape such as `\u001b`. For text that has to
/// stay on one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, is_unsafe)
}

fn escape(text: &str, must_escape: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&must_escape) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for symbol in text.chars() {
        if must_escape(symbol) {
            // Four digits are enough: every unsafe character is below U+10000.
            let _ = write!(clean, "\\u{:04x}", u32::from(symbol));
        } else {
            clean.push(symbol);
        }
    }
    Cow::Owned(clean)
}

/// A writer that escapes text, see [`escaped`]. Invalid UTF-8 becomes U+FFFD; a write must not end within a character.
#[derive(Debug)]
pub struct Escaping<W>(pub W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(escaped(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character that is unsafe.
    fn all() -> String {
        (char::MIN..=char::MAX).filter(|&c| is_unsafe(c)).collect()
    }

    #[test]
    fn safe_text_is_unchanged() {
        let harmless = "σ(W/σ̂) it's a 'path with spaces'/日本語/\\u{e9}\\x1b 👩‍🔬 é";
        assert!(matches!(escaped(harmless), Cow::Borrowed(text) if text == harmless));
        assert!(matches!(one_line(harmless), Cow::Borrowed(_)));
        assert_eq!(escaped("a\tb\nc"), "a\tb\nc");
    }

    #[test]
    fn unsafe_characters_are_escaped() {
        // C0, DEL and C1; U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
        assert_eq!(all().chars().count(), 32 + 1 + 32 + 3 + 7 + 4);
        assert_eq!(
            escaped("a\u{1b}[2J\u{7}\r\u{9b}\u{202e}"),
            "a\\u001b[2J\\u0007\\u000d\\u009b\\u202e"
        );
        assert_eq!(one_line("a\nb\tc"), "a\\u000ab\\u0009c");
        let safe = one_line(&all()).into_owned();
        assert!(!safe.contains(is_unsafe));
        assert_eq!(escaped(&safe), safe);
    }

    #[test]
    fn escaped_json_keeps_its_value() {
        let value = serde_json::json!({ all(): [all(), 1.5, null], "plain": "\n" });
        for text in [
            serde_json::to_string(&value).unwrap(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let safe = escaped(&text);
            assert!(!safe.contains(|c| is_unsafe(c) && c != '\n'), "{safe}");
            let read: serde_json::Value = serde_json::from_str(&safe).unwrap();
            assert_eq!(read, value);
        }
    }

    #[test]
    fn a_writer_escapes_text_and_replaces_invalid_utf_8() {
        let mut out = Escaping(Vec::new());
        out.write_all(b"a\x1b[2J\xff\xc2\x9b\n").unwrap();
        out.write_all("\u{2066}".as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(out.0).unwrap(),
            "a\\u001b[2J\u{fffd}\\u009b\n\\u2066"
        );
    }
}
