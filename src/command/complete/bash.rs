//! A line of bash up to the cursor: its words, and the part of the last one that bash replaces.

use std::ffi::OsString;

/// Stands for what is still to come.
const CURSOR: char = '\u{1}';
/// What bash would take for something else than text.
const SPECIAL: &str = " \t'\"\\#$`&|;<>()*?[]{}!~^";

#[derive(Debug)]
pub struct Line {
    /// Without their quotes, the program's name first; the last is the one that goes on.
    pub words: Vec<OsString>,
    /// What of the last word stays as it stands.
    kept: String,
    /// The quote in which the cursor stands.
    quote: Option<char>,
}

impl Line {
    /// `breaks` are the characters at which words end for bash, beside spaces (`COMP_WORDBREAKS`).
    pub fn read(line: &str, breaks: &str) -> Self {
        let (start, quote) = replaced(line, breaks);
        let mut words = words(line);
        // FOO=1 sn-tui …
        let assigned = words.iter().take_while(|word| is_assignment(word)).count();
        words.drain(..assigned.min(words.len().saturating_sub(1)));
        Self {
            words: words.into_iter().map(OsString::from).collect(),
            kept: self::words(&line[..start]).pop().unwrap_or_default(),
            quote,
        }
    }

    /// What bash is to put in the place of what it replaces, for the last word to be this; none where it cannot be.
    pub fn reply(&self, word: &str) -> Option<String> {
        let rest = word.strip_prefix(&self.kept)?;
        let special = |c: char| match self.quote {
            None => SPECIAL.contains(c),
            Some('"') => "\"\\$`".contains(c),
            Some(_) => false,
        };
        // A home's tilde stays one.
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

/// All words, the last of which may be empty or stand in a quote that is not closed yet.
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

/// The byte from which bash replaces: behind the last character at which a word ends for it, quotes that are closed among
/// them, or behind the quote that is open; and that quote.
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
    fn the_words_are_those_that_the_program_would_get() {
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
    fn what_bash_has_cut_off_is_not_said_again() {
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
            // bash has closed the quote behind what it completed before.
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
