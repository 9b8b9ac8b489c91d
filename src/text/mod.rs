//! Text from elsewhere on its way to a terminal: names of files, what files hold, arguments.
//!
//! All that the program tells leaves by few doors (the standard streams, the log, the cells of the screen), and each of
//! them lets text pass in this form: whoever prints a name need not think of it.

pub mod streams;
pub mod wording;

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

/// Whether a terminal could take a character for a command, or show what stands around it in another order or on
/// another line than it has: controls of C0 and C1, DEL, the controls of bidirectional text, separators of lines and
/// paragraphs.
pub fn is_unsafe(symbol: char) -> bool {
    symbol.is_control()
        || matches!(
            symbol,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Text with `\u001b` for each unsafe character; line breaks and tabs, which part our own texts, stay.
///
/// In a JSON text this is the same value: there such characters stand in strings alone.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escape(text, |symbol| {
        is_unsafe(symbol) && !matches!(symbol, '\n' | '\t')
    })
}

/// The same as one line: breaks and tabs are no exceptions. For what stands in a table or a line of its own.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, is_unsafe)
}

fn escape(text: &str, unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&unfit) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for symbol in text.chars() {
        match unfit(symbol) {
            // Every unsafe character has four digits at most.
            true => drop(write!(clean, "\\u{:04x}", u32::from(symbol))),
            false => clean.push(symbol),
        }
    }
    Cow::Owned(clean)
}

/// A writer that lets text pass [`escaped`]; bytes that are no UTF-8 become U+FFFD. Each write has whole characters.
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
    fn what_is_harmless_passes_as_it_is() {
        let harmless = "σ(W/σ̂) it's a 'path with spaces'/日本語/\\u{e9}\\x1b 👩‍🔬 é";
        assert!(matches!(escaped(harmless), Cow::Borrowed(text) if text == harmless));
        assert!(matches!(one_line(harmless), Cow::Borrowed(_)));
        assert_eq!(escaped("a\tb\nc"), "a\tb\nc");
    }

    #[test]
    fn what_is_unsafe_is_seen_and_does_nothing() {
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
    fn json_keeps_its_value() {
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
    fn a_writer_escapes_and_survives_bytes_that_are_no_text() {
        let mut out = Escaping(Vec::new());
        out.write_all(b"a\x1b[2J\xff\xc2\x9b\n").unwrap();
        out.write_all("\u{2066}".as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(out.0).unwrap(),
            "a\\u001b[2J\u{fffd}\\u009b\n\\u2066"
        );
    }
}
