//! A line of bash up to the cursor: its words, and the part of the last word that bash replaces.

use std::ffi::OsString;

/// Marks the cursor.
const CURSOR: char = '\u{1}';
/// Characters that have a meaning in bash.
const SPECIAL: &str = " \t'\"\\#$`&|;<>()*?[]{}!~^";

/// A line up to the cursor.
#[derive(Debug)]
pub(super) struct Line {
    /// Words without their quotes. The first is the program's name, the last is the one to complete.
    pub words: Vec<OsString>,
    /// The beginning of the last word that bash does not replace.
    kept: String,
    /// The open quote at the cursor.
    quote: Option<char>,
}

impl Line {
    /// Parses a line. `breaks` are the characters at which bash ends words (`COMP_WORDBREAKS`).
    pub(super) fn read(line: &str, breaks: &str) -> Self {
        let (start, quote) = replaced(line, breaks);
        let mut words = words(line);
        // Skip assignments: `FOO=1 sn-tui …`.
        let assigned = words.iter().take_while(|word| is_assignment(word)).count();
        words.drain(..assigned.min(words.len().saturating_sub(1)));
        Self {
            words: words.into_iter().map(OsString::from).collect(),
            kept: self::words(&line[..start]).pop().unwrap_or_default(),
            quote,
        }
    }

    /// Returns the text with which bash must replace the end of the line to make the last word `word`. Returns `None` if
    /// the kept beginning does not fit.
    pub(super) fn reply(&self, word: &str) -> Option<String> {
        let rest = word.strip_prefix(&self.kept)?;
        let special = |c: char| match self.quote {
            None => SPECIAL.contains(c),
            Some('"') => "\"\\$`".contains(c),
            Some(_) => false,
        };
        // A tilde at the beginning stays the home directory.
        let home = self.kept.is_empty() && rest.starts_with('~');
        let escape = |(at, c): (usize, char)| {
            let escaped = special(c) && !(home && at == 0);
            escaped.then_some('\\').into_iter().chain([c])
        };
        Some(rest.char_indices().flat_map(escape).collect())
    }
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Returns all words. The last may be empty, or have an open quote.
fn words(line: &str) -> Vec<String> {
    let with = |closing: &str| shell_words::split(&format!("{line}{CURSOR}{closing}")).ok();
    let mut words = with("")
        .or_else(|| with("'"))
        .or_else(|| with("\""))
        .unwrap_or_default();
    if let Some(last) = words.last_mut() {
        last.retain(|c| c != CURSOR);
    }
    words
}

/// Returns the byte from which bash replaces the line, and the open quote. It replaces from behind the last character that
/// ends a word (a closing quote is one), or from behind the open quote.
fn replaced(line: &str, breaks: &str) -> (usize, Option<char>) {
    let (mut start, mut quote, mut escaped) = (0, None, false);
    for (at, c) in line.char_indices() {
        let after = at + c.len_utf8();
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), _) if c == open => {
                quote = None;
                if breaks.contains(c) {
                    start = after;
                }
            }
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                quote = Some(c);
                start = after;
            }
            (None, _) if c.is_whitespace() || breaks.contains(c) => start = after,
            _ => {}
        }
    }
    (start, quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn reply(line: &str, word: &str) -> Option<String> {
        Line::read(line, BREAKS).reply(word)
    }

    #[test]
    fn words_are_those_that_the_program_would_get() {
        for (line, all) in [
            ("sn-tui run --se", &["sn-tui", "run", "--se"][..]),
            ("sn-tui run ", &["sn-tui", "run", ""]),
            ("sn-tui run --at 5:lo", &["sn-tui", "run", "--at", "5:lo"]),
            ("sn-tui a\\ b 'c d", &["sn-tui", "a b", "c d"]),
            ("sn-tui \"c $d", &["sn-tui", "c $d"]),
            ("A=1 B=2 sn-tui run", &["sn-tui", "run"]),
            ("A=1", &["A=1"]),
        ] {
            assert_eq!(Line::read(line, BREAKS).words, all, "{line}");
        }
    }

    #[test]
    fn the_part_that_bash_keeps_is_not_repeated() {
        for (line, word, text) in [
            ("sn-tui run --se", "--seed", "--seed"),
            ("sn-tui run --set los", "loss=", "loss="),
            (
                "sn-tui run --set loss=wa",
                "loss=wasserstein",
                "wasserstein",
            ),
            ("sn-tui run --set=los", "--set=loss=", "loss="),
            ("sn-tui run --at 5:loss=h", "5:loss=hinge", "hinge"),
            ("sn-tui run --at 5:lo", "5:loss=", "loss="),
            ("sn-tui run 'my r", "my run", "my run"),
            ("sn-tui run --set 'loss=h", "loss=hinge", "loss=hinge"),
            ("sn-tui run my\\ r", "my run", "my\\ run"),
            (
                "sn-tui run --set generator.betas=",
                "generator.betas=(0, 0.9)",
                "\\(0,\\ 0.9\\)",
            ),
            ("sn-tui run --data ~/im", "~/images/", "~/images/"),
            ("sn-tui run --data \"a", "a$b", "a\\$b"),
            // bash has closed the quote after an earlier completion.
            ("sn-tui run \"my runs/\"", "my runs/a b", "a\\ b"),
            ("sn-tui run --set 'loss='", "loss=hinge", "hinge"),
        ] {
            assert_eq!(reply(line, word).as_deref(), Some(text), "{line}");
        }
        assert_eq!(reply("sn-tui run --set loss=", "gain="), None);
        let no_colon = Line::read("sn-tui run --at 5:lo", " \t\n\"'@><=;|&(");
        assert_eq!(no_colon.reply("5:loss=").as_deref(), Some("5:loss="));
    }
}
